"""A `Selection` as SQL, and what SQL cannot tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, Select, UnaryExpression, func, or_, select
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import replacement_traverse

from alertwatch import taxonomy
from alertwatch.query.selection import Order, Selection
from alertwatch.store import healpix, tables
from alertwatch.store.listed import one_of

_RANGES_OF_A_MOC = 200  # more would be finer, and longer to plan
_SMALL = 0.002  # of the sky, 80 square degrees: within it there is less than in most other selections
_PLUS = custom_op[Any]("+")
match, label = tables.matches.c, tables.labels.c
_ORDER: dict[Order, tuple[ColumnElement[Any], ...]] = {
    Order.NEWEST: (match.mjd.desc().nulls_last(), match.id.desc()),
    Order.OLDEST: (match.mjd.asc().nulls_last(), match.id.asc()),
    Order.BRIGHTEST: (match.mag.asc().nulls_last(), match.id.desc()),
    Order.PROBABILITY: (match.probability.desc().nulls_last(), match.id.desc()),
}


def rows(tx: Connection, selection: Selection, *columns: ColumnElement[Any]) -> Iterator[Row[Any]]:
    """These columns of the matches that are selected, in order; there may be more behind them.

    An index finds the neighbourhood of a region; whether a position is inside is decided row by row.
    """
    inside = _Inside(selection)
    query = select(*columns)
    aside = _aside if inside.is_small and tx.dialect.name == "sqlite" else _as_it_is
    query = query.where(*(aside(condition) for condition in _conditions(tx, selection)))
    query = query.order_by(*(aside(column) for column in _ORDER[selection.order]))
    if not inside.asks:
        yield from tx.execute(query.limit(selection.limit)).all()  # faster than one by one
        return
    query = query.where(*inside.neighbourhood()).add_columns(*inside.needs)
    left = selection.limit
    for row in tx.execute(query):
        if left == 0:
            return
        if inside.holds(row):
            left = None if left is None else left - 1
            yield row


def _aside(asked: ColumnElement[Any]) -> ColumnElement[Any]:
    """What is asked, with columns that SQLite would otherwise look up before a small region.

    Without statistics it takes any equality, or an index in the right order, for better than ranges.
    """

    def plus(element: Any, **_: Any) -> Any:
        known = element is match.filter or element is match.mjd
        return UnaryExpression(element, operator=_PLUS) if known else None

    return cast("ColumnElement[Any]", replacement_traverse(asked, {}, plus))


def _as_it_is(asked: ColumnElement[Any]) -> ColumnElement[Any]:
    return asked


def _conditions(tx: Connection, wanted: Selection) -> list[ColumnElement[bool]]:
    asked: list[tuple[object, Any]] = [
        (wanted.filter, lambda: match.filter == wanted.filter),
        (wanted.survey, lambda: match.survey == wanted.survey),
        (wanted.class_name, lambda: _of_class(cast("str", wanted.class_name))),
        (wanted.min_probability, lambda: match.probability >= wanted.min_probability),
        (wanted.since, lambda: match.mjd >= wanted.since),
        (wanted.until, lambda: match.mjd < wanted.until),
        (wanted.brighter, lambda: match.mag < wanted.brighter),
        (wanted.fainter, lambda: match.mag > wanted.fainter),
        (wanted.objects, lambda: one_of(tx, match.object_id, wanted.objects or ())),
        (wanted.numbers, lambda: match.id.in_(wanted.numbers or ())),
        (wanted.label, lambda: _said_to_be(cast("str", wanted.label))),
    ]
    return [condition() for value, condition in asked if value is not None]


def _of_class(name: str) -> ColumnElement[bool]:
    return func.lower(match.class_name).in_(sorted(taxonomy.spellings(name)))


def _said_to_be(word: str) -> ColumnElement[bool]:
    said: Select[Any] = select(label.id).where(
        label.object_id == match.object_id,
        label.survey == match.survey,
        func.lower(label.label) == word.lower(),
    )
    return said.exists()


class _Inside:
    """The regions of a selection: a neighbourhood that an index finds, then the exact answer."""

    def __init__(self, selection: Selection) -> None:
        self._cone, self._moc = selection.cone, selection.moc
        self._ranges = [] if self._cone is None else [healpix.ranges(*self._cone)]
        if self._moc is not None:
            self._ranges.append(self._moc.covering(_RANGES_OF_A_MOC))
        self.asks = bool(self._ranges)
        self.is_small = any(_area(ranges) < _SMALL for ranges in self._ranges)
        self.needs = [c.label(f"{c.name}_of_region") for c in (match.ra, match.dec, match.healpix)]

    def neighbourhood(self) -> Iterator[ColumnElement[bool]]:
        return (_within(ranges) for ranges in self._ranges)

    def holds(self, row: Row[Any]) -> bool:
        ra, dec, pixel = tuple(row)[-3:]
        if self._cone is not None and not self._cone.holds(ra, dec):
            return False
        return self._moc is None or self._moc.holds(pixel)


def _area(ranges: list[tuple[int, int]]) -> float:
    """The share of the sky."""
    return sum(last - first + 1 for first, last in ranges) / float(12 * 4**healpix.LEVEL)


def _within(ranges: list[tuple[int, int]]) -> ColumnElement[bool]:
    return or_(False, *(match.healpix.between(first, last) for first, last in ranges))
