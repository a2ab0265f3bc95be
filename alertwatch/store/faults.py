"""What a database error means: try again later, access denied, or a bug (which is left as it is)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc
from sqlalchemy.exc import DBAPIError

from alertwatch.errors import AccessDenied, AlertwatchError, SettingsError, StoreUnavailable

_SQLITE_WAITS = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_PROTOCOL: "is locked by another process",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk failed or is full",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: its folder is missing, or no more files can be open",
}

_POSTGRES_WAITS = {
    "08": "closed the connection",
    "40": "gave way to another process",
    "53": "has run out of disk, memory or connections",
    "55P03": "is locked by another process",
    "57014": "took too long",
    "57": "is stopping or starting",
    "58": "failed to read or write its disk",
    "25006": "is read-only for now",
}

_POSTGRES_DENIES = ("28", "3D000", "42501")

# libpq gives no SQLSTATE when a connection fails, only the server's words.
_REFUSALS = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "not permitted to log in")


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Raise what the database at ``address`` says as an error of ours, where it is one.

    Raises `StoreUnavailable` when it is locked, full or away, `AccessDenied` when it refuses the credentials,
    `SettingsError` when the file is no database. Any other error of the database is a bug and passes through.
    """
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(address, error)
        if meaning is None:
            raise
        raise meaning from error
    except sqlalchemy.exc.TimeoutError as error:
        raise StoreUnavailable(f"all connections to the database {address} are in use") from error


def _meaning(address: str, error: DBAPIError) -> AlertwatchError | None:
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_meaning(address, error.orig)
    return _postgres_meaning(address, error)


def _sqlite_meaning(address: str, error: sqlite3.Error) -> AlertwatchError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits tell variants apart
    if code in _SQLITE_WAITS:
        return StoreUnavailable(f"the database {address} {_SQLITE_WAITS[code]}")
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}:
        return AccessDenied(
            f"the database {address} cannot be written: check the permissions of file and folder"
        )
    if code == sqlite3.SQLITE_NOTADB:
        return SettingsError(f"{address} is not a SQLite database: check database.url")
    return None


def _postgres_meaning(address: str, error: DBAPIError) -> AlertwatchError | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return _connection_meaning(address, error)
    if state.startswith(_POSTGRES_DENIES):
        return AccessDenied(f"the database {address} refused access: check user, password, database and rights")
    said = _POSTGRES_WAITS.get(state) or _POSTGRES_WAITS.get(state[:2])
    return StoreUnavailable(f"the database {address} {said} (SQLSTATE {state})") if said else None


def _connection_meaning(address: str, error: DBAPIError) -> AlertwatchError | None:
    words = str(error.orig)
    if any(refusal in words for refusal in _REFUSALS) or ("FATAL" in words and "does not exist" in words):
        return AccessDenied(f"the database {address} refused access: check user, password and database name")
    if error.connection_invalidated or isinstance(error, sqlalchemy.exc.OperationalError):
        return StoreUnavailable(f"the database {address} does not answer")
    return None
