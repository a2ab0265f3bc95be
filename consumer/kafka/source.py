"""Batches of raw messages from one Kafka cluster, at the positions that the database knows."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from alertwatch.errors import AccessDenied, BrokerUnavailable, TryAgainLater
from alertwatch.settings import SourceSettings
from alertwatch.store.positions import PositionKey
from consumer.kafka.client import (
    DENIED,
    Faults,
    LogBridge,
    consumer_options,
    explain,
    is_cooperative,
    wrong_options,
)
from consumer.kafka.cluster import ANSWER_SECONDS, Cluster, Place
from consumer.kafka.start import LoadPositions, RecordGap, Start, Starts
from consumer.kafka.topics import Topics
from consumer.message import Message, Partition

SLICE_SECONDS = 0.1  # an assignment that arrives within a poll is acted on this soon
RETRY_SECONDS = 1.0
SETTLED_SECONDS = 5.0

LOST_PLACE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}

log = structlog.get_logger(__name__)


class PartitionLag(NamedTuple):
    """How far a partition was read: the next offset, the partition's end, and what lies between."""

    topic: str
    partition: int
    position: int
    high: int

    @property
    def lag(self) -> int:
        """Messages yet to read."""
        return max(0, self.high - self.position)


@dataclass(slots=True)
class Batch:
    """Messages and the next offsets once they are stored. False when there is nothing to store.

    A batch may hold positions alone: where the reading of a partition began.
    """

    messages: list[Message] = field(default_factory=list)
    positions: dict[PositionKey, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.messages or self.positions)


@dataclass(slots=True)
class Held:
    """A partition assigned to this process. Until it has a start, nothing of it is delivered."""

    origin: Partition
    start: Start | None = None
    next: int = -1  # offset of the next message
    given: int = -1  # position that was last handed out or stored
    ended_at: int = -1

    @property
    def ended(self) -> bool:
        """Whether it was read to its end."""
        return self.start is not None and self.ended_at == self.next

    @property
    def incarnation(self) -> str | None:
        """That of the topic it was started in."""
        return self.start.key.incarnation if self.start else None

    def begin(self, start: Start) -> None:
        """Read from here."""
        self.start, self.next, self.given, self.ended_at = start, start.offset, start.stored, -1


class KafkaSource:
    """Reads one configured source. For use by one thread: poll, process, store, commit, poll again.

    Rebalances are served within `poll`, so that none can happen while a batch is half stored. A partition
    starts where ``load_positions`` says, never anywhere else: while the database is away it waits. What the
    broker no longer has is told to ``record_gap`` before the reading goes on behind it.
    """

    def __init__(
        self,
        name: str,
        settings: SourceSettings,
        load_positions: LoadPositions,
        record_gap: RecordGap,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.name, self._settings, self._clock = name, settings, clock
        self._topics = Topics(name, settings.topics, settings.retention_hours)
        self._cluster = Cluster(name, settings)
        self._starts = Starts(name, settings, self._cluster, load_positions, record_gap)
        options = consumer_options(name, settings)
        self._cooperative = is_cooperative(options)
        self._refresh_seconds = float(options["topic.metadata.refresh.interval.ms"]) / 1000
        self._faults = Faults(name, settings)
        self._consumer = _make_consumer(name, options, self._faults)
        self._followed: dict[str, int] | None = None
        self._held: dict[tuple[str, int], Held] = {}
        self._refresh_at = self._place_at = 0.0
        self._changed_at = time.monotonic()
        self._paused = self._away = False
        self._largest = 1

    # -- what a service calls ------------------------------------------------------------------------------

    def poll(self, timeout: float, at_most: int | None = None) -> Batch:
        """The next messages, as soon as there are any; empty after ``timeout`` seconds, or while paused.

        Bounded by ``batch_messages`` and ``batch_bytes`` of the settings, and by ``at_most`` messages. Raises
        `AccessDenied`, and `BrokerUnavailable` when the cluster did not answer even once; a cluster that
        goes away later is waited for.
        """
        deadline = time.monotonic() + timeout
        most = min(self._settings.batch_messages, at_most or self._settings.batch_messages)
        while True:
            self._tend()
            left = deadline - time.monotonic()
            batch = self._gather(self._consumer.poll(max(0.0, min(left, SLICE_SECONDS))), most)
            if batch or left <= SLICE_SECONDS:
                return batch

    def commit(self, batch: Batch) -> None:
        """Tell Kafka, for others to see how far we are. Only the database's positions count for us."""
        offsets = [
            TopicPartition(key.topic, key.partition, offset)
            for key, offset in batch.positions.items()
            if (key.topic, key.partition) in self._held
        ]
        try:
            if offsets:
                self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            log.debug("offsets not committed to Kafka", source=self.name, error=str(error))

    def pause(self) -> None:
        """Deliver nothing more, and stay in the group as long as `poll` is called."""
        self._paused = True
        self._consumer.pause([TopicPartition(*place) for place in self._held])

    def resume(self) -> None:
        """Deliver again, from where it stopped."""
        self._paused = False
        self._consumer.resume([TopicPartition(*place) for place, held in self._held.items() if held.start])

    def at_end(self) -> bool:
        """Whether every topic that exists was read to its end, be it by other processes of the group."""
        if self._followed is None or not all(h.ended for h in self._held.values()):
            return False
        others = [Place(t, p) for t, n in self._followed.items() for p in range(n) if (t, p) not in self._held]
        if not others and self._held:
            return True
        if time.monotonic() - self._changed_at < SETTLED_SECONDS:
            return False
        return self._starts.all_read(others)

    def lag(self) -> list[PartitionLag]:
        """How far the partitions held by this process were read; asks nobody."""
        return [
            PartitionLag(*place, held.next, max(held.next, held.start.high, self._known_end(place)))
            for place, held in sorted(self._held.items())
            if held.start
        ]

    @property
    def connected(self) -> bool:
        """Whether the cluster answered when it was last asked."""
        return self._followed is not None and not self._away

    def topics(self) -> frozenset[str]:
        """The topics followed now."""
        return frozenset(self._followed or ())

    def reader_name(self, topic: str) -> str:
        """The reader configured for a topic. `SettingsError` when there is none."""
        return self._topics.reader_name(topic)

    def close(self) -> None:
        """Leave the group. Nothing more is committed."""
        self._consumer.close()
        self._held.clear()

    # -- messages ------------------------------------------------------------------------------------------

    def _gather(self, first: KafkaMessage | None, most: int) -> Batch:
        """What waits in the client's queue, up to the limits. Waiting is for ``poll``, bulk for ``consume``."""
        batch = Batch()
        raw, room = [first] if first else [], self._settings.batch_bytes
        while raw:
            room -= self._take(raw, batch.messages)
            wanted = min(most - len(batch.messages), room // self._largest)
            raw = self._consumer.consume(wanted, 0) if wanted > 0 else []
        if not self._paused:
            batch.positions = self._new_positions()
        return batch

    def _take(self, raw: list[KafkaMessage], messages: list[Message]) -> int:
        """Append what is ours to ``messages``; its size in bytes. The hot path: a microsecond per message."""
        size, largest = 0, self._largest
        for message in raw:
            error = message.error()
            if error is not None:
                self._event(message, error)
                continue
            held = self._held.get((message.topic(), message.partition()))  # type: ignore[arg-type]
            offset: int = message.offset()  # type: ignore[assignment]
            if held is None or offset < held.next or held.start is None:
                continue
            payload = message.value() or b""
            kind, timestamp = message.timestamp()
            messages.append(Message(held.origin, offset, timestamp if kind else 0, payload))
            held.next = offset + 1
            size += len(payload)
            largest = max(largest, len(payload))
        self._largest = largest
        return size

    def _new_positions(self) -> dict[PositionKey, int]:
        positions = {}
        for held in self._held.values():
            if held.start and held.next != held.given:
                positions[held.start.key] = held.given = held.next
        return positions

    def _event(self, message: KafkaMessage, error: KafkaError) -> None:
        """Something that librdkafka tells in place of a message. Never raises: messages are in hand."""
        held = self._held.get((message.topic() or "", -1 if (p := message.partition()) is None else p))
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            if held and held.start:
                held.next = held.ended_at = max(held.next, message.offset() or 0)
        elif code in LOST_PLACE:
            if held:
                held.start = None
        elif code in DENIED:
            self._faults.last = explain(self.name, self._settings, error)
        else:
            self._refresh_at = min(self._refresh_at, time.monotonic() + RETRY_SECONDS)
            log.info("kafka", source=self.name, topic=message.topic(), event=error.str())

    def _known_end(self, place: tuple[str, int]) -> int:
        try:
            extent = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
        except KafkaException:
            return -1
        return extent[1] if extent else -1

    # -- topics and partitions -----------------------------------------------------------------------------

    def _tend(self) -> None:
        if isinstance(self._faults.last, AccessDenied):
            raise self._faults.last
        if time.monotonic() >= self._refresh_at:
            self._refresh()
        waiting = [Place(*place) for place, held in self._held.items() if held.start is None]
        if waiting and time.monotonic() >= self._place_at:
            self._place(waiting)

    def _refresh(self) -> None:
        """Look which topics exist: the new day's, deleted ones, those made again under the same name."""
        try:
            existing = self._cluster.partitions(ANSWER_SECONDS if self._followed is None else RETRY_SECONDS)
            followed = {t: existing[t] for t in self._topics.followed(existing, self._clock())}
            incarnations = self._cluster.incarnations(followed)
        except BrokerUnavailable as error:
            if self._followed is None:
                raise
            self._tell_away(error)
            return
        self._tell_back()
        for place, held in self._held.items():
            if held.start and incarnations.get(place[0], held.incarnation) != held.incarnation:
                log.warning("topic was deleted and made again", source=self.name, topic=place[0])
                held.start = None
        self._follow(followed)

    def _follow(self, followed: dict[str, int]) -> None:
        before, self._followed = self._followed, followed
        if before is None:
            self._starts.first_seen = frozenset(followed)
        if before is not None and before.keys() == followed.keys():
            return
        self._changed_at = time.monotonic()
        log.info("topics followed", source=self.name, topics=sorted(followed))
        if followed:
            self._consumer.subscribe(
                sorted(followed), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
            )
        else:
            self._consumer.unsubscribe()

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """They are taken paused; `_place` finds where each begins, outside of this callback."""
        self._changed_at = time.monotonic()
        taken = [TopicPartition(p.topic, p.partition, 0) for p in partitions]
        (consumer.incremental_assign if self._cooperative else consumer.assign)(taken)
        consumer.pause(taken)
        for p in partitions:
            self._held[p.topic, p.partition] = Held(Partition(self.name, p.topic, p.partition))

    def _revoked(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._changed_at = time.monotonic()
        for p in partitions:
            self._held.pop((p.topic, p.partition), None)

    def _place(self, waiting: list[Place]) -> None:
        """Start what can be started; what the database or the broker cannot tell now is tried again."""
        self._place_at = time.monotonic() + RETRY_SECONDS
        try:
            starts = self._starts.decide(waiting)
            for place, start in starts.items():
                self._begin(place, start)
        except TryAgainLater as error:
            log.warning("partitions wait for their positions", source=self.name, error=str(error))
        except KafkaException as error:
            log.debug("partition not ready", source=self.name, error=str(error))

    def _begin(self, place: Place, start: Start) -> None:
        self._consumer.seek(TopicPartition(*place, start.offset))
        self._held[place].begin(start)
        if not self._paused:
            self._consumer.resume([TopicPartition(*place)])
        log.debug("partition started", source=self.name, topic=place.topic, partition=place.partition)

    def _tell_away(self, error: BrokerUnavailable) -> None:
        self._refresh_at = time.monotonic() + RETRY_SECONDS
        if not self._away:
            log.warning("broker away", source=self.name, error=str(error))
        self._away = True

    def _tell_back(self) -> None:
        self._refresh_at = time.monotonic() + self._refresh_seconds
        self._faults.clear()
        if self._away:
            log.info("broker back", source=self.name)
        self._away = False


def _make_consumer(name: str, options: dict[str, object], faults: Faults) -> Consumer:
    try:
        return Consumer(options | {"error_cb": faults}, logger=LogBridge(name))
    except KafkaException as error:
        raise wrong_options(name, error) from None
