"""Cutouts: the images of alerts that matched, or are of objects that are followed; one set for each alert."""

from __future__ import annotations

from sqlalchemy import Connection, select

from alertwatch.alert import Cutouts
from alertwatch.store.tables import cutouts as table
from alertwatch.store.upsert import insert

_IMAGES = [table.c[name] for name in Cutouts.__struct_fields__]


def save(tx: Connection, survey: str, object_id: str, alert_id: str, images: Cutouts, now: float) -> None:
    """Keep the images of an alert; those that are there already stay. ``now``: seconds since 1970."""
    key = {"survey": str(survey), "object_id": object_id, "alert_id": alert_id}
    values = key | {c.name: getattr(images, c.name) for c in _IMAGES} | {"stored_at": now}
    tx.execute(insert(tx, table).on_conflict_do_nothing(index_elements=[*key]).values(values))


def load(
    tx: Connection, survey: str, object_id: str, alert_id: str | None = None
) -> tuple[str, Cutouts] | None:
    """Alert id and images of an object: those of one alert, or (``None``) the ones stored last."""
    query = select(table.c.alert_id, *_IMAGES).where(table.c.survey == survey, table.c.object_id == object_id)
    if alert_id is not None:
        query = query.where(table.c.alert_id == alert_id)
    query = query.order_by(table.c.stored_at.desc(), table.c.alert_id.desc()).limit(1)
    row = tx.execute(query).mappings().first()
    return None if row is None else (row["alert_id"], Cutouts(**{c.name: row[c.name] for c in _IMAGES}))
