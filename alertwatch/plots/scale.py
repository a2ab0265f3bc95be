"""Which part of the values a light curve shows, and in which unit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median, quantiles

from alertwatch.plots.points import Point, Points

FAR = 4.0  # magnitudes from the median that are off any scale while there are few points
LONGEST_BAR = 0.5  # mag; of the latest detection's error bar, at most so much is sure to be on the scale
FLUX_UNITS = (("mJy", 1e6, 1e7), ("µJy", 1e3, 1e4))  # what it is in nJy, and from which flux on it is used


def flux_unit(found: Iterable[Point]) -> tuple[str, float]:
    """The unit in which fluxes read well, and what it is in nJy."""
    largest = max((abs(p.value) for p in found), default=0.0)
    return next(((name, size) for name, size, least in FLUX_UNITS if largest >= least), ("nJy", 1.0))


def magnitude_range(found: Points) -> tuple[float, float]:
    """Faintest and brightest magnitude that are shown: one wild point, or shallow limits, flatten nothing."""
    mags = [m for part in (found.seen, found.forced) if part for m in _usual([p.value for p in part])]
    telling = min(mags, default=-math.inf)  # a limit brighter than every detection tells nothing
    mags += _usual([p.value for p in found.limits if p.value >= telling])
    if found.seen:
        last, bar = found.seen[-1].value, min(LONGEST_BAR, found.seen[-1].error)
        mags += [last - bar, last + bar, max(mags) + min(0.2, max(p.error for p in found.seen))]
    mags += [mag for _, mag in found.reference]
    bright, faint = min(mags, default=18.0), max(mags, default=21.0)
    room = max(0.12 * (faint - bright), 0.25)
    return faint + room, bright - room


def flux_range(found: Points) -> tuple[float, float]:
    """Lowest and highest flux [nJy] that are shown; zero is among them, for a flux is read against it."""
    seen = [p.value for p in (*found.seen, *found.forced)] or [p.value for p in found.limits]
    fluxes = [0.0, *_within(seen, least=0.0)]
    if found.seen:
        last = found.seen[-1]
        fluxes += [last.value - last.error, last.value + last.error]
    low, high = min(fluxes), max(fluxes)
    room = 0.12 * (high - low) or 1.0
    return low - room, high + room


def off_scale(found: Points, limits: tuple[float, float]) -> int:
    """How many measurements (limits are none) lie outside of what is shown."""
    low, high = sorted(limits)
    return sum(not low <= p.value <= high for p in (*found.seen, *found.forced))


def _usual(mags: Sequence[float]) -> list[float]:
    if len(mags) < 5:
        near = [m for m in mags if abs(m - median(mags)) <= FAR]
        return near or list(mags)  # two that are far apart: nobody knows which of them is wild
    return _within(mags, least=0.3)


def _within(values: Sequence[float], least: float) -> list[float]:
    """Values not further from the middle half than three times its width (at least ``least``)."""
    if len(values) < 5:
        return list(values)
    low, _, high = quantiles(values, n=4)
    reach = 3 * max(high - low, least)
    return [v for v in values if low - reach <= v <= high + reach]
