"""A survey as its light curves know it: visits, nights lost to weather, seasons, moonlight, depth.

`visits` answers when a position was looked at and how deep; everything follows from the survey's seed, so
all objects of one night share its weather.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator import sky

Floats = NDArray[np.float64]

LUNATION = 29.530588
FULL_MOON = 51564.2  # MJD of a full moon (2000 January 21)
SIDEREAL = 1.00273790935
SUN_LIMIT = math.cos(math.radians(65.0))


class Visits(NamedTuple):
    """Exposures of one position in time order. ``band``: index in "ugrizy"; ``limit``: 5-sigma mag, AB."""

    mjd: Floats
    band: NDArray[np.int64]
    limit: Floats

    def __add__(self, other: Visits) -> Visits:  # type: ignore[override]
        """Both together, in time order."""
        mjd = np.concatenate([self.mjd, other.mjd])
        band, limit = np.concatenate([self.band, other.band]), np.concatenate([self.limit, other.limit])
        order = np.argsort(mjd, kind="stable")
        return Visits(mjd[order], band[order], limit[order])

    def only(self, keep: NDArray[np.bool_]) -> Visits:
        """Those that a mask keeps."""
        return Visits(self.mjd[keep], self.band[keep], self.limit[keep])


@dataclass(frozen=True)
class Survey:
    """A telescope and how it works. Night hours are UT on the date that names the night."""

    name: str
    longitude: float
    dec: tuple[float, float]
    night_hours: tuple[float, float]
    bands: tuple[int, ...]
    depth: dict[int, float]
    revisit: tuple[int, int]
    lost: float

    def observable(self, ra: float, dec: float, night: int) -> bool:
        """Within the declinations reached, and far from the sun."""
        if not self.dec[0] <= dec <= self.dec[1]:
            return False
        return bool(sky.sun_vector(night) @ sky.vector(ra, dec) < SUN_LIMIT)

    def times(self, ra: float, nights: NDArray[np.int64]) -> Floats:
        """When a field is looked at in each night, MJD: at its transit, or as near to it as possible."""
        sidereal = (280.46061837 + 360.985647366 * (nights - 51544.5) + self.longitude) % 360.0
        transit = ((ra - sidereal) % 360.0) / 360.0 / SIDEREAL * 24.0
        start, end = self.night_hours
        late = (transit - start) % 24.0
        hours = np.where(late < 12 + (end - start) / 2, np.minimum(late, end - start), 0.0)
        return nights + (start + hours) / 24.0

    def limit(self, mjd: Floats, band: NDArray[np.int64], rng: np.random.Generator) -> Floats:
        """Depth under the moon of the date and the seeing of the moment."""
        moon = 0.5 + 0.5 * np.cos(2 * math.pi * (mjd - FULL_MOON) / LUNATION)
        depth = np.array([self.depth[int(b)] for b in band])
        return depth - 0.7 * moon**2 - np.abs(rng.normal(0, 0.25, len(mjd)))


ZTF = Survey(
    name="ztf",
    longitude=-116.86,
    dec=(-28.0, 85.0),
    night_hours=(2.5, 12.6),
    bands=(1, 2),
    depth={1: 20.8, 2: 20.6},
    revisit=(2, 3),
    lost=0.22,
)
RUBIN = Survey(
    name="lsst",
    longitude=-70.75,
    dec=(-75.0, 10.0),
    night_hours=(0.8, 9.6),
    bands=(1, 2, 3, 4),
    depth={1: 24.6, 2: 24.3, 3: 23.8, 4: 23.2},
    revisit=(3, 5),
    lost=0.18,
)


@lru_cache(maxsize=8)
def lost_nights(survey: str, seed: int, last: int, share: float, days: int = 2000) -> frozenset[int]:
    """Nights without data before ``last``: bad weather comes in spells of some three nights.

    The five nights before the simulated one are clear, else there would be nothing recent to follow.
    """
    rng = np.random.default_rng([seed, last, len(survey)])
    lost: set[int] = set()
    while len(lost) < share * days:
        start, length = last - 1 - int(rng.integers(days)), 1 + int(rng.geometric(0.4))
        lost.update(night for night in range(start, start + length) if night < last - 5)
    return frozenset(lost)


def tonight(survey: Survey, ra: float, night: int, rng: np.random.Generator) -> Visits:
    """The visits of the simulated night itself: two bands, half an hour to an hour and a half apart."""
    pair = rng.permutation(survey.bands)[:2]
    first = float(survey.times(ra, np.array([night]))[0]) + rng.uniform(-0.4, 0.4) / 24.0
    mjd = np.array([first, first + rng.uniform(0.6, 1.5) / 24.0])
    return Visits(mjd, pair.astype(np.int64), survey.limit(mjd, pair, rng))


def history(
    survey: Survey, ra: float, dec: float, *, night: int, days: int, seed: int, rng: np.random.Generator
) -> Visits:
    """Earlier visits: every two to three nights (Rubin: three to five), less weather and the sun's season."""
    lost = lost_nights(survey.name, seed, night, survey.lost)
    period = int(rng.integers(survey.revisit[0], survey.revisit[1] + 1))
    nights = np.array([n for n in range(night - period, night - days, -period) if n not in lost][::-1])
    seen = nights[
        (sky.sun_vectors(nights) @ sky.vector(ra, dec) < SUN_LIMIT) & (rng.random(len(nights)) > 0.08)
    ]
    if not len(seen):
        return Visits(np.empty(0), np.empty(0, dtype=np.int64), np.empty(0))
    return _pairs(survey, ra, seen, rng)


def _pairs(survey: Survey, ra: float, nights: NDArray[np.int64], rng: np.random.Generator) -> Visits:
    """Two visits in two bands on each night."""
    first = survey.times(ra, nights) + rng.uniform(-0.4, 0.4, len(nights)) / 24.0
    second = first + rng.uniform(0.6, 1.5, len(nights)) / 24.0
    start = rng.integers(len(survey.bands), size=len(nights))
    step = rng.integers(1, len(survey.bands), size=len(nights))
    bands = np.array(survey.bands)
    mjd = np.stack([first, second], axis=1).ravel()
    band = np.stack([bands[start], bands[(start + step) % len(bands)]], axis=1).ravel()
    return Visits(mjd, band, survey.limit(mjd, band, rng))
