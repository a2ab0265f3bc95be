"""What the tests run in a process of its own: ``python -m tests.notify.programs NAME URL FILE``."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from alertwatch.notification import Notification, Receipt
from alertwatch.settings import DatabaseSettings, NotificationSettings
from alertwatch.store import Store, deliveries, engines
from consumer.notify.deliverer import Deliverer
from consumer.notify.drawing import Drawing
from tests.notify.destinations import Memory, in_words

IMPATIENT = NotificationSettings(lease_seconds=0.2, retry_minutes=(0.001,), then_every_minutes=0.001)


def start(name: str, url: str, file: Path) -> subprocess.Popen[str]:
    """Start a program; it answers on its standard output."""
    command = [sys.executable, "-m", "tests.notify.programs", name, url, str(file)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class File(Memory):
    """Writes the key of each message to a file: once it is there, it was accepted, whoever dies."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def send(self, notification: Notification) -> Receipt:
        time.sleep(random.uniform(0, 0.004))
        with self.path.open("a") as file:
            file.write(f"{notification.key}\n")
        time.sleep(random.uniform(0, 0.004))
        return Receipt(id=notification.key)


class SearchableFile(File):
    can_find = True

    def find(self, notification: Notification) -> Receipt | None:
        known = self.path.read_text().splitlines() if self.path.exists() else []
        return Receipt(id=notification.key) if notification.key in known else None

    def complete(self, notification: Notification, receipt: Receipt) -> None:
        time.sleep(random.uniform(0, 0.002))


def storm(url: str, file: Path) -> None:
    """Deliver everything in processes that are killed one after the other; prints how many were."""
    _storm(url, File(file))


def storm_searchable(url: str, file: Path) -> None:
    _storm(url, SearchableFile(file))


def _storm(url: str, sink: File) -> None:
    """Each process lives for a moment; for a longer one where the machine lets nothing be done in it."""
    kills, moment, left = 0, 0.2, _left(url)
    while left:
        child = os.fork()
        if child == 0:
            _deliver_for_ever(url, sink)
        time.sleep(random.uniform(0.15, 1.0) * moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kills += 1
        before, left = left, _left(url)
        moment *= 1.5 if left == before else 1.0
    print(kills)


def _left(url: str) -> int:
    with _open(url) as store, store.read() as tx:
        return sum(deliveries.count_open(tx).values())


def _deliver_for_ever(url: str, sink: File) -> None:
    Deliverer(sink, None, IMPATIENT, _open(url), in_words, threading.Event()).thread.start()
    time.sleep(3600)


def _open(url: str) -> Store:
    """A database whose tables are there already: the storm is not about opening it."""
    return Store(engines.connect(DatabaseSettings(url=url), 5.0), 5.0)


def draw(url: str, file: Path) -> None:
    """Start a drawing process, print its id, and wait to be killed."""
    drawing = Drawing()
    drawing.warm_up()
    print(drawing.pid, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
