"""Engines: how SQLite and PostgreSQL are connected to, one engine for writers and one for readers.

SQLite runs in WAL mode with ``synchronous=NORMAL``: a power cut may take the last transactions with it and
leaves the database whole. Nothing is lost by that, since Kafka's offsets live in the same transactions and win
over the ones committed to Kafka: what was lost is read again. Writers take the write lock when they begin
(BEGIN IMMEDIATE), since a reader that turns into a writer is refused at once, whatever its time-out.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy import event

from alertwatch.errors import SettingsError
from alertwatch.secrets import reveal
from alertwatch.settings import DatabaseSettings
from alertwatch.store import postgres

_EXPECTED = "database.url: expected sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
_READ_SECONDS = 60  # the longest query of a person on months of data


class Engines(NamedTuple):
    """Two engines on one database."""

    writer: sa.Engine
    reader: sa.Engine


def connect(settings: DatabaseSettings, patience: float) -> Engines:
    """Engines for the settings; connects to nothing yet. ``patience``: seconds to wait for a lock."""
    try:
        url = sa.make_url(settings.url)
    except sa.exc.ArgumentError:
        raise SettingsError(_EXPECTED) from None  # its words may hold a password
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite" and url.database not in {None, "", ":memory:"}:
        return _sqlite(url.set(drivername="sqlite"), patience)
    if kind == "postgresql":
        return _postgres(_with_password(url, settings), patience)
    raise SettingsError(_EXPECTED)


def _engine(url: sa.URL, patience: float, connect_args: dict[str, Any], *, ping: bool = False) -> sa.Engine:
    """An engine; with ``ping`` a pooled connection that broke meanwhile costs nobody an error."""
    return sa.create_engine(
        url,
        connect_args=connect_args,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),  # NaN becomes null
        json_deserializer=msgspec.json.decode,
        pool_pre_ping=ping,
        pool_timeout=patience,
        pool_size=8,
        max_overflow=24,
    )


# -- SQLite --------------------------------------------------------------------------------------------------


def _sqlite(url: sa.URL, patience: float) -> Engines:
    options = {"timeout": patience, "isolation_level": None}  # None: transactions begin where we say so
    writer, reader = _engine(url, patience, options), _engine(url, patience, options)

    @event.listens_for(writer, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        _use_wal(connection, patience)
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(reader, "connect")
    def protect(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    event.listen(writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(reader, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return Engines(writer, reader)


def _use_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to WAL; two processes that do so at once are refused without any waiting, so this waits."""
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


# -- PostgreSQL ----------------------------------------------------------------------------------------------


def _postgres(url: sa.URL, patience: float) -> Engines:
    writer = _engine(url, patience, postgres.arguments(patience + 1, lock_timeout=int(patience * 1000)))
    for_reading = postgres.arguments(_READ_SECONDS, default_transaction_read_only="on")
    reader = _engine(url, patience, for_reading, ping=True)
    event.listen(writer, "do_connect", postgres.connect_within(patience + 1))
    event.listen(reader, "do_connect", postgres.connect_within(_READ_SECONDS))
    return Engines(writer, reader)


def _with_password(url: sa.URL, settings: DatabaseSettings) -> sa.URL:
    url = url.set(drivername="postgresql+psycopg")
    password = reveal(settings, "password")
    return url if password is None else url.set(password=password)
