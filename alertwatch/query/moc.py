"""Regions of any shape: Multi-Order Coverage maps (IVOA MOC 2.0), in space and in ICRS.

Read here, since all that is asked of one is whether it holds a HEALPix integer; mocpy would be a large guest.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from pathlib import Path
from typing import Any

from alertwatch.store.healpix import LEVEL, Range, merged

_NOT_ASCII = 'is no MOC; give a FITS, JSON or ASCII file, or text like "3/1-3 4/20"'


@dataclass(frozen=True)
class Moc:
    """A region: sorted ranges (first, last) of HEALPix integers of level 29, nested, that do not touch."""

    ranges: tuple[Range, ...]

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> Moc:
        """From ranges in any order, which may overlap."""
        return cls(tuple(merged(ranges)))

    def holds(self, pixel: int) -> bool:
        """Whether a HEALPix integer of level 29 is inside."""
        place = bisect_right(self.ranges, (pixel, 1 << 62)) - 1
        return place >= 0 and pixel <= self.ranges[place][1]

    def covering(self, most: int) -> list[Range]:
        """At most so many ranges that hold the region, and as little else as so few can."""
        if len(self.ranges) <= most:
            return list(self.ranges)
        gaps = ((after[0] - before[1], n) for n, (before, after) in enumerate(pairwise(self.ranges), start=1))
        cuts = sorted(n for _, n in nlargest(most - 1, gaps))
        pieces = zip((0, *cuts), (*cuts, len(self.ranges)), strict=True)
        return [(self.ranges[start][0], self.ranges[end - 1][1]) for start, end in pieces]


def read(file: Path) -> Moc:
    """The MOC in a FITS, JSON or ASCII file.

    Raises `ValueError` whose message goes after the file's name, `OSError` where it cannot be read.
    """
    content = file.read_bytes()
    if content.startswith(b"SIMPLE"):
        return _from_fits(file)
    try:
        return parse(content.decode())
    except UnicodeDecodeError:
        raise ValueError(_NOT_ASCII) from None


def parse(text: str) -> Moc:
    """A MOC written as ASCII (``3/1-3 4/20``) or JSON (``{"3": [1, 2, 3]}``); raises `ValueError` as `read`."""
    text = text.strip()
    try:
        cells = _json_cells(text) if text.startswith("{") else _ascii_cells(text)
        return Moc.of(_scaled(order, first, last) for order, first, last in cells)
    except (AttributeError, TypeError, ValueError):
        raise ValueError(_NOT_ASCII) from None


def _json_cells(text: str) -> list[tuple[int, int, int]]:
    found: dict[str, list[int]] = json.loads(text)
    return [(int(order), int(cell), int(cell)) for order, cells in found.items() for cell in cells]


def _ascii_cells(text: str) -> list[tuple[int, int, int]]:
    """Cells by order; an order without any says how fine the map is, and adds nothing."""
    if not re.fullmatch(r"s?\s*(\d+/|\d+(-\d+)?|[\s,])+", text) or "/" not in text:
        raise ValueError
    order, found = -1, []
    for word in re.findall(r"\d+/|\d+-\d+|\d+", text):
        if word.endswith("/"):
            order = int(word[:-1])
            continue
        first, _, last = word.partition("-")
        found.append((order, int(first), int(last or first)))
    return found


def _scaled(order: int, first: int, last: int) -> Range:
    if not (0 <= order <= LEVEL and 0 <= first <= last < 12 * 4**order):
        raise ValueError
    shift = 2 * (LEVEL - order)
    return first << shift, ((last + 1) << shift) - 1


def _from_fits(file: Path) -> Moc:
    from astropy.io import fits  # noqa: PLC0415 - slow to load, and few ask for it

    with fits.open(file) as units:
        table: Any = next((unit for unit in units if isinstance(unit, fits.BinTableHDU)), None)
        if table is None or "PROBDENSITY" in table.columns.names:
            kind = "an image" if table is None else "a map of probabilities"
            raise ValueError(f"holds {kind}, not a MOC; make one of its region first, e.g. with mocpy")
        if str(table.header.get("COORDSYS", "C")).strip() not in {"C", "ICRS"}:
            raise ValueError("is a MOC in other coordinates than ICRS; convert it first")
        numbers = [int(number) for number in table.data.field(0).ravel()]
        ordering = str(table.header.get("ORDERING", "NUNIQ")).strip()
    if ordering == "RANGE":
        return Moc.of((first, end - 1) for first, end in zip(numbers[::2], numbers[1::2], strict=True))
    if ordering == "NUNIQ":
        return Moc.of(map(_unique, numbers))
    raise ValueError(f"is ordered by {ordering}; MOCs in space are ordered by NUNIQ or RANGE")


def _unique(number: int) -> Range:
    """``4 · 4**order + cell`` → its range."""
    order = (number.bit_length() - 1) // 2 - 1
    return _scaled(order, number - 4 ** (order + 1), number - 4 ** (order + 1))
