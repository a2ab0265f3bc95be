"""HEALPix numbers (nested, level 29): a position as one integer, so that an index finds a cone on the sky.

At level 29 a pixel is 0.4 mas wide, and a pixel of any coarser level is a range of these integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, cos, degrees, radians, sin, sqrt

LEVEL = 29
_MOST_PIXELS_ACROSS = 8  # of the covering of a cone: finer means more ranges and fewer rows to look at


def pixels(ra: Sequence[float], dec: Sequence[float]) -> list[int]:
    """The HEALPix integer of each position (degrees)."""
    from astropy import units  # noqa: PLC0415 - slow to import, and few processes need it
    from astropy_healpix import HEALPix  # noqa: PLC0415

    sky = HEALPix(nside=2**LEVEL, order="nested")
    return [int(pixel) for pixel in sky.lonlat_to_healpix(ra * units.deg, dec * units.deg)]


def ranges(ra: float, dec: float, radius: float) -> list[tuple[int, int]]:
    """Ranges (first, last) of HEALPix integers that cover a cone, with a margin. All in degrees."""
    from astropy import units  # noqa: PLC0415
    from astropy_healpix import HEALPix  # noqa: PLC0415

    level = _level_for(radius)
    sky = HEALPix(nside=2**level, order="nested")
    found = sky.cone_search_lonlat(ra * units.deg, dec * units.deg, radius=(radius + 1e-6) * units.deg)
    shift = 2 * (LEVEL - level)
    merged: list[tuple[int, int]] = []
    for pixel in sorted(int(p) for p in found):
        first, last = pixel << shift, ((pixel + 1) << shift) - 1
        if merged and merged[-1][1] + 1 == first:
            first = merged.pop()[0]
        merged.append((first, last))
    return merged


def _level_for(radius: float) -> int:
    """The finest level of which few pixels cover a cone: a pixel is about 58.6°/2**level wide."""
    level = 0
    while level < LEVEL - 8 and 58.6 / 2 ** (level + 1) > 2 * radius / _MOST_PIXELS_ACROSS:
        level += 1
    return level


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Angle between two positions, degrees (haversine: exact for small angles)."""
    a, b = radians(dec1), radians(dec2)
    h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(ra2 - ra1) / 2) ** 2
    return degrees(2 * asin(min(1.0, sqrt(h))))
