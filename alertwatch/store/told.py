"""What each subscription last said of each source on the sky, so that only news is told again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from alertwatch.store.tables import told as table
from alertwatch.store.upsert import insert


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a subscription has told of a source.

    ``classes``: canonical, the one told last at the end; ``filters``: those whose match was told; ``mags``: the
    brightest told, by band [mag]; ``probability``: of the class told last. Times are seconds since 1970.
    """

    subscription: str
    source_id: int
    classes: tuple[str, ...]
    filters: tuple[str, ...]
    mags: Mapping[str, float]
    probability: float | None
    first_at: float
    last_at: float


_COLUMNS = [table.c[name] for name in Told.__dataclass_fields__]
_KEY = ("subscription", "source_id")


def load(tx: Connection, subscription: str, source_ids: Collection[int]) -> dict[int, Told]:
    """What a subscription has told of these sources, by source; those never told are left out."""
    query = select(*_COLUMNS).where(table.c.subscription == subscription, table.c.source_id.in_(source_ids))
    return {row["source_id"]: _told(row) for row in tx.execute(query).mappings()} if source_ids else {}


def save(tx: Connection, told: Iterable[Told]) -> None:
    """Remember what was told, in place of what was told before."""
    rows = [{name: getattr(one, name) for name in Told.__dataclass_fields__} for one in told]
    statement = insert(tx, table)
    changed = {c.name: c for c in statement.excluded if c.name not in {*_KEY, "first_at"}}
    if rows:
        tx.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=changed), rows)


def _told(row: Any) -> Told:
    return Told(**{**row, "classes": tuple(row["classes"]), "filters": tuple(row["filters"])})
