"""Light curves: one row per measurement of an object, told by any number of alerts and answers.

What is known of a measurement stays as it was first told; what was unknown is filled in later. So the order in
which alerts come, and their repetition, make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, func, or_

from alertwatch.alert import Alert, Detection, ForcedPhotometry, NonDetection
from alertwatch.store import tables
from alertwatch.store.upsert import insert, row_of

_DETECTION = Detection.__struct_fields__
_NON_DETECTION = NonDetection.__struct_fields__
_FORCED = ForcedPhotometry.__struct_fields__
_KEY = ("survey", "object_id", "epoch")


def save(tx: Connection, alerts: Sequence[Alert]) -> None:
    """Store the light curves that these alerts carry."""
    _fill_in(tx, tables.detections, (_row(a, d, _DETECTION) for a in alerts for d in a.detections))
    _fill_in(tx, tables.non_detections, (_row(a, n, _NON_DETECTION) for a in alerts for n in a.non_detections))
    _fill_in(tx, tables.forced_photometry, (_row(a, f, _FORCED) for a in alerts for f in a.forced_photometry))


def _row(alert: Alert, measured: Detection | NonDetection | ForcedPhotometry, columns: tuple[str, ...]) -> Any:
    key = {"survey": str(alert.survey), "object_id": alert.object_id, "epoch": _epoch(measured)}
    return key | row_of(measured, columns)


def _epoch(measured: Detection | NonDetection | ForcedPhotometry) -> str:
    """What tells one measurement of an object from another: its alert, else band and time to a second."""
    return getattr(measured, "alert_id", None) or f"{measured.band}@{measured.mjd:.5f}"


def _fill_in(tx: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    required = [column.name for column in table.columns if not column.nullable]
    by_key: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        if any(row[name] is None for name in required):
            continue  # a NaN for a time or a limit measures nothing
        key = tuple(row[name] for name in _KEY)
        known = by_key.setdefault(key, row)
        by_key[key] = {name: row[name] if value is None else value for name, value in known.items()}
    if not by_key:
        return
    statement = insert(tx, table)
    open_ = [column.name for column in table.columns if column.nullable]
    filled = {name: func.coalesce(table.c[name], statement.excluded[name]) for name in open_}
    news = [and_(table.c[name].is_(None), statement.excluded[name].is_not(None)) for name in open_]
    statement = statement.on_conflict_do_update(index_elements=_KEY, set_=filled, where=or_(*news))
    tx.execute(statement, [by_key[key] for key in sorted(by_key)])
