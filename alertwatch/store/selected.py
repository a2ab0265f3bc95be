"""A `Selection` as SQL, and what SQL cannot tell of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, UnaryExpression, and_, func, select
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import replacement_traverse

from alertwatch import taxonomy
from alertwatch.query.selection import Order, Selection
from alertwatch.store import tables
from alertwatch.store.listed import one_of
from alertwatch.store.regions import Region

_AT_ONCE = 1_000  # rows are fetched, since one by one takes longer
_FEW = 20_000  # matches that are quickly read and sorted
_PLUS = custom_op[Any]("+")
match, label, tag = tables.matches.c, tables.labels.c, tables.tags.c
_INDEXED = (match.filter, match.mjd, match.class_name, match.object_id)
_NARROW = {"since", "until", "objects", "numbers", "label", "tag"}
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
    region = Region(selection)
    conditions = _conditions(tx, selection)
    looked_up = _looked_up(tx, conditions, region)
    query = select(*columns).where(*(_aside(one, looked_up) for one in conditions.values()))
    if region.asks:
        query = query.order_by(*(_aside(column, looked_up) for column in _ORDER[selection.order]))
        yield from islice(_inside(tx, query, region, conditions), selection.limit)
        return
    left = selection.limit
    for part in _in_order(query, selection):
        for found in tx.execute(part.limit(left)).partitions(_AT_ONCE):
            left = None if left is None else left - len(found)
            yield from found
        if left == 0:
            return


def _inside(
    tx: Connection, query: Select[Any], region: Region, conditions: Collection[str]
) -> Iterator[Row[Any]]:
    query = query.add_columns(*region.needs)
    if region.is_small and tx.dialect.name == "postgresql" and not _NARROW & set(conditions):
        query = region.piece_by_piece(query)
    else:
        query = query.where(*region.neighbourhood())
    for found in tx.execute(query).partitions(_AT_ONCE):
        yield from filter(region.holds, found)


def _in_order(query: Select[Any], wanted: Selection) -> list[Select[Any]]:
    """The query; for the first by time in two parts, the second of those whose time is not known.

    PostgreSQL goes along an index of times only where it need not put the unknown last.
    """
    if wanted.limit is None or wanted.order not in {Order.NEWEST, Order.OLDEST}:
        return [query.order_by(*_ORDER[wanted.order])]
    newest, timed = wanted.order is Order.NEWEST, wanted.since is not None or wanted.until is not None
    time, number = (match.mjd.desc(), match.id.desc()) if newest else (match.mjd.asc(), match.id.asc())
    known, unknown = query.where(match.mjd.is_not(None)), query.where(match.mjd.is_(None))
    return [known.order_by(time, number), *([] if timed else [unknown.order_by(number)])]


def _looked_up(
    tx: Connection, conditions: Mapping[str, ColumnElement[bool]], region: Region
) -> Collection[ColumnElement[Any]]:
    """The columns that an index is looked up by; PostgreSQL knows by itself how common values are.

    SQLite does not. It takes any equality, or an index in the right order, for better than ranges, and would
    collect and sort a class of millions to find its newest.
    """
    time = [conditions[name] for name in ("since", "until") if name in conditions]
    if tx.dialect.name != "sqlite":
        return _INDEXED
    if "numbers" in conditions or region.is_small:
        return ()
    if {"objects", "label", "tag"} & conditions.keys():
        return (match.object_id, match.mjd)
    if region.asks and not (time and _are_few(tx, *time)):
        return ()
    if "class_name" in conditions and _are_few(tx, conditions["class_name"], *time):
        return (match.class_name, match.mjd)
    return (match.filter, match.mjd)


def _are_few(tx: Connection, *conditions: ColumnElement[bool]) -> bool:
    some = select(match.id).where(*conditions).limit(_FEW).subquery()
    return (tx.scalar(select(func.count()).select_from(some)) or 0) < _FEW


def _aside(asked: ColumnElement[Any], looked_up: Collection[ColumnElement[Any]]) -> ColumnElement[Any]:
    """What is asked, with a plus before other columns, so that SQLite looks for them in no index."""
    others = [one for one in _INDEXED if all(one is not column for column in looked_up)]

    def plus(element: Any, **_: Any) -> Any:
        return UnaryExpression(element, operator=_PLUS) if any(element is one for one in others) else None

    return replacement_traverse(asked, {}, plus) if others else asked


def _conditions(tx: Connection, wanted: Selection) -> dict[str, ColumnElement[bool]]:
    asked: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "filter": lambda value: match.filter == value,
        "survey": lambda value: match.survey == value,
        "class_name": lambda value: _of_class(tx, value),
        "min_probability": lambda value: match.probability >= value,
        "since": lambda value: match.mjd >= value,
        "until": lambda value: match.mjd < value,
        "brighter": lambda value: match.mag < value,
        "fainter": lambda value: match.mag > value,
        "objects": lambda value: one_of(tx, match.object_id, value),
        "numbers": lambda value: one_of(tx, match.id, value),
        "label": lambda value: _said(label.object_id, label.survey, label.label, value),
        "tag": lambda value: _said(tag.object_id, tag.survey, tag.tag, value),
    }
    given = {name: getattr(wanted, name) for name in asked}
    return {name: asked[name](value) for name, value in given.items() if value is not None}


def _of_class(tx: Connection, name: str) -> ColumnElement[bool]:
    """One of the classes that are stored, as classifiers spell them: what an index can find."""
    spelled = taxonomy.spellings(name)
    return match.class_name.in_([stored for stored in _classes(tx) if stored.lower() in spelled])


def _classes(tx: Connection) -> Iterator[str]:
    """The classes of all matches, one look into the index for each."""
    found = tx.scalar(select(func.min(match.class_name)))
    while found is not None:
        yield found
        found = tx.scalar(select(func.min(match.class_name)).where(match.class_name > found))


def _said(
    object_id: ColumnElement[Any], survey: ColumnElement[Any], words: ColumnElement[Any], word: str
) -> ColumnElement[bool]:
    """Two conditions: the first is what an index can find, the second tells surveys apart."""
    said = select(object_id).where(func.lower(words) == word.lower())
    own = said.where(object_id == match.object_id, survey == match.survey)
    return and_(match.object_id.in_(said), own.exists())
