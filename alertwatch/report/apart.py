"""Makes a report in a process of its own: drawing and writing it would hold up whoever follows the stream.

The process ends by itself, also if its parent was killed meanwhile; the report it was at is then found.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from alertwatch.report import Report, Written, environment

LONGEST_SECONDS = 300.0


class Order(msgspec.Struct, frozen=True):
    """What the other process is to do."""

    report: Report
    folder: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, one of three. ``refused`` waits for a person, ``failed`` may pass: sentences."""

    written: Written | None = None
    refused: str | None = None
    failed: str | None = None


def write(report: Report, into: Path, seconds: float = LONGEST_SECONDS) -> Written:
    """`build.write` in a process of its own. Raises `ChannelRefused` or `ChannelUnavailable`."""
    answer = _answer(msgspec.msgpack.encode(Order(report, str(into))), seconds)
    if answer.refused is not None:
        raise ChannelRefused(answer.refused)
    if answer.written is None:
        raise ChannelUnavailable(answer.failed or "the report was not made")
    return answer.written


def _answer(order: bytes, seconds: float) -> Answer:
    command = [sys.executable, "-m", "alertwatch.report"]
    with subprocess.Popen(  # noqa: S603 - our own Python and module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,  # Ctrl-C is for the service, which lets it finish
    ) as process:
        try:
            out, said = process.communicate(order, timeout=seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise ChannelUnavailable(f"the report took longer than {seconds:.0f} s") from None
    if process.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise ChannelUnavailable(f"the report was not made: {''.join(last) or 'its process was killed'}")
    return msgspec.msgpack.decode(out, type=Answer)
