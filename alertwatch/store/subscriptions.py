"""Subscriptions as the database knows them: those added by command, and which of all are paused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, select, update

from alertwatch.store.tables import outbox
from alertwatch.store.tables import subscriptions as table
from alertwatch.store.upsert import insert, printable

_UNTOLD = outbox.c.state.in_(("new", "waiting"))


class Stored(NamedTuple):
    """One subscription's row. ``definition`` ``None``: it stands in the settings file, if anywhere.

    ``paused_at``: seconds since 1970, ``None``: it is not paused.
    """

    definition: dict[str, Any] | None
    paused_at: float | None


class Counts(NamedTuple):
    """How much a subscription has told and has yet to tell, in matches and later alerts of what matched."""

    waiting: int = 0
    told: int = 0


def stored(tx: Connection) -> dict[str, Stored]:
    """Every subscription that was added by command or is paused, by name."""
    query = select(table.c.name, table.c.definition, table.c.paused_at).order_by(table.c.name)
    return {row.name: Stored(row.definition, row.paused_at) for row in tx.execute(query)}


def add(tx: Connection, name: str, definition: Mapping[str, Any], now: float) -> None:
    """Keep a definition (keys and values as in the settings file); one of that name is replaced.

    A paused subscription stays paused.
    """
    values = {"definition": dict(definition), "added_at": now}
    statement = insert(tx, table).values(name=name, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def remove(tx: Connection, name: str) -> bool:
    """Forget a subscription that was added by command; ``False`` when there is none of that name."""
    which = delete(table).where(table.c.name == name, table.c.definition.is_not(None))
    return tx.execute(which).rowcount > 0


def pause(tx: Connection, name: str, now: float) -> bool:
    """Let what is for a subscription wait from now on; ``False`` when it is paused already."""
    statement = insert(tx, table).values(name=name, paused_at=now, added_at=now)
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"paused_at": now}, where=table.c.paused_at.is_(None)
    )
    return tx.execute(statement.returning(table.c.name)).first() is not None


def resume(tx: Connection, name: str) -> bool:
    """Undo `pause`; ``False`` when it was not paused. What waits has to be released as well."""
    paused = table.c.paused_at.is_not(None)
    of_file = delete(table).where(table.c.name == name, table.c.definition.is_(None), paused)
    added = table.update().where(table.c.name == name, paused).values(paused_at=None)
    return tx.execute(of_file).rowcount + tx.execute(added).rowcount > 0


def counts(tx: Connection) -> dict[str, Counts]:
    """What waits and what was told, by subscription; those that had neither are left out."""
    told = outbox.c.state == "told"
    query = select(outbox.c.subscription, func.count().filter(_UNTOLD), func.count().filter(told))
    return {name: Counts(*numbers) for name, *numbers in tx.execute(query.group_by(outbox.c.subscription))}


def skip(tx: Connection, name: str, reason: str) -> int:
    """Give up all that waits for a subscription, whatever for; gives how many. They stay on record."""
    which = and_(outbox.c.subscription == name, _UNTOLD)
    return tx.execute(update(outbox).where(which).values(state="skipped", reason=printable(reason))).rowcount
