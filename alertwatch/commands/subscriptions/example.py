"""An invented object, for previews where nothing has matched yet: a young supernova on its way up."""

from __future__ import annotations

import time
from collections.abc import Sequence

from alertwatch.alert import CrossMatch, Detection, LightCurve, NonDetection
from alertwatch.facts import Facts
from alertwatch.filter import Criterion, Outcome
from alertwatch.notification import Entry, Kind, MatchedBy, Notification
from alertwatch.render import derived

OBJECT = "ZTF26example"
RA, DEC = 150.11917, 2.20583
RISE = ((0.0, 19.62), (1.96, 19.18), (2.9, 18.95), (3.93, 18.71))
"""Days since the first detection and magnitude in g; r is seen an hour later and 0.12 mag fainter."""
FIRST = 61114.1875

CRITERIA = (
    Criterion(name="age", outcome=Outcome.PASS, value="3.9", threshold="≤ 5", unit="d"),
    Criterion(name="probability of SN", outcome=Outcome.PASS, value="0.84", threshold="≥ 0.5"),
    Criterion(name="nearest star", outcome=Outcome.PASS, value="none within 2″"),
)


def notification(subscription: str, filters: Sequence[str]) -> Notification:
    """The message that a subscription would send of the invented object, with its light curve drawn."""
    from alertwatch import plots

    curve = light_curve()
    return Notification(
        key=f"preview:{subscription}",
        subscription=subscription,
        kind=Kind.MATCH,
        title=f"{OBJECT} (an invented example)",
        created_at=time.time(),
        entries=(_entry(filters, curve),),
        pictures=plots.pictures(OBJECT, curve, None, "ztf"),
    )


def light_curve() -> LightCurve:
    """Six nights without a sign of it, then two bands that rise."""
    return LightCurve(
        detections=tuple(
            Detection(
                mjd=FIRST + days + hour / 24,
                band=band,
                mag=mag + offset,
                e_mag=0.06,
                ra=RA,
                dec=DEC,
                positive=True,
            )
            for days, mag in RISE
            for band, hour, offset in (("g", 0, 0.0), ("r", 1, 0.12))
        ),
        non_detections=tuple(
            NonDetection(mjd=FIRST - days, band=band, limit=20.4 + 0.05 * days)
            for days in (1.02, 2.97, 5.9)
            for band in ("g", "r")
        ),
    )


def _entry(filters: Sequence[str], curve: LightCurve) -> Entry:
    last = max(curve.detections, key=lambda seen: seen.mjd)
    return Entry(
        survey="ztf",
        object_id=OBJECT,
        reasons=("new (an invented object, to show what a message looks like)",),
        facts=Facts(
            mjd=last.mjd,
            class_name="SN",
            classifier="stamp_classifier",
            probability=0.84,
            band=last.band,
            mag=last.mag,
            ra=RA,
            dec=DEC,
            age_days=last.mjd - FIRST,
        ),
        matched=tuple(MatchedBy(filter=name, mjd=last.mjd, criteria=CRITERIA) for name in filters[:1]),
        brightness=derived.brightness(curve),
        first_mjd=FIRST,
        n_det=len(curve.detections),
        host=CrossMatch(catalog="PS1", distance=1.8, star_score=0.02, mag={"r": 19.9}),
        links=derived.links("ztf", OBJECT, RA, DEC),
    )
