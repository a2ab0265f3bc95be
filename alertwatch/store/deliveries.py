"""Deliveries: the ledger of what goes to which channel, queued durably and worked on under a lease.

A claimed delivery is free again when its lease runs out, so a process that dies loses nothing. What is written
about a claimed delivery does nothing when somebody else has claimed it since. Times are seconds since 1970.

The states: *pending* → *sending* → *posted* (the message is out, its pictures perhaps not) → *sent*; *failed*
when the channel refused this very message. What is tried again goes back to *pending*, or stays *posted*.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, null, select, update

from alertwatch.facts import Facts
from alertwatch.notification import Kind, Receipt
from alertwatch.store.tables import OPEN, outbox
from alertwatch.store.tables import attempts as attempts_table
from alertwatch.store.tables import deliveries as table
from alertwatch.store.tables import delivery_items as items_table
from alertwatch.store.upsert import insert, printable

MOST_ITEMS = 200
"""The most outbox rows that one message tells of."""

_BUDGETED = (Kind.MATCH, Kind.UPDATE, Kind.SUMMARY, Kind.DIGEST)


@dataclass(frozen=True, kw_only=True)
class NewDelivery:
    """A message to send. ``items``: each outbox row that it tells of, by id, with the reason in words.

    ``key`` is unique for ever. ``source_id`` is set for a message about one source: updates continue it.
    ``text`` is what messages without items say.
    """

    key: str
    subscription: str
    channel: str
    kind: Kind
    title: str
    text: str = ""
    urgent: bool = False
    source_id: int | None = None
    due: float
    items: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A row of the ledger. ``attempts`` counts those begun; ``due`` of a claimed one is its lease's end."""

    id: int
    key: str
    subscription: str
    channel: str
    kind: Kind
    title: str
    text: str
    state: str
    urgent: bool
    source_id: int | None
    due: float
    attempts: int
    owner: str | None
    error: str | None
    receipt: Receipt | None
    created_at: float
    sent_at: float | None


@dataclass(frozen=True, kw_only=True)
class Item:
    """What a message tells of: an outbox row and why it is told."""

    id: int
    reason: str
    filter: str
    survey: str
    object_id: str
    alert_id: str
    match_id: int | None
    facts: Facts
    urgent: bool


@dataclass(frozen=True)
class Attempt:
    """One attempt. ``outcome``: sent, found, later, refused, channel refused; ``None``: it was cut short."""

    started_at: float
    ended_at: float | None
    outcome: str | None
    error: str | None


_COLUMNS = [table.c[name] for name in Delivery.__dataclass_fields__]
_AGAIN = case((table.c.receipt.is_(null()), "pending"), else_="posted")  # the state of what is tried again


# -- by whoever decides what is told --------------------------------------------------------------------------


def create(tx: Connection, new: Sequence[NewDelivery], now: float) -> Sequence[int]:
    """Queue messages; gives the ids of those that were really added. One whose key is known adds nothing."""
    if not new:
        return []
    by_key = {delivery.key: delivery for delivery in new}
    statement = insert(tx, table).on_conflict_do_nothing(index_elements=["key"])
    rows = [_row(by_key[key], now) for key in sorted(by_key)]
    added = tx.execute(statement.returning(table.c.id, table.c.key), rows).all()
    for delivery_id, key in added:
        extend(tx, delivery_id, by_key[key].items)
    return sorted(delivery_id for delivery_id, _ in added)


def _row(new: NewDelivery, now: float) -> dict[str, Any]:
    names = ("key", "subscription", "channel", "urgent", "source_id", "due")
    row = {name: getattr(new, name) for name in names}
    words = {"kind": str(new.kind), "title": printable(new.title), "text": printable(new.text)}
    return row | words | {"state": "pending", "attempts": 0, "created_at": now}


def open_summary(tx: Connection, channel: str, subscription: str, *, urgent: bool) -> int | None:
    """A summary that was not begun and has room for more items; it is locked until ``tx`` ends."""
    query = (
        select(table.c.id)
        .where(OPEN, table.c.channel == channel, table.c.urgent == literal(urgent))
        .where(table.c.subscription == subscription)
        .where(table.c.state == "pending", table.c.kind == str(Kind.SUMMARY), table.c.attempts == 0)
        .order_by(table.c.id.desc())
        .limit(1)
    )
    newest: int | None = tx.scalar(query.with_for_update())
    if newest is None:
        return None
    told = select(func.count()).where(items_table.c.delivery_id == newest)
    return newest if (tx.scalar(told) or 0) < MOST_ITEMS else None


def extend(tx: Connection, delivery_id: int, items: Sequence[tuple[int, str]]) -> None:
    """Let a message tell of these outbox rows (id, reason), too."""
    if items:
        statement = insert(tx, items_table).on_conflict_do_nothing()
        rows = [{"delivery_id": delivery_id, "outbox_id": row, "reason": printable(why)} for row, why in items]
        tx.execute(statement, rows)


def count_since(tx: Connection, channel: str, since: float, *, urgent: bool) -> int:
    """How many messages about sources were made for the channel since then, urgent ones or the others."""
    return tx.scalar(select(func.count()).where(_made_since(channel, since, urgent=urgent))) or 0


def first_since(tx: Connection, channel: str, since: float, *, urgent: bool) -> float | None:
    """When the first of those was made; ``None``: there is none."""
    first: float | None = tx.scalar(
        select(func.min(table.c.created_at)).where(_made_since(channel, since, urgent=urgent))
    )
    return first


def _made_since(channel: str, since: float, *, urgent: bool) -> ColumnElement[bool]:
    kinds = [str(kind) for kind in _BUDGETED]
    made = and_(table.c.channel == channel, table.c.created_at > since)
    return and_(made, table.c.urgent == literal(urgent), table.c.kind.in_(kinds))


# -- by whoever sends -----------------------------------------------------------------------------------------


def claim(tx: Connection, channel: str, owner: str, now: float, lease_seconds: float) -> Delivery | None:
    """Lease the next message of a channel that is due: urgent ones first, then what is due longest.

    The attempt is written down in the same transaction, so that a process which dies leaves a trace of it.
    """
    for urgent in (True, False):
        row = tx.execute(_due(channel, now, urgent=urgent).limit(1).with_for_update(skip_locked=True)).first()
        if row is not None:
            return _lease(tx, _delivery(row), owner, now, lease_seconds)
    return None


def _due(channel: str, now: float, *, urgent: bool) -> Any:
    """A walk along the index ``ix_deliveries_open``, however long the queue is."""
    mine = and_(OPEN, table.c.channel == channel, table.c.urgent == literal(urgent), table.c.due <= now)
    return select(*_COLUMNS).where(mine).order_by(table.c.due, table.c.id)


def _lease(tx: Connection, found: Delivery, owner: str, now: float, lease_seconds: float) -> Delivery:
    values = {
        "state": "posted" if found.receipt else "sending",
        "attempts": found.attempts + 1,
        "owner": owner,
        "due": now + lease_seconds,
    }
    tx.execute(update(table).where(table.c.id == found.id).values(values))
    tx.execute(attempts_table.insert().values(delivery_id=found.id, started_at=now))
    return Delivery(**{**vars(found), **values})


def next_due(tx: Connection, channel: str) -> float | None:
    """When the channel's next message is due, or a lease on one ends; ``None``: nothing is queued."""
    queries = (
        select(table.c.due).where(OPEN, table.c.channel == channel, table.c.urgent == literal(urgent))
        for urgent in (True, False)
    )
    found = (tx.scalar(query.order_by(table.c.due).limit(1)) for query in queries)
    return min((due for due in found if due is not None), default=None)


def items(tx: Connection, delivery_id: int) -> Sequence[Item]:
    """What a message tells of, in the order in which it came."""
    names = ("filter", "survey", "object_id", "alert_id", "match_id", "facts", "urgent")
    query = (
        select(outbox.c.id, items_table.c.reason, *(outbox.c[name] for name in names))
        .join(outbox, outbox.c.id == items_table.c.outbox_id)
        .where(items_table.c.delivery_id == delivery_id)
        .order_by(outbox.c.id)
    )
    return [
        Item(**{**row, "facts": msgspec.convert(row["facts"], Facts)}) for row in tx.execute(query).mappings()
    ]


def posted(tx: Connection, delivery: Delivery, receipt: Receipt) -> bool:
    """The message is out, and its receipt is kept; ``False``: somebody else has claimed it since."""
    values = {"state": "posted", "receipt": msgspec.to_builtins(receipt)}
    return tx.execute(update(table).where(_held(delivery)).values(values)).rowcount > 0


def sent(
    tx: Connection,
    delivery: Delivery,
    receipt: Receipt,
    now: float,
    outcome: str = "sent",
    error: str | None = None,
) -> bool:
    """All of the message is out. ``outcome``: sent, or found; ``error``: what of it could not be delivered."""
    values = {"state": "sent", "receipt": msgspec.to_builtins(receipt), "sent_at": now}
    return _settle(tx, delivery, values, outcome, error, now)


def later(
    tx: Connection, delivery: Delivery, error: str, due: float, now: float, outcome: str = "later"
) -> bool:
    """The attempt failed for ``error``; the message is tried again at ``due``."""
    values = {"state": _AGAIN, "due": due}
    return _settle(tx, delivery, values, outcome, error, now)


def failed(tx: Connection, delivery: Delivery, error: str, now: float) -> bool:
    """The channel refused this very message: it is not tried again until somebody calls `retry`."""
    return _settle(tx, delivery, {"state": "failed"}, "refused", error, now)


def _settle(
    tx: Connection, delivery: Delivery, values: dict[str, Any], outcome: str, error: str | None, now: float
) -> bool:
    said = None if error is None else printable(error)
    held = tx.execute(update(table).where(_held(delivery)).values(values | {"owner": None, "error": said}))
    if not held.rowcount:
        return False
    newest = select(func.max(attempts_table.c.id)).where(attempts_table.c.delivery_id == delivery.id)
    ended = {"ended_at": now, "outcome": outcome, "error": said}
    tx.execute(update(attempts_table).where(attempts_table.c.id == newest.scalar_subquery()).values(ended))
    return True


def _held(delivery: Delivery) -> ColumnElement[bool]:
    """The delivery's row, unless its lease ran out and it was claimed once more."""
    mine = and_(table.c.owner == delivery.owner, table.c.attempts == delivery.attempts)
    return and_(table.c.id == delivery.id, mine)


def release(tx: Connection, owner: str, now: float) -> int:
    """Give back what ``owner`` has claimed and not settled; gives how many."""
    values = {"owner": None, "due": now, "state": _AGAIN}
    return tx.execute(update(table).where(OPEN, table.c.owner == owner).values(values)).rowcount


def earlier(tx: Connection, channel: str, subscription: str, source_id: int, before_id: int) -> Receipt | None:
    """The receipt of the first message about the source, before this one, to channel and subscription."""
    query = (
        select(table.c.receipt)
        .where(table.c.channel == channel, table.c.subscription == subscription)
        .where(table.c.source_id == source_id, table.c.id < before_id, table.c.receipt.is_not(null()))
        .order_by(table.c.id)
        .limit(1)
    )
    receipt = tx.scalar(query)
    return None if receipt is None else msgspec.convert(receipt, Receipt)


# -- by people ------------------------------------------------------------------------------------------------


def list(  # noqa: A001 - read as deliveries.list
    tx: Connection,
    state: str | None = None,
    channel: str | None = None,
    subscription: str | None = None,
    limit: int = 100,
) -> Sequence[Delivery]:
    """The newest deliveries first, at most ``limit``; every other argument narrows the answer."""
    query = select(*_COLUMNS).order_by(table.c.id.desc()).limit(limit)
    wanted = ((table.c.state, state), (table.c.channel, channel), (table.c.subscription, subscription))
    for column, value in wanted:
        query = query if value is None else query.where(column == value)
    return [_delivery(row) for row in tx.execute(query)]


def get(tx: Connection, delivery_id: int) -> Delivery | None:
    """One delivery by its number."""
    row = tx.execute(select(*_COLUMNS).where(table.c.id == delivery_id)).first()
    return None if row is None else _delivery(row)


def attempts(tx: Connection, delivery_id: int) -> Sequence[Attempt]:
    """Every attempt at a delivery, the first one first."""
    columns = [attempts_table.c[name] for name in Attempt.__dataclass_fields__]
    query = select(*columns).where(attempts_table.c.delivery_id == delivery_id).order_by(attempts_table.c.id)
    return [Attempt(*row) for row in tx.execute(query)]


def retry(tx: Connection, ids: Collection[int] | None, now: float, channel: str | None = None) -> int:
    """Make these (``None``: all) due now, unless they are sent or under way; gives how many.

    Only those of ``channel``, if one is given.
    """
    which = [table.c.owner.is_(None), table.c.state != "sent"]
    if ids is not None:
        which.append(table.c.id.in_(ids))
    if channel is not None:
        which.append(table.c.channel == channel)
    values = {"state": _AGAIN, "due": now}
    return tx.execute(update(table).where(*which).values(values)).rowcount


def count_open(tx: Connection) -> dict[str, int]:
    """How many messages of each channel are not settled yet."""
    query = select(table.c.channel, func.count()).where(OPEN).group_by(table.c.channel)
    return {row[0]: row[1] for row in tx.execute(query)}


def oldest(tx: Connection) -> dict[str, float]:
    """Since when the longest-waiting message of each channel that is not settled waits."""
    query = select(table.c.channel, func.min(table.c.created_at)).where(OPEN).group_by(table.c.channel)
    return {row[0]: row[1] for row in tx.execute(query)}


def with_failures(tx: Connection, since: float) -> set[str]:
    """Channels of which a message that was made since then has failed, and was not tried again."""
    query = select(table.c.channel).where(table.c.state == "failed", table.c.created_at >= since)
    return set(tx.scalars(query.distinct()))


def _delivery(row: Any) -> Delivery:
    values = dict(row._mapping)
    receipt = values["receipt"]
    values["receipt"] = None if receipt is None else msgspec.convert(receipt, Receipt)
    return Delivery(**values | {"kind": Kind(values["kind"])})
