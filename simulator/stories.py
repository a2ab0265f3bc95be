"""What a drawn object's light curve tells: whether it is the story that the night wants of it."""

from __future__ import annotations

import numpy as np

from simulator.objects import SimObject
from simulator.sources import ActiveNucleus, flux


def is_story(found: SimObject, story: str) -> bool:
    """The light curve tells that story: when its event was first detected, and that it shows tonight."""
    seen = found.tonight
    if np.all(found.source.difference(seen.mjd, seen.band) < 0.6 * flux(seen.limit)):
        return False  # spares the light curve
    first = found.light_curve.first(since=found.start or 0.0)
    if not found.alert_times or first is None or not is_positive(found):
        return False
    age, past_peak = found.alert_times[0] - first, found.alert_times[0] > getattr(found.source, "peak", 1e9)
    return {
        "new": first >= found.night and not past_peak,
        "late": first >= found.night and past_peak,
        "recent": 0.5 < age <= 5.0 and not past_peak,
        "old": age > 5.5,
    }[story]


def is_positive(found: SimObject) -> bool:
    """Tonight's alerts are brighter than the reference."""
    curve = found.light_curve
    rows = np.isin(curve.visits.mjd, found.alert_times)
    return bool(np.all(curve.flux[rows] > 0))


def is_flaring(found: SimObject) -> bool:
    """The flare alone is worth 0.75 mag or more at tonight's alerts, and the nucleus is positive."""
    source = found.source
    bright = isinstance(source, ActiveNucleus) and source.brightening(np.array(found.alert_times)).min() >= 0.75
    return bool(bright) and is_positive(found)
