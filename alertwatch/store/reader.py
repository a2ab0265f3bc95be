"""A database opened for reading alone: nothing is migrated, made or changed, and nobody waits for it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self
from weakref import WeakSet

from sqlalchemy import Connection, Engine

from alertwatch.errors import AccessDenied, SettingsError, StoreUnavailable
from alertwatch.settings import DatabaseSettings
from alertwatch.store import engines, migrate
from alertwatch.store.faults import translated

PATIENCE = 30.0
"""How long a question waits for a connection or a lock before it gives up [s]."""

_CANNOT_OPEN = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}

_LOCK = threading.Lock()
_OPEN: WeakSet[Reader] = WeakSet()


class Reader:
    """What can be asked of an open database. Threads may share it; processes open their own."""

    def __init__(self, engine: Engine, address: str) -> None:
        self._engine = engine
        self.address = address
        with _LOCK:
            _OPEN.add(self)

    @classmethod
    def open(cls, settings: DatabaseSettings) -> Self:
        """Connect, and make sure that the tables are the ones that this version knows.

        Raises `DatabaseTooOld` and `DatabaseTooNew`, `SettingsError` where there is no database of alertwatch,
        `AccessDenied` and `StoreUnavailable`.
        """
        with ExitStack() as undo:
            engine = engines.connect_read_only(settings, PATIENCE)
            _refuse_missing(engine)
            reader = cls(engine, engines.address(engine))
            undo.callback(reader.close)
            with _explained(engine):
                migrate.refuse_other_revisions(reader)
            undo.pop_all()
        return reader

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view that waits for no writer. Raises `StoreUnavailable` and `AccessDenied`."""
        with translated(self.address), self._engine.begin() as tx:
            yield tx

    def close(self) -> None:
        """Close all connections, if no other reader is open that shares them."""
        with _LOCK:
            _OPEN.discard(self)
            if all(other._engine is not self._engine for other in _OPEN):
                self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address!r})"


def _refuse_missing(engine: Engine) -> None:
    file = engines.file_of(engine)
    if file is not None and not file.exists():
        raise SettingsError(f"there is no database {file}; `alertwatch run` makes it, or name another")


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    """SQLite keeps its log beside the file, and where there is none it makes one, even to read."""
    try:
        yield
    except (AccessDenied, StoreUnavailable) as error:
        file = engines.file_of(engine)
        cause = getattr(error.__cause__, "orig", None)
        if file is None or getattr(cause, "sqlite_errorcode", 0) & 0xFF not in _CANNOT_OPEN:
            raise
        raise AccessDenied(
            f"the database {file} cannot be opened: you need the right to read the file and, while nothing"
            " writes it, the right to write into its folder; or copy it to a folder of your own"
        ) from error
