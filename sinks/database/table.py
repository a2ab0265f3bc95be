"""The table: its columns in SQL, what is written into it, and what a database's complaints mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)

from alertwatch.errors import (
    AccessDenied,
    ChannelRefused,
    ChannelUnavailable,
    NotificationRefused,
    SettingsError,
    StoreUnavailable,
)
from alertwatch.rows import COLUMNS, KEY
from alertwatch.store import postgres
from alertwatch.store.faults import translated
from alertwatch.store.upsert import insert, printable

PATIENCE_SECONDS = 30.0

TYPES: dict[type, Any] = {
    str: sa.Text(),
    float: sa.Double(),
    int: sa.Integer(),
    bool: sa.Boolean(),
    datetime: sa.DateTime(timezone=True),
    dict: sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql"),
}

KEY_LENGTHS = {"key": 255, "survey": 16, "object_id": 64}
"""MySQL wants to know the length of what a key is made of."""

UPSERTS = {"postgresql", "sqlite"}
"""Databases with ``ON CONFLICT``; in others a row is deleted and written anew, in one transaction."""

REFUSALS = ("access denied", "unknown database", "login failed", "ora-01017")
"""How other databases say that a person must act, where they call it an operational error."""


class Table:
    """One table of one database; connects when it is first asked something."""

    wanted = tuple(COLUMNS)

    def __init__(self, address: str, password: str | None, name: str) -> None:
        url = sa.make_url(address)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if password is not None:
            url = url.set(password=password)
        options = postgres.arguments(PATIENCE_SECONDS) if url.drivername == "postgresql+psycopg" else {}
        self.address = url.render_as_string(hide_password=True)
        self.name = name
        self._engine = sa.create_engine(url, connect_args=options, pool_pre_ping=True)
        self._table = _defined(name)

    def columns(self) -> set[str]:
        """The columns of the table in the database; none: it is not there."""
        inspector, name, schema = sa.inspect(self._engine), self._table.name, self._table.schema
        if not inspector.has_table(name, schema):
            return set()
        return {str(column["name"]) for column in inspector.get_columns(name, schema)}

    def make(self) -> None:
        """Make the table, unless another process has just done so."""
        try:
            self._table.create(self._engine)
        except DBAPIError:
            if not self.columns():
                raise

    def write(self, new: Sequence[dict[str, Any]]) -> None:
        """Write rows, over those with the same key."""
        clean = [{name: _clean(value) for name, value in row.items()} for row in new]
        with self._engine.begin() as tx:
            if tx.dialect.name in UPSERTS:
                statement = insert(tx, self._table)
                others = {name: statement.excluded[name] for name in COLUMNS if name not in KEY}
                tx.execute(statement.on_conflict_do_update(index_elements=KEY, set_=others), clean)
            else:
                for row in clean:
                    tx.execute(self._table.delete().where(*(self._table.c[name] == row[name] for name in KEY)))
                tx.execute(self._table.insert(), clean)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Raise what the database says as one of a channel's errors."""
    try:
        with translated(address):
            yield
    except StoreUnavailable as error:
        raise ChannelUnavailable(str(error)) from error
    except (AccessDenied, SettingsError) as error:
        raise ChannelRefused(str(error)) from error
    except (SQLAlchemyError, ImportError) as error:
        words = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise _meaning(error, words)(f"the database {address}: {words}") from error


def _meaning(error: Exception, words: str) -> type[ChannelUnavailable | ChannelRefused | NotificationRefused]:
    """What `translated` leaves over: the errors of other databases, and those that are none of access."""
    if isinstance(error, DataError | IntegrityError):
        return NotificationRefused
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return ChannelUnavailable
    if isinstance(error, OperationalError | InterfaceError) and not _is_sqlite(error):
        return ChannelRefused if any(word in words.lower() for word in REFUSALS) else ChannelUnavailable
    return ChannelRefused


def _is_sqlite(error: DBAPIError) -> bool:
    """What passes of SQLite's errors is known already; the others are tables of another shape."""
    return type(error.orig).__module__ == "sqlite3"


def _defined(name: str) -> sa.Table:
    schema, _, own_name = name.rpartition(".")
    columns: list[sa.Column[Any]] = [
        sa.Column(name, sa.String(KEY_LENGTHS[name]), primary_key=True)
        if name in KEY
        else sa.Column(name, TYPES[column.kind])
        for name, column in COLUMNS.items()
    ]
    return sa.Table(own_name, sa.MetaData(), *columns, schema=schema or None)


def _clean(value: Any) -> Any:
    """The value without the characters that some databases refuse."""
    match value:
        case str():
            return printable(value)
        case dict():
            return {_clean(key): _clean(inner) for key, inner in value.items()}
        case list():
            return [_clean(inner) for inner in value]
        case _:
            return value
