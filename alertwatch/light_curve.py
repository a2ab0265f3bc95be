"""A light curve: all that alerts and look-ups told of an object's brightness."""

from __future__ import annotations

import msgspec

from alertwatch.alert import Detection, ForcedPhotometry, NonDetection


class LightCurve(msgspec.Struct, frozen=True):
    """Each part by time. Units are those of its members: MJD UTC, mag (AB), nJy."""

    detections: tuple[Detection, ...] = ()
    non_detections: tuple[NonDetection, ...] = ()
    forced_photometry: tuple[ForcedPhotometry, ...] = ()
