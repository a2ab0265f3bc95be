"""What is wrong just now, so that the operator is told once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from alertwatch.store.tables import concerns as table
from alertwatch.store.upsert import insert, printable


@dataclass(frozen=True)
class Concern:
    """Something that is wrong: what (``key``), in words, and since when (seconds since 1970)."""

    key: str
    sentence: str
    since: float


def all(tx: Connection) -> list[Concern]:  # noqa: A001 - read as concerns.all
    """What is known to be wrong, the oldest first."""
    columns = (table.c.key, table.c.sentence, table.c.since)
    return [Concern(*row) for row in tx.execute(select(*columns).order_by(table.c.since, table.c.key))]


def begin(tx: Connection, found: Mapping[str, str], now: float) -> list[Concern]:
    """Note what is wrong (key → sentence); gives what was not known before, to any process."""
    if not found:
        return []
    rows = [
        {"key": key, "sentence": printable(found[key]), "since": now, "told_at": now} for key in sorted(found)
    ]
    statement = insert(tx, table).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.key)
    new = {key for (key,) in tx.execute(statement, rows)}
    return [Concern(key, found[key], now) for key in sorted(new)]


def end(tx: Connection, keys: list[str]) -> list[Concern]:
    """What is over; gives those that this call ended."""
    columns = (table.c.key, table.c.sentence, table.c.since)
    statement = delete(table).where(table.c.key.in_(keys)).returning(*columns)
    return sorted((Concern(*row) for row in tx.execute(statement)), key=lambda c: c.key)
