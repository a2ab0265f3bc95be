"""Where reading goes on: the next offset of each partition, stored with what came of the messages before it.

An offset means something only within one cluster and one incarnation of a topic (deleted and made again, a
topic starts at 0), so these are part of the key. They win over what is committed to Kafka.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select, update

from alertwatch.store.tables import positions as table
from alertwatch.store.upsert import insert


class PositionKey(NamedTuple):
    """One partition of one incarnation of a topic, as one consumer group reads it."""

    cluster_id: str
    group_id: str
    topic: str
    incarnation: str
    partition: int


class Position(NamedTuple):
    """A stored position. ``updated_at``: seconds since 1970."""

    key: PositionKey
    source: str
    next_offset: int
    updated_at: float


_KEY = [table.c[name] for name in PositionKey._fields]


def load(tx: Connection, keys: Sequence[PositionKey]) -> dict[PositionKey, int]:
    """The next offset to read of each partition that has one stored.

    Those of the same partition in other incarnations of its topic come too, in the order of their last change.
    """
    wanted = {key._replace(incarnation="") for key in keys}
    statement = select(*_KEY, table.c.next_offset).where(table.c.topic.in_({k.topic for k in wanted}))
    found = {PositionKey(*key): offset for *key, offset in tx.execute(statement.order_by(table.c.updated_at))}
    return {key: offset for key, offset in found.items() if key._replace(incarnation="") in wanted}


def save(tx: Connection, positions: Mapping[PositionKey, int], source: str) -> None:
    """Store the next offsets to read. An offset never moves backwards."""
    if not positions:
        return
    statement = insert(tx, table)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=_KEY,
        set_={
            "next_offset": case(
                (new.next_offset > table.c.next_offset, new.next_offset), else_=table.c.next_offset
            ),
            "source": new.source,
            "updated_at": new.updated_at,
        },
    )
    common = {"source": source, "updated_at": time.time()}
    rows = [{**key._asdict(), "next_offset": positions[key], **common} for key in sorted(positions)]
    tx.execute(statement, rows)


def move(tx: Connection, key: PositionKey, offset: int) -> None:
    """Set a stored position, backwards too: what lay between is gone from the broker, and recorded as a gap."""
    here = [column == value for column, value in zip(_KEY, key, strict=True)]
    tx.execute(update(table).where(*here).values(next_offset=offset, updated_at=time.time()))


def heard(tx: Connection, source: str, now: float) -> None:
    """Note that the source was listened to at ``now`` (seconds since 1970), though nothing may have come."""
    latest = select(func.max(table.c.updated_at)).where(table.c.source == source).scalar_subquery()
    newest = update(table).where(table.c.source == source, table.c.updated_at == latest)
    tx.execute(newest.values(updated_at=now))


def last_update(tx: Connection, source: str) -> float | None:
    """When anything of this source was last stored (seconds since 1970); ``None``: never."""
    latest: float | None = tx.scalar(select(func.max(table.c.updated_at)).where(table.c.source == source))
    return latest


def all(tx: Connection) -> list[Position]:  # noqa: A001 - read as positions.all
    """All positions, by source, topic and partition."""
    order = (table.c.source, table.c.topic, table.c.partition, table.c.updated_at)
    rows = tx.execute(select(table).order_by(*order))
    return [
        Position(
            PositionKey(*(row[column] for column in _KEY)), row["source"], row["next_offset"], row["updated_at"]
        )
        for row in rows.mappings()
    ]
