"""``make bench``: all figures, one after the other. ``python -m benchmarks path latency`` runs some of them."""

from __future__ import annotations

import importlib
import sys

ALL = ("path", "latency", "decoding", "completeness", "quiet_agn", "notify", "queries")


def main() -> None:
    """Run the benchmarks that are named, or all."""
    for name in sys.argv[1:] or ALL:
        if name not in ALL:
            sys.exit(f"there is no benchmark {name!r}; there are {', '.join(ALL)}")
        print(f"\n=== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
