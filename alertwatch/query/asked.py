"""Questions within a transaction: the tables that `alertwatch.query.questions` and the command line give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sqlalchemy import Connection

from alertwatch.alert import LightCurve, Survey
from alertwatch.filter import Criterion
from alertwatch.query.fields import CRITERIA, LIGHT_CURVE, MATCHES
from alertwatch.query.frames import Row, frame, framed, joined
from alertwatch.query.images import Images
from alertwatch.query.selection import Selection
from alertwatch.store import cutouts as images
from alertwatch.store import labels, notes, queries, selected, tables, tags
from alertwatch.store.labels import Label
from alertwatch.store.notes import Note
from alertwatch.store.queries import StoredVerdict

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
Key: TypeAlias = tuple[str, str]
Said: TypeAlias = tuple[Any, ...]  # labels, tags and notes, as the store gives them
AT_ONCE = 5_000
"""Matches that are in memory at a time, where they are written one after the other."""

_NO_CRITERION: Row = (None,) * 7
_SAID = ("labels", "tags", "notes")
_NOTHING: Said = ((), (), ())
_UNSAID = (None, None, None)
_STORED = [field.name for field in MATCHES if field.name in tables.matches.c]


def records(tx: Connection, selection: Selection, *, criteria: bool = False) -> Iterator[dict[str, Any]]:
    """The matches that are selected, one after the other, by the names of `MATCHES`.

    ``labels``, ``tags`` and ``notes`` of the object are sequences of what the store gives, and ``criteria`` is
    what was stored; ``utc`` is missing, since ``mjd`` says it.
    """
    names = [*_STORED, "criteria"] if criteria else _STORED
    for columns, said in _pages(tx, selection, names):
        keys = _keys(columns)
        for key, row in zip(keys, zip(*columns.values(), strict=True), strict=True):
            yield dict(zip((*names, *_SAID), (*row, *said.get(key, _NOTHING)), strict=True))


def matches(tx: Connection, selection: Selection) -> pd.DataFrame:
    """The matches that are selected, with the columns of `MATCHES`."""
    made = [_frame(columns, said) for columns, said in _pages(tx, selection, _STORED)]
    return joined(made or [frame([], MATCHES)])


def frames(found: Iterable[dict[str, Any]]) -> Iterator[pd.DataFrame]:
    """`records` as tables of at most `AT_ONCE` rows; an empty one, where there are none."""
    some = False
    for part in parts(found):
        some = True
        columns = {name: [record[name] for record in part] for name in (*_STORED, *_SAID)}
        said = zip(*(columns.pop(name) for name in _SAID), strict=True)
        yield _frame(columns, dict(zip(_keys(columns), said, strict=True)))
    if not some:
        yield frame([], MATCHES)


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


def parts(rows: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most `AT_ONCE`, none of them empty."""
    left = iter(rows)
    while part := list(islice(left, AT_ONCE)):
        yield part


def _pages(
    tx: Connection, selection: Selection, names: Sequence[str]
) -> Iterator[tuple[Mapping[str, Sequence[Any]], Mapping[Key, Said]]]:
    """Stored columns by name, and what people said of their objects; column by column, which is far quicker."""
    columns = [tables.matches.c[name].label(f"{name}_") for name in names]
    for rows in parts(selected.rows(tx, selection, *columns)):
        found = dict(zip(names, zip(*rows, strict=True), strict=False))  # a region's columns may be behind
        keys = set(_keys(found))
        what = [module.of(tx, keys) for module in (labels, tags, notes)]
        yield found, {key: tuple(of.get(key, ()) for of in what) for key in set().union(*what)}


def _keys(columns: Mapping[str, Sequence[Any]]) -> list[Key]:
    return list(zip(columns["survey"], columns["object_id"], strict=True))


def _frame(columns: Mapping[str, Sequence[Any]], said: Mapping[Key, Said]) -> pd.DataFrame:
    words = {key: _in_words(*what) for key, what in said.items()}
    told = zip(*(words.get(key, _UNSAID) for key in _keys(columns)), strict=True)
    known = {**columns, **dict(zip(_SAID, told, strict=True)), "utc": columns["mjd"]}
    return framed([known[field.name] for field in MATCHES], MATCHES)


def _in_words(said: Sequence[Label], tagged: Sequence[str], noted: Sequence[Note]) -> tuple[str | None, ...]:
    return (
        "; ".join(label.label for label in said) or None,
        "; ".join(tagged) or None,
        "; ".join(f"{note.text} ({note.by})" for note in noted) or None,
    )


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
