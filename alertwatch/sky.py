"""Directions on the sky: galactic and ecliptic coordinates of an ICRS position, separations.

Plain arithmetic, so that a filter can ask it of every alert; agrees with astropy to better than 0.1 arcsec.
"""

from __future__ import annotations

import math
import re

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

# ICRS → galactic: The Hipparcos and Tycho Catalogues, ESA SP-1200 (1997), vol. 1, eq. 1.5.11.
GALACTIC: Matrix = (
    (-0.0548755604162154, -0.8734370902348850, -0.4838350155487132),
    (+0.4941094278755837, -0.4448296299600112, +0.7469822444972189),
    (-0.8676661490190047, -0.1980763734312015, +0.4559837761750669),
)

# Mean obliquity of the ecliptic at J2000, degrees: IAU 2006 (Capitaine et al. 2003), 84381.406 arcsec.
_OBLIQUITY = math.radians(84381.406 / 3600)
ECLIPTIC: Matrix = (
    (1.0, 0.0, 0.0),
    (0.0, math.cos(_OBLIQUITY), math.sin(_OBLIQUITY)),
    (0.0, -math.sin(_OBLIQUITY), math.cos(_OBLIQUITY)),
)


_UNITS = {"": 1 / 3600, '"': 1 / 3600, "s": 1 / 3600, "'": 1 / 60, "m": 1 / 60, "d": 1.0}


def circle(text: str) -> tuple[float, float, float]:
    """A circle as a person writes it → ra, dec, radius in degrees: ``150.1 2.2 10``, ``10:00:24 +02:12:00 5'``.

    The radius is arcsec, or arcmin with ``'`` or ``m``, degrees with ``d``. Raises `ValueError` whose message
    goes after the text: "is no circle; …".
    """
    try:
        ra, dec, size = re.split(r"[\s,]+", text.strip())
        number, unit = re.fullmatch(r"([\d.]+)(\D?)", size).groups()  # type: ignore[union-attr]
        found = _degrees(ra, 15.0), _degrees(dec, 1.0), float(number) * _UNITS[unit]
    except (ValueError, AttributeError, KeyError):
        raise ValueError("is no circle; give RA and Dec in degrees and a radius in arcsec") from None
    if not (0 <= found[0] <= 360 and -90 <= found[1] <= 90 and 0 < found[2] <= 180):
        raise ValueError("is not on the sky; RA is 0 to 360, Dec -90 to 90")
    return found


def _degrees(text: str, per_unit: float) -> float:
    """``10:00:24`` (``per_unit`` 15: hours) or plain degrees → degrees."""
    if ":" not in text:
        return float(text)
    parts = [float(part) for part in text.lstrip("+-").split(":")]
    size = sum(part / 60.0**power for power, part in enumerate(parts))
    return (-size if text.startswith("-") else size) * per_unit


def galactic(ra: float, dec: float) -> tuple[float, float]:
    """Galactic longitude (0 … 360) and latitude (−90 … 90) of an ICRS position; all in degrees."""
    return _rotated(GALACTIC, ra, dec)


def ecliptic(ra: float, dec: float) -> tuple[float, float]:
    """Mean ecliptic longitude and latitude (J2000) of an ICRS position; all in degrees."""
    return _rotated(ECLIPTIC, ra, dec)


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """Angle between two positions (degrees) in arcsec; exact also for tiny and for antipodal ones."""
    return angle(unit_vector(ra1, dec1), unit_vector(ra2, dec2)) * 3600


def angle(first: Vector, second: Vector) -> float:
    """Degrees between two directions."""
    half_chord = math.dist(first, second) / 2
    (x1, y1, z1), (x2, y2, z2) = first, second
    half_sum = math.hypot(x1 + x2, y1 + y2, z1 + z2) / 2
    return math.degrees(2 * math.atan2(half_chord, half_sum))


def unit_vector(ra: float, dec: float) -> Vector:
    """The direction of a position (degrees)."""
    alpha, delta = math.radians(ra), math.radians(dec)
    return math.cos(delta) * math.cos(alpha), math.cos(delta) * math.sin(alpha), math.sin(delta)


def _rotated(matrix: Matrix, ra: float, dec: float) -> tuple[float, float]:
    vector = unit_vector(ra, dec)
    x, y, z = (sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))
