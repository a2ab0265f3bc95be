"""What a camera sees around an object: itself, its galaxy or star, a few others, on a sky with noise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alertwatch.photometry import ZERO_POINT
from simulator.api.packets import COUNT_ZERO_POINT
from simulator.api.photometry import reference
from simulator.objects import SimObject
from simulator.sources import COLOUR_SHARE, flux

KINDS = ("science", "template", "difference")
FIELD = 40.0  # arcsec: others are strewn over a square of twice this size
OTHERS = 2.5  # on average

Pixels = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """``to_sky`` takes pixel offsets (column, row) to arcsec (east, north).

    ``seeing``: sigma of a point source, arcsec; ``unit``: what one nJy is in the image; ``sky``: in its units.
    """

    size: int
    to_sky: Pixels
    seeing: float
    unit: float
    sky: float

    @property
    def pixel(self) -> float:
        """Size of a pixel, arcsec."""
        return math.sqrt(abs(float(np.linalg.det(self.to_sky))))

    @property
    def grid(self) -> tuple[Pixels, Pixels]:
        """Arcsec east and north of the middle, for each pixel."""
        row, column = np.mgrid[: self.size, : self.size] - (self.size - 1) / 2
        east, north = np.tensordot(self.to_sky, np.stack([column, row]), axes=1)
        return east, north


@dataclass(frozen=True)
class Light:
    """A source of so many nJy at arcsec (east, north); ``radius`` 0: a point, else a disk's scale, arcsec."""

    east: float
    north: float
    nanojansky: float
    radius: float = 0.0
    flat: float = 1.0

    def on(self, camera: Camera) -> Pixels:
        """nJy in each pixel."""
        x, y = (axis - at for axis, at in zip(camera.grid, (self.east, self.north), strict=True))
        area = self.nanojansky * camera.pixel**2 / (2 * math.pi)
        if not self.radius:
            spread: Pixels = np.exp(-(x**2 + y**2) / (2 * camera.seeing**2)) * area / camera.seeing**2
            return spread
        scale = math.hypot(self.radius, camera.seeing)  # the seeing makes it wide and its middle soft
        distance = np.sqrt(x**2 + (y / self.flat) ** 2 + camera.seeing**2)
        disk: Pixels = np.exp(-(distance - camera.seeing) / scale) * area / (scale**2 * self.flat)
        return disk


def camera_of(found: SimObject, mjd: float) -> Camera:
    """The camera as it looked at an object: Rubin's turns from visit to visit."""
    if found.is_ztf:
        unit = 10 ** (0.4 * (COUNT_ZERO_POINT - ZERO_POINT))
        return Camera(63, np.array([[-1.01, 0.0], [0.0, -1.01]]), seeing=0.86, unit=unit, sky=150.0)
    turned = mjd * 1e3 % (2 * math.pi)
    cos, sin = math.cos(turned), math.sin(turned)
    return Camera(30, 0.2 * np.array([[-cos, sin], [sin, cos]]), seeing=0.34, unit=1.0, sky=0.0)


def image(found: SimObject, mjd: float, kind: str) -> NDArray[np.float32]:
    """One of the three images of an alert, the object in the middle; in the survey's units."""
    camera = camera_of(found, mjd)
    row = int(np.flatnonzero(found.visits.mjd == mjd)[0])
    random = np.random.default_rng([int(found.alert_id(mjd)), KINDS.index(kind)])
    limit = float(flux(float(found.visits.limit[row]))) / 5  # one sigma of a point source
    noise = limit * camera.pixel / camera.seeing / math.sqrt(4 * math.pi)
    seen = random.normal(0.0, noise if kind != "template" else noise / 3, (camera.size, camera.size))
    if kind != "template":
        seen += Light(0.0, 0.0, float(found.light_curve.flux[row])).on(camera)
    if kind == "difference":
        return (seen * camera.unit).astype(np.float32)
    for light in surroundings(found, row):
        seen += light.on(camera)
    return (seen * camera.unit + camera.sky).astype(np.float32)


def surroundings(found: SimObject, row: int) -> Iterator[Light]:
    """What the reference image has: the nearest source, and others; the same in both surveys."""
    of = found.twin or found
    random = np.random.default_rng([of.seed, of.index, 6])
    mag, distance = reference(found, row)
    angle = random.uniform(0, 2 * math.pi)
    is_galaxy = found.host is None or found.host.star_score < 0.5
    yield Light(
        distance * math.sin(angle),
        distance * math.cos(angle),
        float(flux(mag)),
        float(np.clip(1.6 * 10 ** (0.12 * (18 - mag)), 0.3, 4.0)) if is_galaxy else 0.0,
        float(random.uniform(0.4, 1.0)),
    )
    colour = 0.6 * float(COLOUR_SHARE[int(found.visits.band[row])])
    for _ in range(int(random.poisson(OTHERS))):
        east, north = random.uniform(-FIELD, FIELD, 2)
        yield Light(float(east), float(north), float(flux(random.uniform(16.5, 21.5) + colour)))
