"""The partitions that the consumer group gave to this process, and where each is read from."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from confluent_kafka import Consumer, TopicPartition

from alertwatch.errors import TryAgainLater
from consumer.kafka.cluster import Place
from consumer.kafka.start import Start, Starts
from consumer.message import Partition

RETRY_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Held:
    """A partition assigned to this process; it is not read before it has a start."""

    origin: Partition
    start: Start | None = None
    next: int = -1  # offset of the next message
    given: int = -1  # position last handed out, or stored
    ended_at: int = -1
    high: int = 0  # where the partition ended when last asked

    @property
    def ended(self) -> bool:
        """Whether it was read to its end."""
        return self.start is not None and self.ended_at == self.next

    def begin(self, start: Start) -> None:
        """Read from here."""
        self.start, self.next, self.given, self.ended_at = start, start.offset, start.stored, -1
        self.high = start.high


class Assignment:
    """Follows topics as a member of the group.

    What the group assigns waits until `start_waiting` finds where to begin, outside of librdkafka's callback:
    a partition is handed to the client together with its offset, and never before.
    """

    def __init__(self, source: str, consumer: Consumer, starts: Starts, *, cooperative: bool) -> None:
        self._source, self._consumer, self._starts = source, consumer, starts
        self._cooperative = cooperative
        self._paused = False
        self._start_at = 0.0
        self.held: dict[tuple[str, int], Held] = {}
        self.changed_at = time.monotonic()

    def follow(self, topics: Iterable[str]) -> None:
        """Subscribe to exactly these topics."""
        self.changed_at = time.monotonic()
        names = sorted(topics)
        log.info("topics followed", source=self._source, topics=names)
        if names:
            self._consumer.subscribe(
                names, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
            )
        else:
            self._consumer.unsubscribe()

    def start_waiting(self) -> None:
        """Start what can be started; what the database or the broker cannot tell now is tried again."""
        waiting = [Place(*place) for place, held in self.held.items() if held.start is None]
        if self._paused or not waiting or time.monotonic() < self._start_at:
            return
        try:
            starts = self._starts.decide(waiting)
        except TryAgainLater as error:
            log.warning("partitions wait for their positions", source=self._source, error=str(error))
            starts = {}
        for place, start in starts.items():
            self.held[place].begin(start)
        self._hand_over(starts)
        if len(starts) < len(waiting):
            self._start_at = time.monotonic() + RETRY_SECONDS

    def restart(self, place: tuple[str, int]) -> None:
        """The place in a partition is lost: find a new one."""
        held = self.held.get(place)
        if held and held.start:
            held.start = None
            self._withdraw([place])

    def pause(self) -> None:
        """Deliver nothing more."""
        self._paused = True
        self._consumer.pause(self._started())

    def resume(self) -> None:
        """Deliver again, from where it stopped."""
        self._paused = False
        self._consumer.resume(self._started())

    def _started(self) -> list[TopicPartition]:
        return [TopicPartition(*place, held.next) for place, held in self.held.items() if held.start]

    def _hand_over(self, places: Iterable[tuple[str, int]]) -> None:
        if self._cooperative:
            new = [TopicPartition(*place, self.held[place].next) for place in places]
            self._consumer.incremental_assign(new)
        else:
            self._consumer.assign(self._started())

    def _withdraw(self, places: Iterable[tuple[str, int]]) -> None:
        if self._cooperative:
            self._consumer.incremental_unassign([TopicPartition(*place) for place in places])
        elif left := self._started():
            self._consumer.assign(left)
        else:
            self._consumer.unassign()

    def _on_assign(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self.changed_at, self._start_at = time.monotonic(), 0.0
        for p in partitions:
            self.held[p.topic, p.partition] = Held(Partition(self._source, p.topic, p.partition))
        self._hand_over([])

    def _on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self.changed_at = time.monotonic()
        gone = {(p.topic, p.partition): self.held.pop((p.topic, p.partition), None) for p in partitions}
        self._withdraw(place for place, held in gone.items() if held and held.start)
