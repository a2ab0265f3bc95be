"""Nautical twilight: when the Sun passes 12° below the horizon of a site, from astropy and without downloads.

Each local solar day has one evening and one morning. Where the Sun does not get that low (summer of the high
latitudes), both are at its lowest, local midnight; where it stays lower all day, at its highest, local noon.
Noon and midnight are those of the longitude's mean time. Moments are seconds since 1970.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import structlog

from alertwatch.settings import SiteSettings

Floats = npt.NDArray[np.float64]
Which = Literal["evening", "morning"]

ALTITUDE = -12.0
DAY = 86_400.0
STEP = 600.0  # a straight line between such steps is wrong by less than ten seconds

log = structlog.get_logger(__name__)


def after(which: Which, site: SiteSettings, moment: float) -> float:
    """The first evening (or morning) twilight after a moment; good to a minute where the Sun passes steeply."""
    noon = DAY / 2 - DAY * site.longitude / 360
    first = noon if which == "evening" else noon + DAY / 2
    start = first + DAY * (np.floor((moment - first) / DAY) - 1)
    for day in range(4):
        found = _in_half_day(which, site, start + day * DAY)
        if found > moment:
            return found
    raise AssertionError("each day has a twilight")


def _in_half_day(which: Which, site: SiteSettings, start: float) -> float:
    """The twilight between noon and midnight (evening) or midnight and noon (morning), from ``start`` on."""
    times = start + np.arange(0.0, DAY / 2 + STEP, STEP)
    above = _altitude_of_sun(site, times) - ALTITUDE
    ahead = above if which == "evening" else -above  # falls through zero at the twilight
    passed = np.flatnonzero((ahead[:-1] > 0) & (ahead[1:] <= 0))
    if passed.size:
        i = passed[0]
        return float(times[i] + STEP * ahead[i] / (ahead[i] - ahead[i + 1]))
    light = bool(above[0] > 0)
    instead = "midnight" if light else "noon"
    log.info("no nautical twilight on this day", site=site.name, instead=f"local {instead}")
    return start + (DAY / 2 if light == (which == "evening") else 0.0)


def _altitude_of_sun(site: SiteSettings, times: Floats) -> Floats:
    """Degrees above the horizon, without refraction and parallax (0.003°)."""
    import erfa  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to import; most can do without
    from astropy.coordinates import get_sun  # noqa: PLC0415
    from astropy.time import Time  # noqa: PLC0415
    from astropy.utils import iers  # noqa: PLC0415

    iers.conf.auto_download, iers.conf.auto_max_age = False, None
    iers.conf.iers_degraded_accuracy = "ignore"  # less than a second
    when = Time(times, format="unix")
    of_date = erfa.c2i06a(when.tt.jd1, when.tt.jd2)  # astropy's frames want polar motion, and warn without
    x, y, z = np.einsum("tij,jt->it", of_date, get_sun(when).cartesian.xyz.to_value("au"))
    dec, latitude = np.arctan2(z, np.hypot(x, y)), np.radians(site.latitude)
    hour_angle = when.earth_rotation_angle("tio").rad + np.radians(site.longitude) - np.arctan2(y, x)
    sine = np.sin(latitude) * np.sin(dec) + np.cos(latitude) * np.cos(dec) * np.cos(hour_angle)
    altitude: Floats = np.degrees(np.arcsin(sine))
    return altitude
