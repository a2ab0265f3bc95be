"""What people ask of the database: matches, the verdicts on an object, its light curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Table, Text, cast, select

from alertwatch.alert import CrossMatch, Detection, ForcedPhotometry, LightCurve, NonDetection
from alertwatch.filter import FOLLOWED, Criterion, Result
from alertwatch.query.selection import EVERYTHING, Selection
from alertwatch.store import selected, tables
from alertwatch.store.listed import one_of


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a filter said of an alert. ``mjd`` is the alert's time, MJD UTC."""

    filter: str
    survey: str
    object_id: str
    alert_id: str
    stream: str
    mjd: float | None
    grade: str | None
    criteria: tuple[Criterion, ...]
    parameters_hash: str


_AT_ONCE = 10_000
_criteria = msgspec.json.Decoder(tuple[Criterion, ...]).decode
T = TypeVar("T", Detection, NonDetection, ForcedPhotometry)


@dataclass(frozen=True, kw_only=True)
class Match(Judgement):
    """A stored match: its class (with the classifier's probability), position [deg] and magnitude."""

    id: int
    class_name: str | None
    classifier: str | None
    probability: float | None
    ra: float | None
    dec: float | None
    band: str | None
    mag: float | None
    matched_at: float


@dataclass(frozen=True, kw_only=True)
class StoredVerdict(Judgement):
    """A stored verdict. ``judged_at``: seconds since 1970."""

    result: Result
    judged_at: float


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object that matched, as of its latest stored alert: position [deg], detections, neighbours."""

    ra: float | None
    dec: float | None
    first_mjd: float | None
    last_mjd: float | None
    n_det: int | None
    crossmatches: tuple[CrossMatch, ...] = ()


def matches(tx: Connection, selection: Selection = EVERYTHING) -> list[Match]:
    """The matches that are selected, in its order."""
    names = [name for name in Match.__dataclass_fields__ if name != "criteria"]
    rows = selected.rows(tx, selection, *(tables.matches.c[name] for name in names))
    found = [dict(zip(names, row, strict=False)) for row in rows]
    criteria = _criteria_of(tx, [row["id"] for row in found])
    return [Match(**row, criteria=criteria[row["id"]]) for row in found]


def _criteria_of(tx: Connection, numbers: Sequence[int]) -> dict[int, tuple[Criterion, ...]]:
    """The criteria of matches: most of a row, so they are read only of those that are found."""
    match = tables.matches.c
    found: dict[int, tuple[Criterion, ...]] = {}
    for some in (numbers[i : i + _AT_ONCE] for i in range(0, len(numbers), _AT_ONCE)):
        query = select(match.id, cast(match.criteria, Text)).where(one_of(tx, match.id, some))
        found |= {number: _criteria(written) for number, written in tx.execute(query)}
    return found


def verdicts_of(tx: Connection, survey: str | None, object_id: str) -> list[StoredVerdict]:
    """Every filter's verdict on an object, the newest alert first; ``survey`` ``None``: in all surveys."""
    columns = tables.verdicts.c
    names = [name for name in StoredVerdict.__dataclass_fields__ if name not in {"criteria", "result"}]
    query = select(*(columns[name] for name in names), columns.result, cast(columns.criteria, Text)).where(
        columns.object_id == object_id, columns.filter != FOLLOWED
    )
    if survey is not None:
        query = query.where(columns.survey == survey)
    query = query.order_by(columns.mjd.desc().nulls_last(), columns.filter, columns.id.desc())
    return [
        StoredVerdict(**dict(zip(names, row, strict=True)), result=Result(result), criteria=_criteria(written))
        for *row, result, written in tx.execute(query)
    ]


def light_curve(tx: Connection, survey: str, object_id: str) -> LightCurve:
    """The light curve of an object that matched once; empty for any other."""
    return LightCurve(
        _measured(tx, tables.detections, Detection, survey, object_id),
        _measured(tx, tables.non_detections, NonDetection, survey, object_id),
        _measured(tx, tables.forced_photometry, ForcedPhotometry, survey, object_id),
    )


def object_summary(tx: Connection, survey: str, object_id: str) -> StoredObject | None:
    """What is known of an object that matched once; ``None`` for any other."""
    columns = tables.objects.c
    query = select(*(columns[name] for name in StoredObject.__dataclass_fields__)).where(
        columns.survey == survey, columns.object_id == object_id
    )
    row = tx.execute(query).mappings().first()
    if row is None:
        return None
    return StoredObject(
        **{**row, "crossmatches": msgspec.convert(row["crossmatches"] or (), tuple[CrossMatch, ...])}
    )


def _measured(tx: Connection, table: Table, kind: type[T], survey: str, object_id: str) -> tuple[T, ...]:
    names = msgspec.structs.fields(kind)
    query = select(*(table.c[f.name] for f in names)).where(
        table.c.survey == survey, table.c.object_id == object_id
    )
    return tuple(kind(**row) for row in tx.execute(query.order_by(table.c.mjd, table.c.epoch)).mappings())
