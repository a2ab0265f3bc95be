"""What is wrong with the streams that this process reads: behind, cut off, or silent."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from alertwatch.settings import NotificationSettings

STUCK = 100  # messages behind; fewer are a batch under way

Trouble = tuple[str, str]
"""What is wrong, as a key, and the sentence about it."""


class Stream(Protocol):
    """What is watched of a source: whether it is connected, how far behind, how many messages were stored."""

    name: str
    lag: int
    connected: bool

    @property
    def messages(self) -> int:
        """Messages stored since the start."""


class StreamWatch:
    """One stream, looked at now and then; remembers what matters. Times are seconds since 1970."""

    def __init__(self, stream: Stream, settings: NotificationSettings, now: float) -> None:
        self._stream = stream
        self._settings = settings
        self._messages = stream.messages
        self._last_message_at = self._last_connected_at = now
        self._lags: deque[tuple[float, int]] = deque()

    def look(self, now: float) -> Iterator[Trouble]:
        """What is wrong at ``now``."""
        self._note(now)
        name, told = self._stream.name, self._settings
        (since, before), lag = self._lags[0], self._stream.lag
        if now - since >= 60 * told.lag_minutes and lag > STUCK and lag >= before:
            yield f"lag {name}", _behind(name, lag, before, told.lag_minutes)
        if now - self._last_connected_at >= 60 * told.lag_minutes:
            sentence = f"{name}: the broker has not answered for {told.lag_minutes:g} min; we keep trying"
            yield f"away {name}", sentence
        elif now - self._last_message_at >= 3600 * told.silent_hours:
            sentence = f"No {name} alerts for {told.silent_hours:g} h, though the broker is well: weather?"
            yield f"silent {name}", sentence

    def _note(self, now: float) -> None:
        if self._stream.messages != self._messages:
            self._messages, self._last_message_at = self._stream.messages, now
        if self._stream.connected:
            self._last_connected_at = now
        self._lags.append((now, self._stream.lag))
        while len(self._lags) > 1 and self._lags[1][0] <= now - 60 * self._settings.lag_minutes:
            self._lags.popleft()


def _behind(name: str, lag: int, before: int, minutes: float) -> str:
    return f"{name} is behind and does not catch up: {lag:,} messages to read, {before:,} {minutes:g} min ago"
