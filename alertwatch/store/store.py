"""The store: opens the database, brings its tables up to date and hands out transactions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection

from alertwatch.errors import StoreUnavailable
from alertwatch.settings import DatabaseSettings
from alertwatch.store import engines, migrate
from alertwatch.store.faults import translated
from alertwatch.store.turns import Turns

PATIENCE = 30.0
"""How long a transaction waits for another one's lock before it gives up [s]."""


class Store:
    """An open database. Threads may share it; processes open their own."""

    def __init__(self, pair: engines.Engines, patience: float = PATIENCE) -> None:
        self._engines = pair
        self._patience = patience
        self._turns = Turns() if pair.writer.dialect.name == "sqlite" else None  # PostgreSQL locks rows itself
        self._this_thread = threading.local()
        self.address = pair.writer.url.render_as_string(hide_password=True)

    @classmethod
    def open(cls, settings: DatabaseSettings, patience: float = PATIENCE) -> Store:
        """Connect and migrate.

        Raises `StoreUnavailable` (locked, full, away), `AccessDenied` (wrong user, password or rights),
        `DatabaseTooNew` (written by a newer alertwatch) or `SettingsError` (not an address of a database).
        """
        with ExitStack() as undo:
            store = cls(engines.connect(settings, patience), patience)
            undo.callback(store.close)
            migrate.up_to_date(store)
            undo.pop_all()
        return store

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone by an exception.

        Does the least possible inside: others wait for it. Raises `StoreUnavailable` when the database is
        locked, full or away; the transaction can then be tried again as a whole.
        """
        if getattr(self._this_thread, "writes", False):
            raise RuntimeError("a transaction within a transaction")
        with ExitStack() as stack:
            if self._turns and not stack.enter_context(self._turns.turn(self._patience)):
                raise StoreUnavailable(f"the database {self.address} is locked by another thread")
            stack.enter_context(translated(self.address))
            self._this_thread.writes = True
            stack.callback(setattr, self._this_thread, "writes", False)
            yield stack.enter_context(self._engines.writer.begin())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view that waits for no writer and writes nothing. Raises like `write`."""
        with translated(self.address), self._engines.reader.begin() as tx:
            yield tx

    def close(self) -> None:
        """Close all connections that are not in use."""
        for engine in self._engines:
            engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.address!r})"
