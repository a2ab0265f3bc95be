"""What follows from an object's position and light curve: both notations, brightness and its change, links."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import quote

from alertwatch.alert import Detection, LightCurve, Survey
from alertwatch.notification import Brightness, Link

RATE_DAYS = 10.0
"""The rise rate is that of so many days up to the band's latest detection, d."""

APART = 0.02
"""Detections nearer in time than this tell no rate, d."""

SURE = 0.1
"""A rate is told if its error is less than this [mag/day], or less than a third of the rate."""

BAND_ORDER = "ugrizy"

_FLOOR = 0.02  # no survey's photometry is better, mag
_TYPICAL = 0.1  # error of a detection that comes without one, mag


def sexagesimal(ra: float, dec: float) -> tuple[str, str]:
    """Degrees → ``("10:00:24.00", "+02:12:00.0")``: to 0.01 s and 0.1″, to be pasted."""
    seconds, tail = divmod(round(ra / 15 * 360_000) % (24 * 360_000), 100)
    arcsec, tenth = divmod(round(abs(dec) * 36_000), 10)
    sign = "-" if dec < 0 and (arcsec or tenth) else "+"
    return f"{_sixties(seconds)}.{tail:02d}", f"{sign}{_sixties(arcsec)}.{tenth}"


def _sixties(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def brightness(light_curve: LightCurve) -> tuple[Brightness, ...]:
    """The latest difference magnitude of each band, u to y, with its rise rate [mag/day; positive: brighter].

    Only of positive subtractions that nobody flagged dubious. The rate is the slope over the last `RATE_DAYS`,
    by weighted least squares; ``None`` with detections that are too few, too close together or too uncertain.
    """
    bands: dict[str, list[Detection]] = {}
    for seen in sorted(filter(_counts, light_curve.detections), key=lambda d: d.mjd):
        bands.setdefault(seen.band, []).append(seen)
    return tuple(_latest(band, bands[band]) for band in sorted(bands, key=band_rank))


def band_rank(band: str) -> tuple[int, str]:
    """Sorts bands by wavelength, unknown ones last."""
    rank = BAND_ORDER.find(band) if len(band) == 1 else -1
    return (rank if rank >= 0 else len(BAND_ORDER), band)


def _counts(seen: Detection) -> bool:
    known = seen.mag is not None and math.isfinite(seen.mag) and math.isfinite(seen.mjd)
    return known and seen.positive is not False and seen.dubious is not True


def _latest(band: str, seen: Sequence[Detection]) -> Brightness:
    last = seen[-1]
    assert last.mag is not None
    recent = [d for d in seen if last.mjd - d.mjd <= RATE_DAYS]
    return Brightness(band=band, mjd=last.mjd, mag=last.mag, e_mag=last.e_mag, rate=_rate(recent))


def _rate(seen: Sequence[Detection]) -> float | None:
    """Minus the slope of magnitude over time, mag/day, where the detections determine it."""
    if seen[-1].mjd - seen[0].mjd < APART:
        return None
    points = [(d.mjd - seen[-1].mjd, d.mag or 0.0, _weight(d.e_mag)) for d in seen]
    total = sum(w for _, _, w in points)
    middle = sum(w * t for t, _, w in points) / total
    spread = sum(w * (t - middle) ** 2 for t, _, w in points)
    rate = -sum(w * (t - middle) * m for t, m, w in points) / spread
    return rate if spread**-0.5 <= max(SURE, abs(rate) / 3) else None


def _weight(error: float | None) -> float:
    usable = error is not None and math.isfinite(error) and error > 0
    return max(error if usable and error is not None else _TYPICAL, _FLOOR) ** -2


def links(survey: str, object_id: str, ra: float | None = None, dec: float | None = None) -> tuple[Link, ...]:
    """Where more is known of an object: ALeRCE's Explorer, and with a position (degrees) what is there."""
    oid = quote(object_id, safe="")
    explorers = {
        Survey.ZTF: f"https://alerce.online/object/{oid}",
        Survey.LSST: f"https://lsst.alerce.online/object/{oid}?survey=lsst",
    }
    known = [("ALeRCE Explorer", url) for name, url in explorers.items() if name == survey]
    if ra is not None and dec is not None and math.isfinite(ra) and math.isfinite(dec):
        known += _at(f"{ra:.6f}", f"{dec:.6f}", quote(f"{ra:.6f} {dec:+.6f}"))
    return tuple(Link(name=name, url=url) for name, url in known)


def _at(ra: str, dec: str, both: str) -> list[tuple[str, str]]:
    ned = "search_type=Near%20Position%20Search&in_csys=Equatorial&in_equinox=J2000"
    simbad = "https://simbad.cds.unistra.fr/simbad/sim-coo"
    viewer = "https://www.legacysurvey.org/viewer"
    return [
        ("TNS", f"https://www.wis-tns.org/search?ra={ra}&decl={dec}&radius=5&coords_unit=arcsec"),
        ("SIMBAD", f"{simbad}?Coord={both}&CooFrame=ICRS&Radius=30&Radius.unit=arcsec"),
        ("NED", f"https://ned.ipac.caltech.edu/conesearch?{ned}&ra={ra}d&dec={dec}d&radius=0.5"),
        ("Finding chart", f"https://aladin.cds.unistra.fr/AladinLite/?target={both}&fov=0.05"),
        ("Legacy Survey", f"{viewer}?ra={ra}&dec={dec}&layer=ls-dr10&zoom=16&mark={ra},{dec}"),
    ]
