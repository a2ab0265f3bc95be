"""HEALPix numbers (nested, level 29): a position as one integer, so that an index finds a cone on the sky.

At level 29 a pixel is 0.4 mas wide, and a pixel of any coarser level is a range of these integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from math import asin, atan2, copysign, cos, degrees, dist, pi, radians, sin, sqrt

from alertwatch import sky

Range = tuple[int, int]
LEVEL = 29
_SIDE = 2**LEVEL
_SPREAD = (
    (16, 0x0000_FFFF_0000_FFFF),
    (8, 0x00FF_00FF_00FF_00FF),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
)
_MOST_PIXELS_ACROSS = 24  # of the covering of a cone: finer means more ranges and fewer rows to look at


def pixel(ra: float, dec: float) -> int:
    """The HEALPix integer of a position (degrees): Górski et al. 2005, ApJ 622, 759, §4 and §5.

    Written out, since astropy_healpix takes a second and more to import, within somebody's transaction.
    """
    z, quadrants = sin(radians(dec)), ra % 360.0 / 90.0
    face, x, y = _equatorial(z, quadrants) if abs(z) <= 2 / 3 else _polar(z, cos(radians(dec)), quadrants)
    return (face << 2 * LEVEL) | _spread(x) | (_spread(y) << 1)


def _equatorial(z: float, quadrants: float) -> tuple[int, int, int]:
    along, across = _SIDE * (0.5 + quadrants), _SIDE * z * 0.75
    falling, rising = int(along - across), int(along + across)
    f, r = falling >> LEVEL, rising >> LEVEL
    polar_face = f & 3 if f < r else (r & 3) + 8  # its corner reaches into the equatorial belt
    face = (f & 3) | 4 if f == r else polar_face
    return face, rising & (_SIDE - 1), _SIDE - 1 - (falling & (_SIDE - 1))


def _polar(z: float, cos_dec: float, quadrants: float) -> tuple[int, int, int]:
    quadrant = min(3, int(quadrants))
    height = _SIDE * cos_dec / sqrt((1 + abs(z)) / 3)
    falling = min(_SIDE - 1, int((quadrants - quadrant) * height))
    rising = min(_SIDE - 1, int((1 - quadrants + quadrant) * height))
    if z > 0:
        return quadrant, _SIDE - 1 - rising, _SIDE - 1 - falling
    return quadrant + 8, falling, rising


def _spread(number: int) -> int:
    """Put a zero between the bits of a number of at most 32 bits."""
    for shift, mask in _SPREAD:
        number = (number | number << shift) & mask
    return number


def ranges(ra: float, dec: float, radius: float) -> list[Range]:
    """Ranges (first, last) of HEALPix integers that cover a cone, with a margin. All in degrees.

    Pixels that may reach into the cone are divided until they are small beside it.
    """
    place, finest = sky.unit_vector(ra, dec), _level_for(radius)
    inside: list[Range] = []
    pixels = [(face, 0, 0) for face in range(12)]
    for level in range(finest + 1):
        reach = _reach(level)
        far, near = _chord(radius + reach), _chord(radius - reach)
        distances = [(one, dist(place, _centre(level, *one))) for one in pixels]
        whole = far if level == finest else near
        inside += (_range(level, *one) for one, distance in distances if distance <= whole)
        pixels = [part for one, distance in distances if whole < distance <= far for part in _quarters(*one)]
    return merged(inside)


def _chord(angle: float) -> float:
    """The straight way between two directions on the unit sphere that are so far apart [deg]; or below 0."""
    return 2 * sin(radians(min(180.0, angle)) / 2)


@cache
def _reach(level: int) -> float:
    """Degrees from a pixel's centre to a corner, of the longest pixels, and a margin for rounding.

    Those are the ones that stand on the edge of a polar cap, sin(dec) = 2/3.
    """
    side = 2**level
    centre = sky.unit_vector(45 / side, degrees(asin(2 / 3)))
    corner = sky.unit_vector(0.0, degrees(asin(1 - (1 - 1 / side) ** 2 / 3)))
    return sky.angle(centre, corner) + 1e-6


def _centre(level: int, face: int, x: int, y: int) -> sky.Vector:
    """The direction of a pixel's centre: Górski et al. 2005, §4.1."""
    side, (row, column) = 1 << level, divmod(face, 4)
    ring = (row + 2) * side - x - y - 1  # from the north pole
    quarter = min(ring, 4 * side - ring, side)  # pixels of that ring in a quadrant
    z = (2 * side - ring) * 2 / (3 * side)
    if quarter < side:
        z = copysign(1 - quarter**2 / (3 * side**2), z)
    along, across = pi / 4 * (2 * column + (row != 1) + (x - y) / quarter), sqrt((1 - z) * (1 + z))
    return across * cos(along), across * sin(along), z


def _quarters(face: int, x: int, y: int) -> Iterator[tuple[int, int, int]]:
    return ((face, 2 * x + right, 2 * y + up) for right in (0, 1) for up in (0, 1))


def _range(level: int, face: int, x: int, y: int) -> Range:
    shift = 2 * (LEVEL - level)
    number = (face << 2 * level) | _spread(x) | (_spread(y) << 1)
    return number << shift, ((number + 1) << shift) - 1


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Ranges in order, those that overlap or touch made one."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def around(ra: float, dec: float, radius: float) -> list[Range]:
    """Few ranges of HEALPix integers that cover a small circle, ``radius`` in arcsec, quickly.

    They are the wide pixels that hold its centre, or a point of a ring around it.
    """
    level = LEVEL - 8
    while 58.6 * 3600 / 2**level < 4 * radius:
        level -= 1
    shift = 2 * (LEVEL - level)
    ring = (_offset(ra, dec, 1.5 * radius / 3600, 360 * n / 32) for n in range(32))
    found = {pixel(*place) >> shift for place in ((ra, dec), *ring)}
    return [(number << shift, ((number + 1) << shift) - 1) for number in sorted(found)]


def _offset(ra: float, dec: float, distance: float, direction: float) -> tuple[float, float]:
    """The place so far away (degrees), ``direction`` from north to east."""
    d, r, towards = radians(dec), radians(distance), radians(direction)
    z = min(1.0, max(-1.0, sin(d) * cos(r) + cos(d) * sin(r) * cos(towards)))
    east = atan2(sin(towards) * sin(r) * cos(d), cos(r) - sin(d) * z)
    return (ra + degrees(east)) % 360, degrees(asin(z))


def _level_for(radius: float) -> int:
    """The finest level of which few pixels cover a cone: a pixel is about 58.6°/2**level wide."""
    level = 0
    while level < LEVEL - 8 and 58.6 / 2 ** (level + 1) > 2 * radius / _MOST_PIXELS_ACROSS:
        level += 1
    return level
