"""Makes notifications for the deliverers: composed from the database, with pictures where they are wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from alertwatch.alert import Cutouts, LightCurve, Survey
from alertwatch.notification import Notification, Picture
from alertwatch.sink import Sink
from alertwatch.store import Store, cutouts
from alertwatch.store.deliveries import Delivery
from consumer.lookup.stamps import Stamps
from consumer.notify.compose import Composed, compose
from consumer.notify.drawing import Drawing
from consumer.notify.patience import PatientStore


class Composer:
    """Threads share it. ``with_pictures`` says whether a subscription wants them; ``clock``: epoch seconds."""

    def __init__(
        self,
        store: Store,
        drawing: Drawing,
        stamps: Stamps | None,
        with_pictures: Callable[[str], bool],
        stop: threading.Event,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = PatientStore(store, stop, "a message")
        self._drawing = drawing
        self._stamps = stamps
        self._with_pictures = with_pictures
        self._clock = clock

    def __call__(self, delivery: Delivery, sink: Sink[Any]) -> Notification:
        """What the delivery says through this sink. Raises `Stopped` when told to stop meanwhile."""
        composed = self._store.read(lambda tx: compose(tx, delivery))
        if composed.curve is None or not sink.wants_pictures or not self._with_pictures(delivery.subscription):
            return composed.notification
        return replace(composed.notification, pictures=self._pictures(composed, composed.curve))

    def _pictures(self, composed: Composed, curve: LightCurve) -> tuple[Picture, ...]:
        entry = composed.notification.entries[0]
        images = self._images(entry.survey, entry.object_id, composed.alert_id or "", curve)
        return self._drawing.pictures(entry.object_id, curve, images, entry.survey, entry.facts.mjd)

    def _images(self, survey: str, object_id: str, alert_id: str, curve: LightCurve) -> Cutouts | None:
        """The images of the alert that is told of; else the ones stored last of its object."""
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
