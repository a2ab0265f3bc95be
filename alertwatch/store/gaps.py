"""Gaps: messages that were gone before they were read, with their extent as far as it is known."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, exists, select

from alertwatch.store.tables import gaps as table

_FIELDS = ("source", "topic", "partition", "from_offset", "to_offset", "from_time", "to_time", "reason")


@dataclass(frozen=True)
class Gap:
    """What is missing. ``to_offset`` is the first one that is there again; times are MJD UTC."""

    source: str
    topic: str
    partition: int | None
    from_offset: int | None
    to_offset: int | None
    from_time: float | None
    to_time: float | None
    reason: str


def add(tx: Connection, gap: Gap) -> bool:
    """Record a gap; ``False`` when this very gap is recorded already."""
    values = asdict(gap)
    same = [table.c[name].is_not_distinct_from(value) for name, value in values.items()]
    if tx.scalar(select(exists().where(*same))):
        return False
    tx.execute(table.insert().values(**values, noticed_at=time.time()))
    return True


def all(tx: Connection) -> list[Gap]:  # noqa: A001 - read as gaps.all
    """All gaps, the oldest first."""
    columns = [table.c[name] for name in _FIELDS]
    return [Gap(*row) for row in tx.execute(select(*columns).order_by(table.c.id))]
