"""The whole sky on an ellipse of equal areas: Mollweide's projection, RA to the left, 12 h in the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alertwatch.sky import ECLIPTIC, GALACTIC, Matrix

Floats = NDArray[np.float64]

CENTRE = 180.0  # degrees: the labels then run from 24 h on the left to 0 h on the right without a jump
PLANES = {"galactic plane": GALACTIC, "ecliptic": ECLIPTIC}
GALACTIC_CENTRE = (266.4050, -28.9362)
"""Sgr A*, degrees (ICRS)."""

DEC_DEGREES = (-60, -30, 0, 30, 60)


def project(ra: ArrayLike, dec: ArrayLike) -> tuple[Floats, Floats]:
    """Positions [deg] → x (−2 … 2, to the left with RA) and y (−1 … 1)."""
    longitude = np.radians((np.asarray(ra, dtype=float) - CENTRE + 180.0) % 360.0 - 180.0)
    latitude = np.radians(np.asarray(dec, dtype=float))
    theta = _theta(latitude)
    return -2.0 / np.pi * longitude * np.cos(theta), np.sin(theta)


def _theta(latitude: Floats) -> Floats:
    """The auxiliary angle: 2θ + sin 2θ = π sin(latitude), by Newton's steps; the poles are their own."""
    theta = latitude.copy()
    for _ in range(40):  # five are enough, but for the poles
        slope = 2.0 + 2.0 * np.cos(2.0 * theta)
        rest = 2.0 * theta + np.sin(2.0 * theta) - np.pi * np.sin(latitude)
        theta = np.clip(theta - rest / np.maximum(slope, 1e-9), -np.pi / 2, np.pi / 2)
        if np.max(np.abs(rest), initial=0.0) < 1e-9:
            break
    return theta


def signed(degrees: int) -> str:
    """A declination as it is written beside the map."""
    return f"{'+' if degrees > 0 else '−' if degrees < 0 else ''}{abs(degrees)}°"


def outline() -> tuple[Floats, Floats]:
    """The edge of the sky."""
    angle = np.linspace(0.0, 2.0 * np.pi, 361)
    return 2.0 * np.cos(angle), np.sin(angle)


def plane(matrix: Matrix) -> tuple[Floats, Floats]:
    """The equator of the coordinates that ``matrix`` leads to, as a line that is broken at the edge."""
    angle = np.linspace(0.0, 2.0 * np.pi, 721)
    vectors = np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=-1) @ np.array(matrix)
    return _broken(*project(*_angles(vectors)))


def grid() -> list[tuple[Floats, Floats]]:
    """Meridians of every four hours and parallels of every 30 degrees."""
    dec, ra = np.linspace(-90.0, 90.0, 91), np.linspace(1e-6, 360.0 - 1e-6, 181)
    meridians = [project(np.full_like(dec, 15.0 * hours), dec) for hours in range(4, 24, 4)]
    return meridians + [project(ra, np.full_like(ra, degrees)) for degrees in DEC_DEGREES]


def _angles(vectors: Floats) -> tuple[Floats, Floats]:
    x, y, z = vectors.T
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))


def _broken(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    jumps = np.flatnonzero(np.abs(np.diff(x)) > 1.0) + 1
    return np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan)
