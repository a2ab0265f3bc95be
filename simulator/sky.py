"""Where sources lie on the sky: the sun, and how each kind of source is spread. Angles in degrees, ICRS."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from alertwatch.sky import ECLIPTIC, GALACTIC, galactic

TO_GALACTIC, TO_ECLIPTIC = np.array(GALACTIC), np.array(ECLIPTIC)


def vector(lon: float, lat: float) -> NDArray[np.float64]:
    """Unit vector of a position."""
    x, y = math.radians(lon), math.radians(lat)
    return np.array([math.cos(x) * math.cos(y), math.sin(x) * math.cos(y), math.sin(y)])


def angles(v: NDArray[np.float64]) -> tuple[float, float]:
    """Longitude (0…360) and latitude of a vector."""
    x, y, z = (float(c) for c in v)
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def sun_vectors(mjd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Directions to the sun, to a degree: shape (n, 3)."""
    longitude = np.radians(280.46 + 0.9856474 * (mjd - 51544.5))
    ecliptic_plane = np.stack([np.cos(longitude), np.sin(longitude), np.zeros_like(longitude)], axis=-1)
    return np.asarray(ecliptic_plane @ TO_ECLIPTIC)


@lru_cache(maxsize=8)
def sun_vector(night: int) -> NDArray[np.float64]:
    """Direction to the sun at the beginning of a night."""
    return sun_vectors(np.array(night))


def anywhere(rng: np.random.Generator) -> tuple[float, float]:
    """Uniform on the sphere."""
    return float(rng.uniform(0, 360)), math.degrees(math.asin(rng.uniform(-1, 1)))


def away_from_plane(rng: np.random.Generator) -> tuple[float, float]:
    """Where bright galaxies are seen: thinned by the Galaxy's dust towards its plane."""
    while True:
        ra, dec = anywhere(rng)
        if rng.random() < 1 - math.exp(-abs(galactic(ra, dec)[1]) / 8.0):
            return ra, dec


def near_plane(rng: np.random.Generator, scale: float = 15.0) -> tuple[float, float]:
    """Stars: galactic latitude falls off exponentially over ``scale``, longitude leans to the bulge."""
    b = rng.laplace(0.0, scale)
    while abs(b) > 89:
        b = rng.laplace(0.0, scale)
    longitude = rng.normal(0, 60) if rng.random() < 0.3 else rng.uniform(0, 360)
    return angles(TO_GALACTIC.T @ vector(longitude, b))


def near_ecliptic(rng: np.random.Generator, opposition: float) -> tuple[float, float]:
    """Asteroids: within some 8 deg of the ecliptic, the more the nearer to opposition (a longitude)."""
    return angles(TO_ECLIPTIC.T @ vector(opposition + rng.normal(0, 50), rng.normal(0, 8)))


def extinction(b: float) -> float:
    """A_g of a plane-parallel dust layer, mag: 0.12 at the poles, 0.7 at b = 10, 7 at b = 1."""
    return min(20.0, 0.12 / max(math.sin(math.radians(abs(b))), 1e-3))
