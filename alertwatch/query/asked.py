"""Questions within a transaction: the tables that `alertwatch.query.questions` and the command line give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, func, select

from alertwatch.alert import LightCurve, Survey
from alertwatch.filter import Criterion
from alertwatch.query.fields import CRITERIA, LIGHT_CURVE, MATCHES
from alertwatch.query.frames import Row, frame
from alertwatch.query.images import Images
from alertwatch.query.selection import Selection
from alertwatch.store import cutouts as images
from alertwatch.store import queries, selected, tables
from alertwatch.store.queries import StoredVerdict

if TYPE_CHECKING:
    import pandas as pd

_NO_CRITERION: Row = (None,) * 7


def matches(tx: Connection, selection: Selection) -> pd.DataFrame:
    """The matches that are selected, with the columns of `MATCHES`."""
    columns: dict[str, ColumnElement[Any]] = {c.name: c for c in tables.matches.c}
    columns |= {"utc": tables.matches.c.mjd, "labels": _labels()}
    chosen = [columns[field.name].label(f"{field.name}_") for field in MATCHES]
    rows = [tuple(row)[: len(MATCHES)] for row in selected.rows(tx, selection, *chosen)]
    return frame(rows, MATCHES)


def light_curve(tx: Connection, object_id: str, survey: str | None = None) -> pd.DataFrame:
    """All three parts of an object's light curve by time, with the columns of `LIGHT_CURVE`."""
    rows: list[Row] = []
    for one in Survey if survey is None else (survey,):
        rows += _measurements(object_id, str(one), queries.light_curve(tx, str(one), object_id))
    place = [field.name for field in LIGHT_CURVE].index("mjd")
    return frame(sorted(rows, key=lambda row: float(row[place])), LIGHT_CURVE)


def explain(tx: Connection, object_id: str, survey: str | None = None) -> pd.DataFrame:
    """The criteria of an object's verdicts, with the columns of `CRITERIA`."""
    verdicts = queries.verdicts_of(tx, survey, object_id)
    return frame([row for verdict in verdicts for row in _criteria(verdict)], CRITERIA)


def cutouts(tx: Connection, object_id: str, alert_id: str | None, survey: str | None = None) -> Images | None:
    """The images of an alert; of the one stored last, where none is named. ``None``: none."""
    for one in Survey if survey is None else (survey,):
        if found := images.load(tx, str(one), object_id, alert_id):
            return Images.of(object_id, str(one), *found)
    return None


def _labels() -> ColumnElement[Any]:
    said, match = tables.labels.c, tables.matches.c
    own = (said.object_id == match.object_id, said.survey == match.survey)
    return select(func.aggregate_strings(said.label, "; ")).where(*own).scalar_subquery()


def _measurements(object_id: str, survey: str, curve: LightCurve) -> Iterator[Row]:
    parts = {
        "detection": curve.detections,
        "non_detection": curve.non_detections,
        "forced": curve.forced_photometry,
    }
    for kind, measured in parts.items():
        known = {"object_id": object_id, "survey": survey, "kind": kind}
        for one in measured:
            yield [
                known[f.name] if f.name in known else getattr(one, "mjd" if f.name == "utc" else f.name, None)
                for f in LIGHT_CURVE
            ]


def _criteria(verdict: StoredVerdict) -> Iterator[Row]:
    before = (verdict.object_id, verdict.survey, verdict.filter, str(verdict.result), verdict.grade)
    after = (verdict.alert_id, verdict.stream, verdict.judged_at, verdict.parameters_hash)
    for told in [_told(one) for one in verdict.criteria] or [_NO_CRITERION]:
        yield (*before, verdict.mjd, verdict.mjd, *told, *after)


def _told(one: Criterion) -> Row:
    return one.name, str(one.outcome), one.value, one.threshold, one.unit, one.required, one.note
