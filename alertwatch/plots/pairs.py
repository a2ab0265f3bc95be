"""Colours from measurements that were not taken at the same time: pairs of two bands, the nearest in time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import TypeVar

from alertwatch.alert import LightCurve
from alertwatch.plots.points import Kind, Point, points

WINDOW_DAYS = 0.5
"""How far apart the two measurements of a colour may be: half a day, so that they are of the same night."""


@dataclass(frozen=True)
class Colour:
    """First minus second band [mag], its error, the second band's magnitude, and the mean time [MJD UTC]."""

    mjd: float
    value: float
    error: float
    mag: float
    e_mag: float


def colours(
    curve: LightCurve, first: str, second: str, *, kind: Kind = "difference", window: float = WINDOW_DAYS
) -> list[Colour]:
    """The colours of an object, by time: pairs that are each other's nearest, at most ``window`` days apart.

    Doubtful measurements (negative, dubious, another source's) have no colour. No extinction is taken off.
    """
    sure = [p for p in points(curve, kind).seen if not p.doubtful]
    blue, red = ([p for p in sure if p.band == band] for band in (first, second))
    return [_colour(one, other) for one, other in nearest(blue, red, window)]


T = TypeVar("T", Point, Colour)


def nearest(some: Sequence[T], others: Sequence[T], window: float) -> list[tuple[T, T]]:
    """Pairs that are each other's nearest in time and at most ``window`` days apart; both are by time."""
    pairs = []
    for one in some:
        other = _nearest(one, others)
        if other is not None and abs(other.mjd - one.mjd) <= window and _nearest(other, some) is one:
            pairs.append((one, other))
    return pairs


def _nearest(one: T, others: Sequence[T]) -> T | None:
    place = bisect_left(others, one.mjd, key=lambda p: p.mjd)
    around = others[max(place - 1, 0) : place + 1]
    return min(around, key=lambda p: abs(p.mjd - one.mjd), default=None)


def _colour(one: Point, other: Point) -> Colour:
    error = hypot(one.error, other.error) if one.error and other.error else 0.0
    return Colour((one.mjd + other.mjd) / 2, one.value - other.value, error, other.value, other.error)
