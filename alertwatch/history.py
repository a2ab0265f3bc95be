"""What filters ask of an alert's past: everything up to the alert's own time, nothing after it.

Each answer is ``None`` where it is not known. A list that is known to be empty is an empty one.
"""

from __future__ import annotations

from alertwatch.alert import Alert, Detection, NonDetection, Part


def time(alert: Alert) -> float | None:
    """The time of the alert, MJD UTC: of its own detection, else of the message. Never the wall clock."""
    own = alert.detection
    return own.mjd if own is not None else alert.time


def position(alert: Alert) -> tuple[float, float] | None:
    """ICRS right ascension and declination in degrees: the message's, else those of its own detection."""
    for source in (alert, alert.detection):
        if source is not None and source.ra is not None and source.dec is not None:
            return source.ra, source.dec
    return None


def detections(alert: Alert) -> tuple[Detection, ...] | None:
    """Detections up to the alert, the oldest first."""
    now = time(alert)
    if now is None or Part.DETECTIONS not in alert.parts:
        return None
    return tuple(sorted((d for d in alert.detections if d.mjd <= now), key=lambda d: d.mjd))


def non_detections(alert: Alert) -> tuple[NonDetection, ...] | None:
    """Non-detections up to the alert, the oldest first."""
    now = time(alert)
    if now is None or Part.NON_DETECTIONS not in alert.parts:
        return None
    return tuple(sorted((n for n in alert.non_detections if n.mjd <= now), key=lambda n: n.mjd))


def first_detection(alert: Alert) -> float | None:
    """Time of the object's first alert, however old, as known at the time of this one; MJD UTC.

    So an object id that a new source inherited from an old one counts from its first use. The survey's own
    history (``first_hist_mjd``, ZTF ``jdstarthist``) does not count: it begins with the first 3-σ fluctuation,
    which for 7 of ALeRCE's 30 example SNe is a week to years before the first alert.
    """
    past, summary = detections(alert), alert.summary
    if past is None or summary is None or summary.first_mjd is None:
        return None
    return min([summary.first_mjd, *(d.mjd for d in past)])
