"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps in two places."""

from __future__ import annotations

from math import isfinite
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(tx: Connection, table: Table) -> sqlite.Insert:
    """An INSERT into ``table`` that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    return insert_for(tx.dialect.name, table)


def insert_for(dialect: str, table: Table) -> sqlite.Insert:
    """The same for a database by its name, for statements that are made once and kept."""
    if dialect == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]  # the same methods
    return sqlite.insert(table)


def finite(number: float | None) -> float | None:
    """The number, or ``None`` for NaN and infinity, which PostgreSQL would keep and JSON cannot hold."""
    return number if number is not None and isfinite(number) else None


def printable(text: str) -> str:
    r"""The text as any database takes it: NUL bytes and lone surrogates become ``\x00`` and the like."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", r"\x00")


def row_of(value: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    """The attributes of ``value`` that are columns, with unknown for every number that is none."""
    row = {column: getattr(value, column) for column in columns}
    return {k: finite(v) if isinstance(v, float) else v for k, v in row.items()}
