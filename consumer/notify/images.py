"""The images of an object that a message shows: those of the alert itself, else the ones stored last."""

from __future__ import annotations

import time
from collections.abc import Callable

from alertwatch.alert import Cutouts, LightCurve, Survey
from alertwatch.store import cutouts
from consumer.lookup.stamps import Stamps
from consumer.notify.patience import PatientStore


class Images:
    """From the database; of a ZTF alert that came without, from ALeRCE (``stamps``), and then kept.

    ``clock``: epoch seconds. Methods raise as the store does.
    """

    def __init__(
        self, store: PatientStore, stamps: Stamps | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._stamps = stamps
        self._clock = clock

    def of(self, survey: str, object_id: str, alert_id: str, curve: LightCurve) -> Cutouts | None:
        """The images of an alert; ``None`` where none can be had just now."""
        wanted = _candid(alert_id, curve) if survey == Survey.ZTF else alert_id
        found = self._store.read(lambda tx: cutouts.load(tx, survey, object_id, wanted)) if wanted else None
        if found is None and wanted and survey == Survey.ZTF and self._stamps:
            found = self._asked(self._stamps, object_id, wanted)
        found = found or self._store.read(lambda tx: cutouts.load(tx, survey, object_id))
        return found[1] if found else None

    def _asked(self, stamps: Stamps, object_id: str, candid: str) -> tuple[str, Cutouts] | None:
        images = stamps.cutouts(object_id, candid)
        if images is None:
            return None
        now = self._clock()
        self._store.write(lambda tx: cutouts.save(tx, Survey.ZTF, object_id, candid, images, now))
        return candid, images


def _candid(alert_id: str, curve: LightCurve) -> str | None:
    """The alert's own; a light-curve message has none, so the object's newest one."""
    if alert_id.isdecimal():
        return alert_id
    return next((d.alert_id for d in reversed(curve.detections) if d.alert_id and d.alert_id.isdecimal()), None)
