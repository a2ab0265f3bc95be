"""Whether a filter that was asked for is one: a misspelt name would find nothing, for ever."""

from __future__ import annotations

from sqlalchemy import Connection, select

from alertwatch.errors import BadSelection
from alertwatch.registry import nearest
from alertwatch.settings import Settings
from alertwatch.store.tables import matches


def refuse_unknown_filter(tx: Connection, settings: Settings, name: str | None) -> None:
    """Raise `BadSelection` with the nearest name for a filter that is neither configured nor has any match.

    Where only a database is named, nothing says what is configured, and any name may come yet.
    """
    if name is None or not settings.filters or name in settings.filters:
        return
    if tx.execute(select(matches.c.id).where(matches.c.filter == name).limit(1)).first() is None:
        raise BadSelection("filter", f"{name!r} is not configured{nearest(name, settings.filters)}")
