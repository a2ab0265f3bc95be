"""Regions of the sky as SQL: an index finds the neighbourhood, the exact answer is given row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, Select, TextClause, cast, func, select, text, true
from sqlalchemy.sql.util import ClauseAdapter

from alertwatch import sky
from alertwatch.query.selection import Selection
from alertwatch.store import healpix, tables

_RANGES_OF_A_MOC = 200  # more would be finer, and longer to plan
_SMALL = 0.002  # of the sky, 80 square degrees: within it there is less than in most other selections
match = tables.matches.c


class Region:
    """The cone and the MOC of a selection: a neighbourhood that an index finds, then the exact answer."""

    def __init__(self, selection: Selection) -> None:
        self._cone, self._moc = selection.cone, selection.moc
        self._ranges: list[list[healpix.Range]] = []
        if self._cone is not None:
            self._towards = sky.unit_vector(self._cone.ra, self._cone.dec)
            self._ranges.append(healpix.ranges(*self._cone))
        if self._moc is not None:
            self._ranges.append(self._moc.covering(_RANGES_OF_A_MOC))
        self.asks = bool(self._ranges)
        self._smallest = min(self._ranges, key=_area, default=[])
        self.is_small = self.asks and _area(self._smallest) < _SMALL
        self.needs = [c.label(f"{c.name}_of_region") for c in (match.ra, match.dec, match.healpix)]

    def neighbourhood(self) -> Iterator[TextClause]:
        """What every match inside meets, and few others."""
        return (_within(ranges) for ranges in self._ranges)

    def piece_by_piece(self, query: Select[Any]) -> Select[Any]:
        """The query, range after range: of an OR PostgreSQL fetches every row, though the index holds all."""
        firsts, lasts = (cast([ends[i] for ends in self._smallest], ARRAY(BigInteger)) for i in (0, 1))
        piece = func.unnest(firsts, lasts).table_valued("first", "last", name="piece").render_derived()
        within = match.healpix.between(piece.c.first, piece.c.last)
        near = select(tables.matches).where(within).correlate(piece).offset(0).lateral()  # planned by itself
        return ClauseAdapter(select(near).select_from(piece.join(near, true())).subquery()).traverse(query)

    def holds(self, row: Row[Any]) -> bool:
        """Whether a match is inside, by its last columns: those that this ``needs``."""
        ra, dec, pixel = tuple(row)[-3:]
        if self._cone is not None and sky.angle(self._towards, sky.unit_vector(ra, dec)) > self._cone.radius:
            return False
        return self._moc is None or self._moc.holds(pixel)


def _area(ranges: list[healpix.Range]) -> float:
    """The share of the sky."""
    return sum(last - first + 1 for first, last in ranges) / float(12 * 4**healpix.LEVEL)


def _within(ranges: list[healpix.Range]) -> TextClause:
    """Numbers in a line: as expressions, hundreds of them take longer to put together than to answer."""
    written = (f"{match.healpix} BETWEEN {first} AND {last}" for first, last in ranges)
    return text(f"({' OR '.join(written) or 'false'})")
