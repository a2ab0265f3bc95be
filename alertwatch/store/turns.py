"""A lock that serves threads in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """First come, first served: no thread that writes back to back can starve another one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    @property
    def waiting(self) -> int:
        """How many threads have a turn or wait for one."""
        return len(self._queue)

    @contextmanager
    def turn(self, patience: float) -> Iterator[bool]:
        """Wait for this thread's turn; gives ``False`` when it did not come within ``patience`` seconds."""
        ticket = object()
        try:
            with self._changed:
                self._queue.append(ticket)
                mine = self._changed.wait_for(lambda: self._queue[0] is ticket, patience)
            yield mine
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()
