"""Light curves: one row per measurement of an object, told by any number of alerts and answers.

What is known of a measurement stays as it was first told; what was unknown is filled in later. So the order in
which alerts come, and their repetition, make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from math import isfinite
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection, Table, and_, func, or_
from sqlalchemy.dialects.sqlite import Insert

from alertwatch.alert import Alert, Detection, ForcedPhotometry, NonDetection
from alertwatch.store import tables
from alertwatch.store.upsert import insert_for

_KEY = ("survey", "object_id", "epoch")

Measured = Detection | NonDetection | ForcedPhotometry
Row = dict[str, Any]


def save(tx: Connection, alerts: Sequence[Alert]) -> None:
    """Store the light curves that these alerts carry."""
    _fill_in(tx, tables.detections, (_row(a, d) for a in alerts for d in a.detections))
    _fill_in(tx, tables.non_detections, (_row(a, n) for a in alerts for n in a.non_detections))
    _fill_in(tx, tables.forced_photometry, (_row(a, f) for a in alerts for f in a.forced_photometry))


def _row(alert: Alert, measured: Measured) -> Row:
    row = asdict(measured)
    for name, value in row.items():
        if value.__class__ is float and not isfinite(value):
            row[name] = None
    row["survey"], row["object_id"], row["epoch"] = str(alert.survey), alert.object_id, _epoch(measured)
    return row


def _epoch(measured: Measured) -> str:
    """What tells one measurement of an object from another: its alert, else band and time to a second."""
    return getattr(measured, "alert_id", None) or f"{measured.band}@{measured.mjd:.5f}"


def _merged(rows: Iterable[Row], required: Sequence[str]) -> list[Row]:
    """One row per measurement, in the order of their keys: of several, what each of them knows."""
    by_key: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if None in [row[name] for name in required]:
            continue  # a NaN for a time or a limit measures nothing
        known = by_key.setdefault((row["survey"], row["object_id"], row["epoch"]), row)
        if known is not row:
            known.update({name: value for name, value in row.items() if known[name] is None})
    return [by_key[key] for key in sorted(by_key)]


def _fill_in(tx: Connection, table: Table, rows: Iterable[Row]) -> None:
    merged = _merged(rows, [column.name for column in table.columns if not column.nullable])
    if merged:
        tx.execute(_filling_in(tx.dialect.name, table), merged)


@cache
def _filling_in(dialect: str, table: Table) -> Insert:
    """An upsert that sets what was null; made once, since making it takes as long as storing ten rows."""
    statement = insert_for(dialect, table)
    open_ = [column.name for column in table.columns if column.nullable]
    filled = {name: func.coalesce(table.c[name], statement.excluded[name]) for name in open_}
    news = [and_(table.c[name].is_(None), statement.excluded[name].is_not(None)) for name in open_]
    return statement.on_conflict_do_update(index_elements=_KEY, set_=filled, where=or_(*news))
