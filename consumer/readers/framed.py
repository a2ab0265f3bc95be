"""What all readers of Avro messages share: one record at a time, and every failure a `DecodeError`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from alertwatch.alert import Alert
from alertwatch.errors import DecodeError
from consumer.avro import MAGIC, Containers, Frame
from consumer.readers import Reader

UNEXPECTED = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""What conversions raise for a value of another type than the surveys' schemas have."""


class FramedReader(Reader):
    """Opens a message, then lets a subclass turn what its views want into an alert.

    Containers, by default; messages without one are opened by overriding `_bare`.
    """

    def __init__(self) -> None:
        self._containers = Containers()

    def split(self, payload: bytes) -> Sequence[bytes]:
        """A container for each record; anything else as it is."""
        return self._containers.split(payload) if payload.startswith(MAGIC) else (payload,)

    def glance(self, payload: bytes, received: float | None = None) -> Alert:
        """What `_glance` makes of the message; raises `DecodeError` for whatever is wrong with it."""
        frame = self._open(payload)
        try:
            return self._glance(frame, received)
        except UNEXPECTED as error:
            raise _unexpected(error) from error

    def read(self, payload: bytes, received: float | None = None) -> Alert:
        """What `_read` makes of the message; raises `DecodeError` for whatever is wrong with it."""
        frame = self._open(payload)
        try:
            return self._read(frame, received)
        except UNEXPECTED as error:
            raise _unexpected(error) from error

    def record(self, payload: bytes) -> dict[str, Any]:
        """The whole message by fastavro; raises `DecodeError`."""
        return self._open(payload).record()

    @abstractmethod
    def _glance(self, frame: Frame, received: float | None) -> Alert: ...

    @abstractmethod
    def _read(self, frame: Frame, received: float | None) -> Alert: ...

    def _open(self, payload: bytes) -> Frame:
        return self._containers.open(payload) if payload.startswith(MAGIC) else self._bare(payload)

    def _bare(self, payload: bytes) -> Frame:
        """The frame of a message that is no container."""
        raise DecodeError(f"not an Avro container: {len(payload)} bytes that begin with {payload[:8]!r}")


def _unexpected(error: Exception) -> DecodeError:
    return DecodeError(f"the message does not have what its format promises: {type(error).__name__}: {error}")
