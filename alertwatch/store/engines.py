"""Engines: how SQLite and PostgreSQL are connected to, one engine for writers and one for readers.

SQLite runs in WAL mode with ``synchronous=NORMAL``: a power cut may take the last transactions with it and
leaves the database whole. Nothing is lost by that, since Kafka's offsets live in the same transactions and win
over the ones committed to Kafka: what was lost is read again. Writers take the write lock when they begin
(BEGIN IMMEDIATE), since a reader that turns into a writer is refused at once, whatever its time-out.
"""

from __future__ import annotations

import sqlite3
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

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
    url = _url(settings)
    return _sqlite(url, patience) if url.drivername == "sqlite" else _postgres(url, patience)


def connect_read_only(settings: DatabaseSettings, patience: float) -> sa.Engine:
    """An engine that can write nothing and makes no database; connects to nothing yet.

    For the same database the same one: it knows the SQL of what was asked before.
    """
    return _read_only(_url(settings), patience)


@lru_cache(maxsize=8)
def _read_only(url: sa.URL, patience: float) -> sa.Engine:
    if url.drivername != "sqlite":
        return _postgres_reader(url, patience)
    quoted = quote(str(Path(url.database or "").absolute()))
    return _sqlite_reader(
        url.set(database=f"file:{quoted}").update_query_dict({"mode": "ro", "uri": "true"}), patience
    )


def address(engine: sa.Engine) -> str:
    """What to call a database in messages: its URL without password."""
    file = file_of(engine)
    return engine.url.render_as_string(hide_password=True) if file is None else f"sqlite:///{file}"


def file_of(engine: sa.Engine) -> Path | None:
    """The file of a SQLite database; ``None`` for a server's."""
    name = engine.url.database or ""
    if engine.dialect.name != "sqlite":
        return None
    return Path(unquote(name.removeprefix("file:")) if "uri" in engine.url.query else name)


def _url(settings: DatabaseSettings) -> sa.URL:
    """The address, with password; raises `SettingsError` where it is none that alertwatch can use."""
    try:
        url = sa.make_url(settings.url)
    except sa.exc.ArgumentError:
        raise SettingsError(_EXPECTED) from None  # its words may hold a password
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url.set(drivername="sqlite")
    if kind == "postgresql":
        return _with_password(url, settings)
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
    writer = _sqlite_engine(url, patience)

    @event.listens_for(writer, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        _use_wal(connection, patience)
        connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return Engines(writer, _sqlite_reader(url, patience))


def _sqlite_reader(url: sa.URL, patience: float) -> sa.Engine:
    reader = _sqlite_engine(url, patience)

    @event.listens_for(reader, "connect")
    def protect(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    event.listen(reader, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return reader


def _sqlite_engine(url: sa.URL, patience: float) -> sa.Engine:
    return _engine(url, patience, {"timeout": patience, "isolation_level": None})  # we say where it begins


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
    event.listen(writer, "do_connect", postgres.connect_within(patience + 1))
    return Engines(writer, _postgres_reader(url, patience))


def _postgres_reader(url: sa.URL, patience: float) -> sa.Engine:
    one_moment = {
        "default_transaction_isolation": r"repeatable\ read",
        "default_transaction_read_only": "on",
        "jit": "off",  # compiling takes longer than what people ask
    }
    for_reading = postgres.arguments(_READ_SECONDS, **one_moment)
    reader = _engine(url, patience, for_reading, ping=True)
    event.listen(reader, "do_connect", postgres.connect_within(_READ_SECONDS))
    return reader


def _with_password(url: sa.URL, settings: DatabaseSettings) -> sa.URL:
    url = url.set(drivername="postgresql+psycopg")
    password = reveal(settings, "password")
    return url if password is None else url.set(password=password)
