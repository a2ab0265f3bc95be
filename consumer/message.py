"""A raw message and where it came from."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Partition(NamedTuple):
    """One partition of one topic of one configured source. ``source`` is its name in the settings."""

    source: str
    topic: str
    partition: int


class Message(msgspec.Struct, frozen=True, gc=False):
    """A raw message. ``timestamp_ms`` is the Kafka record's, milliseconds since 1970 UTC (0: none)."""

    partition: Partition
    offset: int
    timestamp_ms: int
    payload: bytes

    def __str__(self) -> str:
        source, topic, partition = self.partition
        return f"{source}:{topic}[{partition}]@{self.offset}"
