"""Readers: one file per message format; the file's name is what the settings call it.

A reader is configured per topic pattern and never guessed from the bytes: the same pattern exists on two
clusters with two encodings, and a wrong schema can decode without an error into wrong values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from alertwatch.alert import Alert, Cutouts


class Reader(ABC):
    """Turns the payload of one kind of message into an `Alert`; raises `DecodeError` for anything else.

    Two depths, since nearly all alerts are dropped after one look: `glance` decodes what the message says of
    the alert itself, `read` also its history and features. Both give the same ids, time and classifications.
    Stateless but for caches; safe to use from several threads.
    """

    name: ClassVar[str]
    """The file's name: stream name, settings value, database value."""

    def split(self, payload: bytes) -> Sequence[bytes]:
        """One payload per alert: an Avro container may hold several records. Cheap when it holds one."""
        return (payload,)

    @abstractmethod
    def glance(self, payload: bytes, received: float | None = None) -> Alert:
        """The alert without history and features: ids, time, position, classification, its own detection.

        ``received`` is the time of the Kafka record, MJD UTC.
        """

    @abstractmethod
    def read(self, payload: bytes, received: float | None = None) -> Alert:
        """The alert with everything that the message holds; its ``parts`` say what that is."""

    @abstractmethod
    def record(self, payload: bytes) -> dict[str, Any]:
        """The whole message as its schema has it, for a person to look at (one record)."""

    def cutouts(self, payload: bytes) -> Cutouts | None:  # noqa: ARG002 - readers of packets use it
        """The images that the message carries; ``None`` when its format has none."""
        return None
