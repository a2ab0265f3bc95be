"""The outbox: what subscriptions may have to be told, written in the transaction that stores its cause.

One row for each subscription and match, or later alert of an object that matched. A row is *new* until it was
looked at, then it *waits* for its time, was *told* or *skipped*. Keyed by (subscription, filter, survey,
object, alert), so that a replay adds nothing. ``due`` and ``now`` are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Select, and_, func, select, update

from alertwatch.facts import Facts
from alertwatch.store.tables import outbox as table
from alertwatch.store.upsert import insert, printable

State = Literal["new", "waiting", "told", "skipped"]
PAUSED = "paused"
"""Why a row waits whose subscription is paused."""


@dataclass(frozen=True, kw_only=True)
class NewRow:
    """What a subscription may have to be told. ``filter`` is the one that matched, or ``followed``."""

    subscription: str
    filter: str
    survey: str
    object_id: str
    alert_id: str
    match_id: int | None = None
    facts: Facts


@dataclass(frozen=True, kw_only=True)
class Row(NewRow):
    """A row as it stands. ``reason`` says why it waits, was skipped, or was told."""

    id: int
    state: State
    reason: str | None
    urgent: bool
    due: float
    added_at: float


_KEY = ("subscription", "filter", "survey", "object_id", "alert_id")
_COLUMNS = [table.c[name] for name in Row.__dataclass_fields__]


def add(tx: Connection, rows: Iterable[NewRow], now: float) -> int:
    """Write new rows, due at once; gives how many were not there before."""
    keyed = {tuple(getattr(row, name) for name in _KEY): row for row in rows}
    if not keyed:
        return 0
    fresh = {"state": "new", "urgent": False, "due": now, "added_at": now}
    values = [_values(keyed[key]) | fresh for key in sorted(keyed)]  # one order for all: no deadlocks
    statement = insert(tx, table).on_conflict_do_nothing(index_elements=_KEY).returning(table.c.id)
    return len(tx.execute(statement, values).all())


def take(tx: Connection, now: float, limit: int) -> list[Row]:
    """At most ``limit`` rows to look at, what was due first at first: the new ones, and those that waited.

    They are locked until the transaction ends, where the database locks rows.
    """
    due = and_(table.c.state == "waiting", table.c.due <= now)
    found = []
    for which in (table.c.state == "new", due):  # each is the beginning of an index
        query = _select().where(which).order_by(table.c.due, table.c.id).limit(limit)
        found += _rows(tx, query.with_for_update(skip_locked=True))
    return sorted(found, key=lambda row: (row.due, row.id))[:limit]


def settle(
    tx: Connection,
    ids: Collection[int],
    state: State,
    reason: str | None,
    *,
    due: float | None = None,
    urgent: bool | None = None,
) -> None:
    """Say what became of rows; ``due`` and ``urgent`` stay as they are where not given."""
    values: dict[str, Any] = {"state": state, "reason": None if reason is None else printable(reason)}
    given = {"due": due, "urgent": urgent}
    values |= {name: value for name, value in given.items() if value is not None}
    tx.execute(update(table).where(table.c.id.in_(ids)).values(values))


def next_due(tx: Connection) -> float | None:
    """When the next row is to be looked at; in the past, when one is due now; ``None``: nothing waits."""
    firsts = [tx.scalar(select(func.min(table.c.due)).where(table.c.state == s)) for s in ("new", "waiting")]
    return min((due for due in firsts if due is not None), default=None)


def first_due(tx: Connection, subscription: str, reason: str, after: float) -> float | None:
    """When the first row that waits for a reason is due, of those due after ``after``; ``None``: none waits."""
    waits = and_(table.c.subscription == subscription, table.c.state == "waiting", table.c.reason == reason)
    first: float | None = tx.scalar(select(func.min(table.c.due)).where(waits, table.c.due > after))
    return first


def waiting(tx: Connection, subscription: str | None = None) -> list[Row]:
    """The rows that wait, of one subscription or of all, the next one first."""
    query = _select().where(table.c.state == "waiting").order_by(table.c.due, table.c.id)
    if subscription is not None:
        query = query.where(table.c.subscription == subscription)
    return _rows(tx, query)


def release_paused(tx: Connection, subscription: str, now: float) -> int:
    """The subscription goes on: what waited for that is due now, to be looked at anew; gives how many."""
    which = and_(table.c.subscription == subscription, table.c.state == "waiting", table.c.reason == PAUSED)
    return tx.execute(update(table).where(which).values(due=now)).rowcount


def of_object(tx: Connection, object_id: str) -> list[Row]:
    """Every row about an object, in the order in which they were written."""
    return _rows(tx, _select().where(table.c.object_id == object_id).order_by(table.c.id))


def _values(row: NewRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in NewRow.__dataclass_fields__}
    return values | {"survey": str(row.survey), "facts": msgspec.to_builtins(row.facts)}


def _select() -> Select[Any]:
    return select(*_COLUMNS)


def _rows(tx: Connection, query: Select[Any]) -> list[Row]:
    found: Sequence[Any] = tx.execute(query).mappings().all()
    return [Row(**{**row, "facts": msgspec.convert(row["facts"], Facts)}) for row in found]
