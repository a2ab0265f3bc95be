"""Rubin: what ALeRCE's multisurvey API can tell of an alert, and when its answers can be trusted."""

from __future__ import annotations

import time

from msgspec.structs import replace

from alertwatch.alert import Alert, Part
from consumer.lookup.alerce_lsst import AlerceLsst
from consumer.lookup.enrich import Clock, Lookup, own_detection, with_part
from consumer.lookup.http import About, ApiClient


class LsstLookup(Lookup):
    """Rubin: ALeRCE's multisurvey API."""

    not_served = frozenset({Part.NON_DETECTIONS, Part.CROSSMATCHES, Part.FEATURES})
    IN_LIGHT_CURVE = frozenset({Part.DETECTIONS, Part.FORCED_PHOTOMETRY})

    def __init__(self, api: ApiClient, clock: Clock = time.time) -> None:
        super().__init__((api,), clock)
        self._api = AlerceLsst(api)

    def _look_up(self, alert: Alert, missing: frozenset[Part], about: About) -> Alert:
        if missing & (self.IN_LIGHT_CURVE | {Part.OBJECT}):
            curve = self._api.light_curve(about)  # also tells whether the object may be asked for
            own = own_detection(alert, curve.detections)
            alert = replace(
                alert,
                mjd=own.mjd if alert.mjd is None else alert.mjd,
                detections=curve.detections,
                forced_photometry=curve.forced_photometry,
                parts=alert.parts | self.IN_LIGHT_CURVE,
            )
            if Part.OBJECT in missing:
                alert = with_part(alert, Part.OBJECT, summary=self._api.object(about))
        if Part.CLASSIFICATIONS in missing:
            opinions = self._api.classifications(about)
            alert = with_part(alert, Part.CLASSIFICATIONS, classifications=(*alert.classifications, *opinions))
        return alert
