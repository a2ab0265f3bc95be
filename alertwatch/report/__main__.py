"""``python -m alertwatch.report``: makes one report, for `alertwatch.report.apart`."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from alertwatch.errors import ChannelRefused, SettingsError
from alertwatch.report import build, folder
from alertwatch.report.apart import Answer, Order


def main() -> None:
    """The order comes on standard input, the answer goes to standard output."""
    order = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.msgpack.encode(_answer(order)))


def _answer(order: Order) -> Answer:
    into = Path(order.folder)
    try:
        return Answer(written=build.write(order.report, into))
    except SettingsError as error:
        return Answer(refused=str(error))
    except RuntimeError as error:
        return Answer(failed=str(error))
    except OSError as error:
        trouble = folder.trouble(error, into)
        passes = not isinstance(trouble, ChannelRefused)
        return Answer(failed=str(trouble)) if passes else Answer(refused=str(trouble))


if __name__ == "__main__":
    main()
