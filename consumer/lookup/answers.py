"""The cache of one API's answers, by object: candidates of one object that come together share them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

MOST_BYTES = 32_000_000


class Answers:
    """Raw answers by (object, request), the object used longest ago dropped first. ``clock``: epoch seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float], most_bytes: int = MOST_BYTES) -> None:
        self._seconds = seconds
        self._clock = clock
        self._most = most_bytes
        self._size = 0
        self._objects: OrderedDict[str, dict[str, tuple[float, bytes]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, about: str, request: str, since: float) -> bytes | None:
        """The answer to ``request``, unless it was asked for before ``since`` or is too old."""
        with self._lock:
            asked, answer = self._objects.get(about, {}).get(request, (float("-inf"), b""))
            if asked < since or asked + self._seconds <= self._clock():
                return None
            self._objects.move_to_end(about)
            return answer

    def put(self, about: str, request: str, asked: float, answer: bytes) -> None:
        """Keep an answer that was asked for at ``asked``."""
        with self._lock:
            kept = self._objects.setdefault(about, {})
            self._size += len(answer) - len(kept.get(request, (0.0, b""))[1])
            kept[request] = (asked, answer)
            self._objects.move_to_end(about)
            while self._size > self._most and self._objects:
                self._drop(next(iter(self._objects)))

    def forget(self, about: str) -> None:
        """Drop all that is kept about an object: it was not ready."""
        with self._lock:
            self._drop(about)

    def _drop(self, about: str) -> None:
        self._size -= sum(len(answer) for _, answer in self._objects.pop(about, {}).values())
