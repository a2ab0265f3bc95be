"""What ALeRCE's databases know, and when: nothing of an alert until a while after its message.

The broker inserts an object before it sends the message, and fills in its light curve later. So for
``ready_after`` seconds a new object is a placeholder (or, one in three, not there at all), and an old one
lacks its newest detection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.night import Night, SimMessage
from simulator.objects import LightCurve, SimObject


@dataclass(frozen=True)
class View:
    """An object as the database has it: its light curve up to ``until`` (MJD); ``None``: a placeholder."""

    found: SimObject
    until: float | None
    first_alert: float

    @property
    def light_curve(self) -> LightCurve:
        """The object's light curve (all of it: cut it by `rows`)."""
        return self.found.light_curve

    def rows(self, wanted: NDArray[np.bool_]) -> list[int]:
        """Numbers of the wanted visits that the database has."""
        until = self.until if self.until is not None else -1.0
        return [int(i) for i in np.flatnonzero(wanted & (self.light_curve.visits.mjd <= until))]

    @property
    def detections(self) -> list[int]:
        """Rows of its detections."""
        return self.rows(self.light_curve.detected)

    @property
    def non_detections(self) -> list[int]:
        """Rows of the visits that did not see it."""
        return self.rows(~self.light_curve.detected)


class Catalogue:
    """The objects of a night by id and by alert id. Thread-safe: a publisher marks, request threads read."""

    def __init__(
        self, night: Night, ready_after: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.night, self.ready_after, self._clock = night, ready_after, clock
        self._sent: dict[str, dict[float, float]] = {}
        self.by_alert = {
            found.alert_id(mjd): (found, mjd) for found in night.objects.values() for mjd in found.alert_times
        }

    def sent(self, message: SimMessage) -> None:
        """A message leaves now: call just before it is published."""
        self._sent.setdefault(message.object_id, {}).setdefault(message.mjd, self._clock())

    def sent_long_ago(self) -> None:
        """All messages left so long ago that everything is known."""
        for message in self.night.messages:
            self._sent.setdefault(message.object_id, {})[message.mjd] = float("-inf")

    def view(self, object_id: str) -> View | None:
        """The object as it is known now, or ``None``."""
        found, sent = self.night.objects.get(object_id), self._sent.get(object_id, {})
        if found is None:
            return None
        ready = [mjd for mjd, when in list(sent.items()) if self._clock() - when >= self.ready_after]
        first = min(sent, default=float(found.night))
        if ready:
            return View(found, max(ready), first)
        if _known_before(found):
            return View(found, float(found.night), first)
        return View(found, None, first) if sent and found.index % 3 else None

    def views(self) -> Iterator[View]:
        """All objects that are known now."""
        for object_id in self.night.objects:
            if (view := self.view(object_id)) is not None:
                yield view

    def alert(self, alert_id: str) -> tuple[View, float] | None:
        """The object and time of an alert that is known now, or ``None``."""
        found, mjd = self.by_alert.get(alert_id, (None, 0.0))
        view = self.view(found.object_id) if found is not None else None
        return (view, mjd) if view is not None and view.until is not None and mjd <= view.until else None


@lru_cache(maxsize=100_000)
def _known_before(found: SimObject) -> bool:
    """It sent alerts before tonight."""
    curve = found.light_curve
    return bool(np.any(curve.detected & (curve.visits.mjd < found.night)))
