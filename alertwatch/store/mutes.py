"""Mutes: objects, filters and regions of the sky that nobody wants to hear of, for a while or for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection, delete, or_, select

from alertwatch.store.tables import mutes as table
from alertwatch.store.upsert import insert, printable

MuteKind = Literal["object", "filter", "region"]


@dataclass(frozen=True, kw_only=True)
class NewMute:
    """What is not told of. ``value``: SURVEY:OBJECT or OBJECT, a filter's name, or "RA DEC RADIUS".

    ``until_at``: seconds since 1970, ``None``: for good.
    """

    kind: MuteKind
    value: str
    until_at: float | None = None
    reason: str | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Mute(NewMute):
    """A mute as it is kept."""

    id: int
    added_at: float

    def __str__(self) -> str:
        said = f"the {self.kind} {self.value} is muted"
        said += f" by {self.by}" if self.by else ""
        return f"{said}: {self.reason}" if self.reason else said


_COLUMNS = [table.c[name] for name in Mute.__dataclass_fields__]


def add(tx: Connection, mute: NewMute, now: float) -> int:
    """Mute; gives the id. What is muted already gets the new end, reason and name."""
    texts = {"value": printable(mute.value), "reason": mute.reason and printable(mute.reason)}
    statement = insert(tx, table).values(**asdict(mute) | texts, added_at=now)
    changed = {name: statement.excluded[name] for name in ("until_at", "reason", "by", "added_at")}
    statement = statement.on_conflict_do_update(index_elements=["kind", "value"], set_=changed)
    return int(tx.execute(statement.returning(table.c.id)).scalar_one())


def remove(tx: Connection, mute_id: int) -> bool:
    """Undo a mute; ``False`` when there is none of that id."""
    return tx.execute(delete(table).where(table.c.id == mute_id)).rowcount > 0


def list(tx: Connection) -> Sequence[Mute]:  # noqa: A001 - read as mutes.list
    """All mutes, also those that have ended, the oldest first."""
    return [Mute(**row) for row in tx.execute(select(*_COLUMNS).order_by(table.c.id)).mappings()]


def active(tx: Connection, now: float) -> Sequence[Mute]:
    """The mutes that hold now."""
    held = or_(table.c.until_at.is_(None), table.c.until_at > now)
    return [Mute(**row) for row in tx.execute(select(*_COLUMNS).where(held).order_by(table.c.id)).mappings()]
