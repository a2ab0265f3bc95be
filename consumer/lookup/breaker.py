"""The circuit breaker of one API: after several failures in a row nobody asks it for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

import structlog

from alertwatch.errors import ApiUnavailable

log = structlog.get_logger(__name__)


class Breaker:
    """Counts failures in a row; at the limit it opens for a while, then lets one request at a time through.

    A failure that may be one object's own (a 500) names the object, and counts once for each object: one
    broken object never opens the circuit, several in a row do. ``clock`` is in seconds.
    """

    def __init__(self, name: str, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._name = name
        self._limit = failures
        self._seconds = seconds
        self._clock = clock
        self._run: set[Hashable] = set()
        self._open_until = 0.0
        self._held_until = 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise `ApiUnavailable`, with the time that is left, unless a request may be sent now."""
        with self._lock:
            left = self._left()
            if left > 0:
                raise ApiUnavailable(f"the {self._name} is down; asked again in {left:.0f} s", retry_after=left)
            if self._is_open():  # this request finds out; the others wait for what comes of it
                self._open_until = self._clock() + self._seconds

    def left(self) -> float:
        """Seconds until a request may be sent; 0 when one may be sent now."""
        with self._lock:
            return self._left()

    def success(self) -> None:
        """The API answered, whatever it said."""
        with self._lock:
            if self._is_open():
                log.info("API is back", api=self._name)
                self._open_until = 0.0
            self._run.clear()

    def failure(self, reason: str, of: str | None = None, hold: float | None = None) -> float | None:
        """The API failed, perhaps only for the object ``of``; ``hold`` is the pause that it asked for [s].

        Returns the seconds until it may be asked again, ``None`` when that is now.
        """
        with self._lock:
            was_open = self._is_open()
            self._run.add(object() if of is None else of)
            now = self._clock()
            self._held_until = max(self._held_until, now + (hold or 0.0))
            if self._is_open():
                self._open_until = now + self._seconds
                if not was_open:
                    log.warning("API is down; look-ups wait", api=self._name, error=reason)
            return self._left() or None

    def _is_open(self) -> bool:
        return len(self._run) >= self._limit

    def _left(self) -> float:
        return max(self._open_until, self._held_until, self._clock()) - self._clock()
