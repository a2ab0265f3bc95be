"""Completes alerts: fetches the parts that a filter needs and the message lacks, and nothing else.

The API answers before it knows: an object appears as a placeholder, its light curve minutes to hours later. An
answer counts only when it holds the alert's own detection (its candid, its diaSourceId) and the object is no
placeholder; until then it is `NotReadyYet`. What is later than the alert is cut off, so that a look-up next
month gives the same verdict.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar
from weakref import WeakValueDictionary

from msgspec.structs import replace

from alertwatch import times
from alertwatch.alert import Alert, Detection, ForcedPhotometry, NonDetection, Part
from alertwatch.errors import BadAnswer, NotReadyYet
from consumer.lookup.http import About, ApiClient

SAME_TIME = 2.0 / times.SECONDS_PER_DAY  # the same exposure, as rounded by different tables [d]

Photometry = TypeVar("Photometry", Detection, NonDetection, ForcedPhotometry)
Clock = Callable[[], float]


class Lookup(ABC):
    """Completes the alerts of one survey; shared by all worker threads. ``clock`` is in epoch seconds."""

    not_served: ClassVar[frozenset[Part]] = frozenset()
    """Parts that nobody can tell for this survey: they stay unknown, and are not waited for."""

    def __init__(self, clients: Iterable[ApiClient], clock: Clock) -> None:
        self.clients = tuple(clients)
        self._clock = clock
        self._busy: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
        self._lock = threading.Lock()

    def complete(self, alert: Alert, needs: frozenset[Part]) -> Alert:
        """The alert with all parts in ``needs``, as of its own time.

        Raises `NotReadyYet` (ask again later), `BadAnswer` (something is wrong with this object's answers) or
        `ApiUnavailable`. Candidates of one object wait for each other, so that they share the answers.
        """
        missing = needs - alert.parts - self.not_served
        if not missing:
            return alert
        since = float("inf") if alert.received is None else times.to_unix(alert.received)
        turn = self._turn(alert.object_id)
        try:
            with turn.lock:
                known = self._look_up(alert, missing, About(alert.object_id, since))
        except (NotReadyYet, BadAnswer):
            self._forget(alert.object_id)
            raise
        if lacking := missing - known.parts:
            raise NotReadyYet(f"nobody tells the {' and '.join(sorted(lacking))} of {alert.object_id}")
        return as_of_its_time(known)

    def down_for(self) -> float:
        """Seconds until a look-up makes sense; 0 when it does now."""
        return min(client.down_for() for client in self.clients)

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()

    @abstractmethod
    def _look_up(self, alert: Alert, missing: frozenset[Part], about: About) -> Alert:
        """The alert with as many of the ``missing`` parts as can be had."""

    def _turn(self, object_id: str) -> _Turn:
        with self._lock:
            return self._busy.setdefault(object_id, _Turn())

    def _forget(self, object_id: str) -> None:
        for client in self.clients:
            client.forget(object_id)


class _Turn:
    """A lock that a dictionary can hold weakly: gone when nobody waits for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def with_part(alert: Alert, part: Part, **values: object) -> Alert:
    """The alert with one more part known."""
    return replace(alert, parts=alert.parts | {part}, **values)


def own_detection(alert: Alert, detections: Iterable[Detection]) -> Detection:
    """The alert's own one among the object's detections; without it the answer is `NotReadyYet`."""
    found = next((d for d in detections if d.alert_id == alert.alert_id), None)
    if found is None:
        raise NotReadyYet(f"the detections of {alert.object_id} do not hold {alert.alert_id} yet")
    return found


def time_of(alert: Alert) -> float:
    """The alert's time, MJD UTC; without one, what came later than the alert cannot be told: `BadAnswer`."""
    if alert.time is None:
        raise BadAnswer(f"nobody tells the time of the message about {alert.object_id}")
    return alert.time


def until(mjd: float, photometry: Iterable[Photometry]) -> tuple[Photometry, ...]:
    """What was measured up to ``mjd``."""
    return tuple(p for p in photometry if p.mjd <= mjd + SAME_TIME)


def as_of_its_time(alert: Alert) -> Alert:
    """Without what came later than the alert; counts of today that cannot be taken back are unknown."""
    now = time_of(alert)
    seen, summary = until(now, alert.detections), alert.summary
    if summary and summary.last_mjd is not None and summary.last_mjd > now + SAME_TIME:
        last = max((d.mjd for d in seen), default=None)
        n_det = len(seen) if Part.DETECTIONS in alert.parts else None
        summary = replace(summary, last_mjd=last, n_det=n_det, n_hist=None)
    return replace(
        alert,
        detections=seen,
        non_detections=until(now, alert.non_detections),
        forced_photometry=until(now, alert.forced_photometry),
        summary=summary,
    )
