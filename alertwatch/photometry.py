"""Fluxes and magnitudes, and the total flux of a source that the survey's reference image also contains.

A difference magnitude tells what was added to or is missing from the reference image. For an AGN or a variable
star the total flux is meant: reference plus or minus difference. Fluxes in nJy, magnitudes AB.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import median

from alertwatch.alert import Detection

ZERO_POINT = 31.4
"""AB magnitude of 1 nJy."""

REFERENCE_RADIUS = 1.4
"""A reference source nearer than this is the object itself, arcsec: ALeRCE's correction step."""

LARGEST_ERROR = 1.0
"""Corrected magnitudes with larger errors are unusable, mag: ALeRCE."""

RELATIVE = math.log(10) / 2.5
"""Relative flux error per magnitude of error."""


def flux(mag: float | None) -> float | None:
    """AB magnitude → nJy."""
    return 10 ** (0.4 * (ZERO_POINT - mag)) if mag is not None else None


def magnitude(nanojansky: float | None) -> float | None:
    """NJy → AB magnitude; ``None`` for fluxes that have none (unknown, zero, negative, not finite)."""
    if nanojansky is None or not 0 < nanojansky < math.inf:
        return None
    return ZERO_POINT - 2.5 * math.log10(nanojansky)


def magnitude_error(nanojansky: float | None, error: float | None) -> float | None:
    """The error of `magnitude`, mag, from those of the flux; ``None`` where either is not known or has none."""
    if nanojansky is None or error is None or nanojansky <= 0 or error < 0:
        return None
    return error / nanojansky / RELATIVE


def total_flux(detection: Detection) -> tuple[float, float] | None:
    """Total flux and its error: the corrected magnitude, else reference ± difference; ``None``: unknown."""
    d, total = detection, flux(detection.mag_corr)
    if total is not None and d.e_mag_corr is not None and d.e_mag_corr < LARGEST_ERROR:
        return total, total * d.e_mag_corr * RELATIVE
    reference, difference = flux(d.mag_ref), flux(d.mag)
    near = d.dist_ref is not None and d.dist_ref < REFERENCE_RADIUS
    if not near or reference is None or difference is None or d.e_mag is None or d.positive is None:
        return None
    return reference + (difference if d.positive else -difference), difference * d.e_mag * RELATIVE


def reference_flux(detections: Iterable[Detection]) -> dict[str, float]:
    """The reference image's flux by band, as told or as total minus difference: the median over detections."""
    found: dict[str, list[float]] = {}
    for d in detections:
        reference, total, difference = flux(d.mag_ref), flux(d.mag_corr), flux(d.mag)
        if reference is None and total is not None and difference is not None and d.positive is not None:
            reference = total - (difference if d.positive else -difference)
        if reference is not None:
            found.setdefault(d.band, []).append(reference)
    return {band: median(fluxes) for band, fluxes in found.items()}


def is_excluded(detection: Detection) -> bool:
    """Whether the total flux has no meaning: dubious to the broker, or the reference is another source."""
    far = detection.dist_ref is not None and detection.dist_ref >= REFERENCE_RADIUS
    return far or detection.dubious is True
