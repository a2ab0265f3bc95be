"""Physical sources: what each kind of object adds to, or takes from, the light of its reference image.

Every source answers two questions: its difference flux (nJy; what is there now less what the reference
image holds) at given times and bands, and the magnitude of the reference source under it. Bands are indices
in "ugrizy". All times are MJD, all magnitudes AB. Shapes are simple on purpose: rise, peak, decline and
colour as the textbooks have them, none fitted to the filters that will judge them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from alertwatch.photometry import ZERO_POINT

Floats = NDArray[np.float64]
Bands = NDArray[np.int64]
COLOUR_SHARE = np.array([1.6, 1.0, 0.0, -0.4, -0.6, -0.7])  # of g-r, relative to r


def flux(mag: Floats | float) -> Floats:
    """nJy of a magnitude."""
    return np.asarray(10 ** (0.4 * (ZERO_POINT - np.asarray(mag, dtype=float))))


def magnitude(nanojansky: Floats) -> Floats:
    """Magnitude of a positive flux."""
    return np.asarray(ZERO_POINT - 2.5 * np.log10(nanojansky))


class Source(Protocol):
    """What a light curve is drawn from."""

    reference_colour: ClassVar[float]
    """g-r of the source in the reference image."""

    @property
    def reference(self) -> float | None:
        """r magnitude of the source in the reference image, ``None`` where there is none."""

    def difference(self, mjd: Floats, band: Bands) -> Floats:
        """Difference flux, nJy."""


@dataclass(frozen=True)
class Shape:
    """A kind of supernova. Days are rest-frame; ``absolute``: r at peak, mean and scatter.

    The decline is ``fast`` mag/day, that goes over into ``slow`` after ``turn`` days; a plateau falls by
    ``drop`` mag at its end. ``colour``: g-r at explosion and its change per day until day 50.
    """

    absolute: tuple[float, float]
    rise: tuple[float, float]
    fast: float
    slow: float
    turn: float
    drop: float
    colour: tuple[float, float]
    share: float


SHAPES = {
    "SN Ia": Shape((-19.1, 0.35), (18.0, 1.5), 0.075, 0.018, 28, 0.0, (-0.15, 0.018), 0.70),
    "SN II": Shape((-17.0, 0.80), (10.0, 3.0), 0.010, 0.010, 90, 1.8, (-0.25, 0.016), 0.18),
    "SN Ibc": Shape((-17.7, 0.60), (15.0, 3.0), 0.080, 0.018, 25, 0.0, (0.10, 0.022), 0.06),
    "SN IIn": Shape((-18.7, 0.80), (28.0, 9.0), 0.018, 0.010, 60, 0.0, (-0.20, 0.008), 0.045),
    "SLSN": Shape((-21.2, 0.50), (45.0, 12.0), 0.028, 0.020, 60, 0.0, (-0.25, 0.009), 0.015),
}


@dataclass(frozen=True)
class Supernova:
    """A supernova: flux grows as time squared, peaks, declines; time runs slower by 1 + z."""

    reference_colour: ClassVar[float] = 0.7
    kind: str
    explosion: float
    peak_mag: float
    rise: float
    redshift: float
    extinction: float
    reference: float | None

    @property
    def peak(self) -> float:
        """Time of maximum light."""
        return self.explosion + self.rise * (1 + self.redshift)

    def difference(self, mjd: Floats, band: Bands) -> Floats:
        """Flux of the supernova alone: its galaxy is in the reference."""
        day = (mjd - self.explosion) / (1 + self.redshift)
        shape = SHAPES[self.kind]
        rising = np.sin(0.5 * math.pi * np.clip(day / self.rise, 0, 1)) ** 2
        after = np.clip(day - self.rise, 0, None)
        past_turn = np.clip(after - shape.turn, 0, None)
        fading = shape.fast * after**2 / (after + 4) - (shape.fast - shape.slow) * past_turn
        fading = fading + shape.drop / (1 + np.exp(-(after - shape.turn) / 4))
        fading = fading - shape.drop / (1 + math.exp(shape.turn / 4))
        colour = (shape.colour[0] + shape.colour[1] * np.clip(day, 0, 50)) * COLOUR_SHARE[band]
        mag = self.peak_mag + fading + colour + self.extinction * (0.8 + 0.2 * COLOUR_SHARE[band])
        return rising * flux(mag)


@dataclass(frozen=True)
class TidalDisruption:
    """A star torn apart by a galaxy's black hole: rises over weeks, fades as time to the -5/3, stays blue."""

    reference_colour: ClassVar[float] = 0.7
    start: float
    peak_mag: float
    rise: float
    reference: float | None

    @property
    def peak(self) -> float:
        """Time of maximum light."""
        return self.start + self.rise

    def difference(self, mjd: Floats, band: Bands) -> Floats:
        """Flux of the flare."""
        rising = np.sin(0.5 * math.pi * np.clip((mjd - self.start) / self.rise, 0, 1)) ** 2
        fading = (1 + np.clip(mjd - self.peak, 0, None) / 40.0) ** (-5 / 3)
        return rising * fading * flux(self.peak_mag - 0.2 * COLOUR_SHARE[band])


@dataclass(frozen=True)
class ActiveNucleus:
    """An AGN: a damped random walk of the magnitude, and perhaps one flare of the flux on top.

    ``sigma`` is the walk's long-term rms (mag), ``tau`` its memory (days). The flare multiplies the flux by
    up to 10**(0.4 flare): rising over ``flare_rise`` days from ``flare_start``, then fading exponentially
    over ``flare_fall`` days. The reference image was taken at the mean magnitude.
    """

    reference_colour: ClassVar[float] = 0.3
    reference: float
    sigma: float
    tau: float
    seed: int
    flare: float = 0.0
    flare_start: float = 0.0
    flare_rise: float = 30.0
    flare_fall: float = 120.0

    def brightening(self, mjd: Floats) -> Floats:
        """The flare alone, mag above the quiet nucleus (0 without one)."""
        grow = np.clip((mjd - self.flare_start) / self.flare_rise, 0, 1)
        fade = np.exp(-np.clip(mjd - self.flare_start - self.flare_rise, 0, None) / self.flare_fall)
        gain = (10 ** (0.4 * self.flare) - 1) * np.sin(0.5 * math.pi * grow) ** 2 * fade
        return np.asarray(2.5 * np.log10(1 + gain))

    def walk(self, mjd: Floats) -> Floats:
        """The damped random walk, mag, at times in ascending order."""
        rng = np.random.default_rng(self.seed)
        memory = np.exp(-np.diff(mjd, prepend=mjd[:1] - 1e9) / self.tau)
        steps = self.sigma * np.sqrt(1 - memory**2) * rng.normal(0, 1, len(mjd))
        value, walk = 0.0, []
        for kept, step in zip(memory.tolist(), steps.tolist(), strict=True):
            value = value * kept + step
            walk.append(value)
        return np.array(walk)

    def difference(self, mjd: Floats, band: Bands) -> Floats:
        """Total flux less that of the reference: either sign."""
        quiet = self.reference + self.reference_colour * COLOUR_SHARE[band]
        return flux(quiet + self.walk(mjd) - self.brightening(mjd)) - flux(quiet)


@dataclass(frozen=True)
class Periodic:
    """A variable star: RR Lyrae (saw-tooth), eclipsing binary (two dips) or long-period variable (sine)."""

    reference_colour: ClassVar[float] = 0.6
    kind: str
    reference: float
    amplitude: float
    period: float
    epoch: float

    def difference(self, mjd: Floats, band: Bands) -> Floats:
        """Total flux less that of the reference: either sign."""
        phase = ((mjd - self.epoch) / self.period) % 1.0
        mag = self.reference + self.amplitude * self._shape(phase) + self.reference_colour * COLOUR_SHARE[band]
        return flux(mag) - flux(self.reference + self.reference_colour * COLOUR_SHARE[band])

    def _shape(self, phase: Floats) -> Floats:
        """Magnitude around the mean, amplitude 1."""
        if self.kind == "RR Lyrae":
            return np.where(phase < 0.15, 0.5 - phase / 0.15, -0.5 + (phase - 0.15) / 0.85)
        if self.kind == "eclipsing binary":
            return np.exp(-(((phase - 0.5) / 0.04) ** 2)) + 0.4 * np.exp(-(((phase - 0.99) / 0.04) ** 2))
        return 0.5 * np.sin(2 * math.pi * phase)


@dataclass(frozen=True)
class Outburst:
    """A cataclysmic variable: rises within a day, stays for days, falls by a magnitude in two."""

    reference_colour: ClassVar[float] = 0.0
    start: float
    peak_mag: float
    plateau: float
    reference: float | None

    def difference(self, mjd: Floats, band: Bands) -> Floats:
        """Flux of the outburst."""
        rising = np.clip((mjd - self.start) / 1.0, 0, 1)
        fading = 0.5 * np.clip(mjd - self.start - self.plateau, 0, None)
        return rising * flux(self.peak_mag + fading - 0.1 * COLOUR_SHARE[band])


@dataclass(frozen=True)
class Moment:
    """A source that is there for one exposure only: an asteroid passing, a flare star, an artefact."""

    reference_colour: ClassVar[float] = 0.0
    time: float
    mag: float
    reference: float | None
    sign: float = 1.0

    def difference(self, mjd: Floats, band: Bands) -> Floats:  # noqa: ARG002 - the same in all bands
        """Flux, with the sign that artefacts may have."""
        return np.where(np.abs(mjd - self.time) < 0.004, self.sign * flux(self.mag), 0.0)
