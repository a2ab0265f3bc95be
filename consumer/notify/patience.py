"""Transactions that wait for a database that is away, and say so once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from alertwatch.errors import StoreUnavailable
from alertwatch.store import Store

LONGEST_WAIT_SECONDS = 15.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Stopped(Exception):
    """Told to stop before the database was back."""


class PatientStore:
    """A store for one thread. ``what`` waits when the database is away, in a word for the log."""

    def __init__(self, store: Store, stop: threading.Event, what: str) -> None:
        self._store = store
        self._stop = stop
        self._what = what
        self._away = False

    def write(self, work: Callable[[Connection], T]) -> T:
        """One transaction, tried at least once and until it is done. Raises `Stopped`."""
        return self._done(lambda: self._written(work))

    def read(self, work: Callable[[Connection], T]) -> T:
        """A consistent view. Raises `Stopped`."""
        return self._done(lambda: self._seen(work))

    def once(self, work: Callable[[Connection], T]) -> T:
        """A consistent view, or `StoreUnavailable`."""
        return self._seen(work)

    def _written(self, work: Callable[[Connection], T]) -> T:
        with self._store.write() as tx:
            return work(tx)

    def _seen(self, work: Callable[[Connection], T]) -> T:
        with self._store.read() as tx:
            return work(tx)

    def _done(self, attempt: Callable[[], T]) -> T:
        wait = 0.2
        while True:
            try:
                result = attempt()
            except StoreUnavailable as error:
                self._note(away=True, error=str(error))
            else:
                self._note(away=False)
                return result
            if self._stop.wait(wait):
                raise Stopped
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def _note(self, *, away: bool, error: str = "") -> None:
        if away and not self._away:
            log.warning(f"{self._what} waits: the database does not answer", error=error)
        elif self._away and not away:
            log.info(f"{self._what} goes on: the database is back")
        self._away = away
