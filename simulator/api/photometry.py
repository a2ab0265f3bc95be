"""ZTF's numbers for one visit to an object: what REST, packets and TAP say of it in their own words."""

from __future__ import annotations

import math
from typing import Any

from alertwatch.photometry import ZERO_POINT
from simulator.objects import SimObject, pid
from simulator.sources import COLOUR_SHARE

FID = {1: 1, 2: 2, 3: 3}  # our band index (of "ugrizy") is ZTF's filter id for g, r, i
CORRECTION_RADIUS = 1.4  # arcsec: within it the reference source is the object itself
NO_VALUE = 100.0  # ALeRCE's corrected magnitude where the total flux is not positive


def reference(found: SimObject, row: int) -> tuple[float, float]:
    """Magnitude and distance (arcsec) of the nearest source in the reference image."""
    band = int(found.visits.band[row])
    colour = found.source.reference_colour * float(COLOUR_SHARE[band])
    if found.source.reference is not None:
        own = found.host.distance if found.host is not None else 0.3
        return found.source.reference + colour, min(own, 1.2)
    if found.host is not None:
        return found.host.mag + colour, max(found.host.distance, 1.5)
    return 21.3 + colour, 7.5


def measured(found: SimObject, row: int) -> dict[str, Any]:
    """What one detection is called in REST and packets alike."""
    curve, mjd = found.light_curve, float(found.visits.mjd[row])
    value, error = abs(float(curve.flux[row])), float(curve.error[row])
    mag, sigma = ZERO_POINT - 2.5 * math.log10(value), 1.0857 * error / value
    magap, magapbig, east, north, score = found.jitter[row].tolist()
    return {
        "fid": FID[int(found.visits.band[row])],
        "pid": pid(mjd, found.index),
        "diffmaglim": float(found.visits.limit[row]),
        "nid": int(mjd) - 57754,
        "magpsf": mag,
        "sigmapsf": sigma,
        "magap": mag + 0.08 * magap,
        "sigmagap": 1.3 * sigma,
        "magapbig": mag + 0.12 * magapbig,
        "sigmagapbig": 1.6 * sigma,
        "ra": found.ra + 0.08 * east / 3600 / max(0.1, math.cos(math.radians(found.dec))),
        "dec": found.dec + 0.08 * north / 3600,
        "rb": min(1.0, max(0.0, 0.15 + 0.8 * found.drb + 0.04 * score)),
        "rbversion": "t17_f5_c3",
        "drb": min(0.49 if found.drb < 0.5 else 1.0, max(0.0, found.drb + 0.01 * score)),
        "distnr": reference(found, row)[1],
    }


def is_positive(found: SimObject, row: int) -> bool:
    """Brighter than the reference."""
    return bool(found.light_curve.flux[row] > 0)


def is_corrected(found: SimObject, row: int) -> bool:
    """The reference source is the object, so the total magnitude has a meaning."""
    return reference(found, row)[1] < CORRECTION_RADIUS


def total(found: SimObject, row: int) -> tuple[float, float, float] | None:
    """Corrected magnitude and its two errors (ALeRCE's correction); ``None`` where it has no meaning."""
    if not is_corrected(found, row):
        return None
    own, error = float(found.light_curve.flux[row]), float(found.light_curve.error[row])
    under = 10 ** (0.4 * (ZERO_POINT - reference(found, row)[0]))
    if under + own <= 0:
        return NO_VALUE, NO_VALUE, NO_VALUE
    both = under + own
    squares = error**2 - (0.02 * under) ** 2
    sigma = 1.0857 * math.sqrt(squares) / both if squares > 0 else NO_VALUE
    return ZERO_POINT - 2.5 * math.log10(both), sigma, 1.0857 * error / both
