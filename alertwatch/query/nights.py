"""Nights of a site: from local noon to local noon (mean solar time), named after the date of the evening."""

from __future__ import annotations

from datetime import date
from math import floor

from alertwatch import times

_LAST_NIGHT_FROM = 6 / 24
"""From this local time on, the night that ends is called *last night* [d after midnight]."""


def tonight(now: float, longitude: float) -> tuple[float, float]:
    """Noon to noon around ``now``: start and end, MJD UTC. ``longitude``: degrees, east positive."""
    east = longitude / 360
    noon = floor(now + east - 0.5) + 0.5 - east
    return noon, noon + 1.0


def last_night(now: float, longitude: float) -> tuple[float, float]:
    """The latest night whose 06:00 is past: at breakfast the one that ends, at dusk the one before."""
    return tonight(now - 0.5 - _LAST_NIGHT_FROM, longitude)


def evening_of(mjd: float, longitude: float) -> date:
    """The date of the evening on which the night that holds a moment begins at the site."""
    return times.to_datetime(floor(mjd - 0.5 + longitude / 360)).date()


def night_of(evening: date, longitude: float) -> tuple[float, float]:
    """The night that begins on the evening of a date at the site."""
    noon = times.from_date(evening) + 0.5 - longitude / 360
    return noon, noon + 1.0
