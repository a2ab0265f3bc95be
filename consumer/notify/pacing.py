"""How fast messages follow one another, and how long one waits that was not taken."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from alertwatch.settings import NotificationSettings

JITTER = 0.2
LONGEST_ASKED_SECONDS = 24 * 3600.0  # a destination that asks for more is not taken at its word


class Pace:
    """At most ``per_minute`` messages, evenly spaced; ``None``: any number. ``clock``: monotonic seconds."""

    def __init__(self, per_minute: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._spacing = 60.0 / per_minute if per_minute else 0.0
        self._clock = clock
        self._next = clock()

    def left(self) -> float:
        """Seconds until the next message may go out; 0: now."""
        return max(0.0, self._next - self._clock())

    def took(self) -> None:
        """A message goes out now."""
        self._next = self._clock() + self._spacing


def delay(settings: NotificationSettings, failures: int, asked: float | None = None) -> float:
    """Seconds to wait after the ``failures``-th failure in a row; what the other side ``asked`` for counts.

    Spread by 20 % either way, so that what failed together is not tried together.
    """
    if asked is not None:
        return min(max(asked, 0.0), LONGEST_ASKED_SECONDS)
    first = settings.retry_minutes
    minutes = first[failures - 1] if failures <= len(first) else settings.then_every_minutes
    return 60 * minutes * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - jitter
