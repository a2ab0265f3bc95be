"""The images of an object that a message shows: those of the alert itself, else the ones stored last."""

from __future__ import annotations

import time
from collections.abc import Callable

from alertwatch.alert import Cutouts, LightCurve
from alertwatch.store import cutouts
from consumer.lookup.stamps import Stamps, source_id
from consumer.notify.patience import PatientStore


class Images:
    """From the database; of an alert that came without, from ALeRCE (``stamps``), and then kept.

    ``clock``: epoch seconds. Methods raise as the store does.
    """

    def __init__(self, store: PatientStore, stamps: Stamps, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._stamps = stamps
        self._clock = clock

    def of(self, survey: str, object_id: str, alert_id: str, curve: LightCurve) -> Cutouts | None:
        """The images of an alert; ``None`` where none can be had just now."""
        return (
            self._stored(survey, object_id, alert_id)
            or self._asked(survey, object_id, alert_id, curve)
            or self._stored(survey, object_id)
        )

    def _stored(self, survey: str, object_id: str, alert_id: str | None = None) -> Cutouts | None:
        found = self._store.read(lambda tx: cutouts.load(tx, survey, object_id, alert_id))
        return found[1] if found else None

    def _asked(self, survey: str, object_id: str, alert_id: str, curve: LightCurve) -> Cutouts | None:
        wanted = source_id(alert_id, curve.detections)
        images = self._stamps.cutouts(survey, object_id, wanted) if wanted else None
        if images is not None:
            now = self._clock()
            self._store.write(lambda tx: cutouts.save(tx, survey, object_id, alert_id, images, now))
        return images
