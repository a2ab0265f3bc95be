"""Messages that the broker no longer has and that were never read: each loss is recorded, and said loudly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from alertwatch.store.gaps import Gap
from alertwatch.store.positions import PositionKey

LoadPositions = Callable[[Sequence[PositionKey]], Mapping[PositionKey, int]]
RecordGap = Callable[[Gap, Mapping[PositionKey, int]], None]
"""Records a gap and, in the same transaction, where the reading goes on behind it (which may be backwards)."""

log = structlog.get_logger(__name__)


class Losses:
    """Of one source. Remembers where partitions ended, for when their topic is no longer there to ask.

    Whether a topic that was deleted had been read is judged by the database's positions, so that it does not
    matter which process of the group read it. Nobody is alarmed by a topic that was read to its end. Of one
    that was deleted while no process looked, and not made again, nothing can be known; that the service was
    away for too long is noticed by `consumer.outages`.
    """

    def __init__(self, source: str, load_positions: LoadPositions, record_gap: RecordGap) -> None:
        self._source, self._load, self._record = source, load_positions, record_gap
        self._ends: dict[PositionKey, int] = {}

    def note(self, ends: Mapping[PositionKey, int]) -> None:
        """Where partitions end now: the offset of the next message to be written."""
        self._ends |= ends

    def settle(self, exists: Callable[[PositionKey], bool]) -> None:
        """Tell of partitions that are gone before they were read to their end. Raises `StoreUnavailable`."""
        gone = [key for key in self._ends if not exists(key)]
        stored = self._load(gone) if gone else {}
        for key in gone:
            if stored.get(key, 0) < self._ends[key]:
                reason = "the topic was deleted before it was read to its end"
                self.tell(key, stored.get(key), self._ends[key], reason)
            del self._ends[key]

    def forget(self, topics: Iterable[str]) -> None:
        """These are not followed any more."""
        dropped = set(topics)
        self._ends = {key: end for key, end in self._ends.items() if key.topic not in dropped}

    def tell(
        self,
        key: PositionKey,
        lost_from: int | None,
        lost_to: int | None,
        reason: str,
        resumed: int | None = None,
    ) -> None:
        """Record and say one loss; ``resumed`` is where the reading of this very partition goes on."""
        gap = Gap(self._source, key.topic, key.partition, lost_from, lost_to, None, None, reason)
        self._record(gap, {} if resumed is None else {key: resumed})
        log.warning(
            "gap: messages lost",
            source=self._source,
            topic=key.topic,
            partition=key.partition,
            from_offset=lost_from,
            to_offset=lost_to,
            reason=reason,
            resumed_at=resumed,
        )
