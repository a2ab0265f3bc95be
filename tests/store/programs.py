"""What the tests run in processes of their own: ``python -m tests.store.programs NAME URL``."""

from __future__ import annotations

import random
import subprocess
import sys

from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, candidates, positions, verdicts
from alertwatch.store.positions import PositionKey
from tests.store.examples import a_candidate, an_alert, judged

KEY = PositionKey("c", "g", "t", "i", 0)


def start(name: str, url: str) -> subprocess.Popen[str]:
    """Start a program on the database at ``url``; it answers on its standard output."""
    command = [sys.executable, "-m", "tests.store.programs", name, url]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def open_when_told(settings: DatabaseSettings) -> None:
    sys.stdin.readline()
    Store.open(settings).close()
    print("opened")


def replay(settings: DatabaseSettings) -> None:
    """Store 40 of 60 alerts, in any order, again and again; print how many matches were new."""
    new = 0
    with Store.open(settings) as store:
        for _ in range(15):
            names = random.sample(range(60), 40)
            with store.write() as tx:
                candidates.add(tx, [a_candidate(f"W{n}", str(n)) for n in names], 1.0)
                new += len(verdicts.save(tx, [judged(an_alert(f"Z{n}", str(n))) for n in names], 1.0))
    print(new)


def hang_in_transaction(settings: DatabaseSettings) -> None:
    with Store.open(settings).write() as tx:
        candidates.add(tx, [a_candidate()], 1.0)
        verdicts.save(tx, [judged(an_alert("other"))], 1.0)
        positions.save(tx, {KEY: 9}, "ztf")
        print("written", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    globals()[sys.argv[1]](DatabaseSettings(url=sys.argv[2]))
