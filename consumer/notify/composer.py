"""Makes notifications for the deliverers: composed from the database, with pictures where they are wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from alertwatch.alert import LightCurve
from alertwatch.notification import Notification, Picture
from alertwatch.sink import Sink
from alertwatch.store.deliveries import Delivery
from consumer.notify.compose import Composed, compose
from consumer.notify.drawing import Drawing
from consumer.notify.images import Images
from consumer.notify.patience import PatientStore


class Composer:
    """Threads share it. ``with_pictures`` says whether a subscription wants them."""

    def __init__(
        self,
        store: PatientStore,
        drawing: Drawing,
        images: Images,
        with_pictures: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._drawing = drawing
        self._images = images
        self._with_pictures = with_pictures

    def __call__(self, delivery: Delivery, sink: Sink[Any]) -> Notification:
        """What the delivery says through this sink. Raises `Stopped` when told to stop meanwhile."""
        composed = self._store.read(lambda tx: compose(tx, delivery))
        if composed.curve is None or not sink.wants_pictures or not self._with_pictures(delivery.subscription):
            return composed.notification
        return replace(composed.notification, pictures=self._pictures(composed, composed.curve))

    def _pictures(self, composed: Composed, curve: LightCurve) -> tuple[Picture, ...]:
        entry = composed.notification.entries[0]
        images = self._images.of(entry.survey, entry.object_id, composed.alert_id or "", curve)
        return self._drawing.pictures(entry.object_id, curve, images, entry.survey, entry.facts.mjd)
