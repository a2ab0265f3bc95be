"""Followed objects: those that matched for a subscription, whose later alerts are looked at as well.

A row stays when following has ended: with it, the source keeps its number. Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, or_, select, update

from alertwatch import sky
from alertwatch.facts import Facts
from alertwatch.store import healpix
from alertwatch.store.tables import followed as table
from alertwatch.store.upsert import finite, insert

Key = tuple[str, str]
"""Survey and object id."""

Place = tuple[float, float]
"""Right ascension and declination, degrees."""

_PLACES_AT_ONCE = 50  # a few ranges each: SQLite takes at most 1,000 that are joined by OR


@dataclass(frozen=True, kw_only=True)
class Followed:
    """An object that matched. ``filters``: name of each that did → when, for the last time.

    ``facts`` are the newest known; ``source_id`` is the same for all ids of one source on the sky
    (``None``: not looked at yet); ``ra`` and ``dec`` are degrees. Followed from ``since`` to ``until_at``.
    """

    survey: str
    object_id: str
    filters: Mapping[str, float]
    facts: Facts
    source_id: int | None = None
    ra: float | None
    dec: float | None
    since: float
    until_at: float

    @property
    def key(self) -> Key:
        """Survey and object id."""
        return self.survey, self.object_id

    def merged(self, other: Followed) -> Followed:
        """Both in one: all filters, the longer time, the newest facts; the position is the first known."""
        old, new = sorted((self.facts, other.facts), key=lambda facts: facts.mjd or 0.0)
        names = {*self.filters, *other.filters}
        last = {name: max(self.filters.get(name, 0.0), other.filters.get(name, 0.0)) for name in names}
        placed = other if self.ra is None else self
        return replace(
            self,
            filters=last,
            facts=new.over(old),
            ra=placed.ra,
            dec=placed.dec,
            since=min(self.since, other.since),
            until_at=max(self.until_at, other.until_at),
        )


_KEY = [table.c.survey, table.c.object_id]
_COLUMNS = [table.c[name] for name in Followed.__dataclass_fields__]


def add(tx: Connection, rows: Iterable[Followed]) -> None:
    """Follow these; one that is followed already gets the filters, the facts and the time that it lacks."""
    new: dict[Key, Followed] = {}
    for row in rows:
        new[row.key] = new[row.key].merged(row) if row.key in new else row
    if not new:
        return
    values = [_values(new[key]) for key in sorted(new)]  # one order for all processes: no deadlocks
    statement = insert(tx, table).on_conflict_do_nothing(index_elements=_KEY).returning(*_KEY)
    added = {tuple(key) for key in tx.execute(statement, values)}
    for key, old in _locked(tx, new.keys() - added).items():
        _update(tx, key, old.merged(new[key]))


def load(tx: Connection, until_at: float) -> dict[Key, dict[str, float]]:
    """The objects that are followed until then at least, each with its ``filters``."""
    query = select(table.c.survey, table.c.object_id, table.c.filters).where(table.c.until_at >= until_at)
    return {(survey, object_id): filters for survey, object_id, filters in tx.execute(query)}


def get(tx: Connection, keys: Collection[Key]) -> dict[Key, Followed]:
    """Those of ``keys`` that ever were followed."""
    return _found(tx, keys, _select())


def near(tx: Connection, places: Sequence[Place], radius_arcsec: float) -> list[list[Followed]]:
    """For each place (ra, dec) those within so small a circle, the nearest first."""
    found: list[list[Followed]] = []
    for some in (places[i : i + _PLACES_AT_ONCE] for i in range(0, len(places), _PLACES_AT_ONCE)):
        ranges = [one for ra, dec in some for one in healpix.around(ra, dec, radius_arcsec)]
        ranges += ranges[:1] * (2 ** (len(ranges) - 1).bit_length() - len(ranges))  # few different statements
        query = _select().where(or_(*(table.c.healpix.between(first, last) for first, last in ranges)))
        rows = _rows(tx, query)
        found += [_within(rows, place, radius_arcsec) for place in some]
    return found


def _within(rows: Iterable[Followed], place: Place, radius_arcsec: float) -> list[Followed]:
    distances = [
        (sky.separation(*place, row.ra, row.dec), row.key, row)
        for row in rows
        if row.ra is not None and row.dec is not None and 3600 * abs(row.dec - place[1]) <= radius_arcsec
    ]
    return [row for distance, _, row in sorted(distances, key=lambda d: d[:2]) if distance <= radius_arcsec]


def of_sources(tx: Connection, source_ids: Collection[int]) -> dict[int, list[Followed]]:
    """All ids of each source on the sky, the one followed first at first."""
    found: dict[int, list[Followed]] = {number: [] for number in source_ids}
    query = _select().where(table.c.source_id.in_(source_ids)).order_by(table.c.since, *_KEY)
    for row in _rows(tx, query) if source_ids else ():
        if row.source_id is not None:
            found[row.source_id].append(row)
    return found


def of_source(tx: Connection, source_id: int) -> list[Followed]:
    """The same of one source."""
    return of_sources(tx, [source_id])[source_id]


def set_sources(tx: Connection, numbers: Mapping[Key, int]) -> None:
    """Say to which source on the sky objects belong."""
    this = [column == bindparam(f"this_{column.name}") for column in _KEY]
    statement = update(table).where(*this).values(source_id=bindparam("number"))
    rows = [
        {"this_survey": survey, "this_object_id": object_id, "number": number}
        for (survey, object_id), number in sorted(numbers.items())
    ]
    if rows:
        tx.execute(statement, rows)


def _values(row: Followed) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in Followed.__dataclass_fields__}
    ra, dec = finite(row.ra), finite(row.dec)
    place = {"ra": ra, "dec": dec, "healpix": None if ra is None or dec is None else healpix.pixel(ra, dec)}
    return values | place | {"survey": str(row.survey), "facts": msgspec.to_builtins(row.facts)}


def _update(tx: Connection, key: Key, row: Followed) -> None:
    which = (table.c.survey == key[0], table.c.object_id == key[1])
    tx.execute(update(table).where(*which).values(_values(row)))


def _locked(tx: Connection, keys: Collection[Key]) -> dict[Key, Followed]:
    return _found(tx, keys, _select().order_by(*_KEY).with_for_update())


def _found(tx: Connection, keys: Collection[Key], query: Select[Any]) -> dict[Key, Followed]:
    if not keys:
        return {}
    rows = _rows(tx, query.where(table.c.object_id.in_({object_id for _, object_id in keys})))
    return {row.key: row for row in rows if row.key in keys}


def _select() -> Select[Any]:
    return select(*_COLUMNS)


def _rows(tx: Connection, query: Select[Any]) -> list[Followed]:
    found = tx.execute(query).mappings()
    return [Followed(**{**row, "facts": msgspec.convert(row["facts"], Facts)}) for row in found]
