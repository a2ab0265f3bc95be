"""Batches of raw messages from one Kafka cluster, at the positions that the database knows."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from alertwatch.errors import AccessDenied, BrokerUnavailable, StoreUnavailable
from alertwatch.settings import SourceSettings
from alertwatch.store.positions import PositionKey
from consumer.kafka.assignment import Assignment
from consumer.kafka.client import DENIED, consumer_options, explain, is_cooperative, make_consumer
from consumer.kafka.cluster import ANSWER_SECONDS, CUT_OFF_SECONDS, Cluster, Place
from consumer.kafka.losses import LoadPositions, Losses, RecordGap
from consumer.kafka.start import Starts
from consumer.kafka.topics import Topics
from consumer.message import Message

SLICE_SECONDS = 0.1  # an assignment that arrives within a poll is acted on this soon
RETRY_SECONDS = 1.0
SETTLED_SECONDS = 5.0  # a group that did not change for so long has shared out its partitions
REFUSED_SECONDS = 60.0  # a broker that restarts may refuse for a moment what it accepted before

LOST_PLACE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._LOG_TRUNCATION}

log = structlog.get_logger(__name__)


class PartitionLag(NamedTuple):
    """How far a partition was read: the offset of the next message, and of the next to be written."""

    topic: str
    partition: int
    position: int
    high: int

    @property
    def lag(self) -> int:
        """Messages yet to read."""
        return self.high - self.position


@dataclass(slots=True)
class Batch:
    """Messages, and the next offsets once they are stored. False when there is nothing to store.

    A batch may hold positions alone: where the reading of a partition began.
    """

    messages: list[Message] = field(default_factory=list)
    positions: dict[PositionKey, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.messages or self.positions)


class KafkaSource:
    """Reads one configured source. For use by one thread: poll, process, store, commit, poll again.

    Rebalances are served within `poll`, so that none can happen while a batch is half stored. A partition
    starts where ``load_positions`` says, never anywhere else: while the database is away it waits. What the
    broker no longer has is told to ``record_gap``, together with where the reading goes on behind it.
    """

    def __init__(
        self,
        name: str,
        settings: SourceSettings,
        load_positions: LoadPositions,
        record_gap: RecordGap,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._name, self._settings, self._clock = name, settings, clock
        self._topics = Topics(name, settings.topics, settings.retention_hours)
        self._cluster = Cluster(name, settings)
        self._losses = Losses(name, load_positions, record_gap)
        self._starts = Starts(settings, self._cluster, load_positions, self._losses)
        self._options = consumer_options(name, settings)
        self._refresh_seconds = float(self._options["topic.metadata.refresh.interval.ms"]) / 1000
        self._connect()
        self._followed: dict[str, int] | None = None
        self._cut_off_since: float | None = None
        self._refresh_at = 0.0
        self._away_since: float | None = None
        self._refused: AccessDenied | None = None
        self._paused = False
        self._largest = 0

    def _connect(self) -> None:
        self._consumer: Consumer = make_consumer(self._name, self._options)
        self._assignment = Assignment(
            self._name, self._consumer, self._starts, cooperative=is_cooperative(self._options)
        )
        self._held = self._assignment.held

    # -- what a service calls ------------------------------------------------------------------------------

    def poll(self, timeout: float, at_most: int | None = None) -> Batch:
        """The next messages, as soon as there are any; empty after ``timeout`` seconds, or while paused.

        Bounded by ``batch_messages`` and ``batch_bytes`` of the settings, and by ``at_most`` messages. Raises
        `AccessDenied`, and `BrokerUnavailable` as long as the cluster has not answered once; a cluster that
        goes away later is waited for.
        """
        deadline = time.monotonic() + timeout
        most = min(self._settings.batch_messages, at_most or self._settings.batch_messages)
        while True:
            self._tend()
            left = max(0.0, deadline - time.monotonic())
            first = self._consumer.poll(min(left, SLICE_SECONDS))
            batch = self._hold_back(first) if self._paused else self._gather(first, most)
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
            log.debug("offsets not committed to Kafka", source=self._name, error=str(error))

    def pause(self) -> None:
        """Deliver nothing more, and stay in the group as long as `poll` is called."""
        self._paused = True
        self._assignment.pause()

    def resume(self) -> None:
        """Deliver again, from where it stopped."""
        self._paused = False
        self._assignment.resume()

    def at_end(self) -> bool:
        """Whether every topic that exists was read to its end, be it by other processes of the group."""
        if self._followed is None or not all(held.ended for held in self._held.values()):
            return False
        others = [Place(t, p) for t, n in self._followed.items() for p in range(n) if (t, p) not in self._held]
        if self._held and not others:
            return True
        settled = time.monotonic() - self._assignment.changed_at > SETTLED_SECONDS
        return settled and self._starts.all_read(others)

    def lag(self) -> list[PartitionLag]:
        """How far the partitions held by this process were read; asks nobody."""
        return [
            PartitionLag(*place, held.next, max(held.next, held.high, self._known_end(place)))
            for place, held in sorted(self._held.items())
            if held.start
        ]

    @property
    def connected(self) -> bool:
        """Whether the cluster answered when it was last asked."""
        return self._followed is not None and self._away_since is None

    def topics(self) -> frozenset[str]:
        """The topics followed now."""
        return frozenset(self._followed or ())

    def reader_name(self, topic: str) -> str:
        """The reader configured for a topic. `SettingsError` when there is none."""
        return self._topics.reader_name(topic)

    def close(self) -> None:
        """Leave the group. Nothing more is committed."""
        self._consumer.close()

    # -- messages ------------------------------------------------------------------------------------------

    def _gather(self, first: KafkaMessage | None, most: int) -> Batch:
        """What waits in the client's queue, up to the limits. ``poll`` waited; ``consume`` is quick in bulk."""
        batch = Batch()
        raw, room = [] if first is None else [first], self._settings.batch_bytes
        while raw:
            room -= self._take(raw, batch.messages)
            fitting = room // self._largest if self._largest else 1  # sizes are not known yet: one by one
            wanted = min(most - len(batch.messages), fitting)
            raw = self._consumer.consume(wanted, 0) if wanted > 0 else []
        for held in self._held.values():
            if held.start and held.next != held.given:
                batch.positions[held.start.key] = held.given = held.next
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
            if held is None or held.start is None or offset < held.next:
                continue
            payload = message.value() or b""
            kind, timestamp = message.timestamp()
            messages.append(Message(held.origin, offset, timestamp if kind else 0, payload))
            held.next = offset + 1
            size += len(payload)
            largest = max(largest, len(payload))
        self._largest = largest
        return size

    def _hold_back(self, message: KafkaMessage | None) -> Batch:
        """While paused: what was on its way already is read again after the pause, and so is its end."""
        if message is None:
            return Batch()
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            self._assignment.restart(_place(message))
        else:
            self._event(message, error)
        return Batch()

    def _event(self, message: KafkaMessage, error: KafkaError) -> None:
        """Something that librdkafka tells in place of a message. Never raises: messages are in hand."""
        code, place = error.code(), _place(message)
        if code == KafkaError._PARTITION_EOF:
            if (held := self._held.get(place)) and held.start:
                held.next = held.ended_at = max(held.next, message.offset() or 0)
        elif code in LOST_PLACE:
            self._assignment.restart(place)
        elif code in DENIED:
            self._refused = AccessDenied(str(explain(self._name, self._settings, error)))
        else:
            self._refresh_at = min(self._refresh_at, time.monotonic() + RETRY_SECONDS)
            log.info("kafka says", source=self._name, topic=message.topic(), said=error.str())

    def _known_end(self, place: tuple[str, int]) -> int:
        try:
            extent = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
        except KafkaException:
            return -1
        return extent[1] if extent else -1

    # -- topics --------------------------------------------------------------------------------------------

    def _tend(self) -> None:
        if self._refused:
            raise self._refused
        if time.monotonic() >= self._refresh_at:
            self._refresh()
        self._assignment.start_waiting()

    def _refresh(self) -> None:
        """Look which topics exist: the new day's, deleted ones, those made again under the same name."""
        try:
            existing = self._cluster.partitions(ANSWER_SECONDS if self._followed is None else RETRY_SECONDS)
            wanted = self._topics.followed(existing, self._clock()) | self._unfinished()
            followed = {topic: count for topic, count in existing.items() if topic in wanted}
            incarnations = self._cluster.incarnations(followed)
            self._note_ends(incarnations)
        except (BrokerUnavailable, AccessDenied) as error:
            self._wait_for_broker(error)
            return
        if self._away_since is not None:
            log.info("broker back", source=self._name)
        self._away_since, self._refresh_at = None, time.monotonic() + self._refresh_seconds
        self._settle(existing, followed, incarnations)
        self._restart_remade(incarnations)
        self._reconnect_if_cut_off()
        self._follow(followed, incarnations)

    def _unfinished(self) -> set[str]:
        """An expired topic is dropped no earlier than at its end: what the broker still has is read."""
        return {topic for (topic, _), held in self._held.items() if not held.ended}

    def _note_ends(self, incarnations: Mapping[str, str]) -> None:
        current = {
            Place(*place): held
            for place, held in self._held.items()
            if held.start and held.start.key.incarnation == incarnations.get(place[0])
        }
        for place, end in self._cluster.ends(current).items():
            current[place].high = end
        self._losses.note({held.start.key: held.high for held in current.values() if held.start})

    def _settle(
        self, existing: Collection[str], followed: Collection[str], incarnations: Mapping[str, str]
    ) -> None:
        """Tell what was lost with topics that are gone. Not while paused: a batch may be in hand."""

        def exists(key: PositionKey) -> bool:
            return key.topic in existing and incarnations.get(key.topic, key.incarnation) == key.incarnation

        if self._paused:
            return
        try:
            self._losses.settle(exists)
        except StoreUnavailable as error:
            log.warning("cannot tell what deleted topics held", source=self._name, error=str(error))
        else:
            self._losses.forget(set(existing) - set(followed))

    def _reconnect_if_cut_off(self) -> None:
        """The cluster answers; where the consumer still hears nothing of it, a new one takes its place."""
        now = time.monotonic()
        try:
            self._consumer.list_topics(timeout=RETRY_SECONDS)
        except KafkaException:
            self._cut_off_since = self._cut_off_since or now
            self._refresh_at = now + RETRY_SECONDS
        else:
            self._cut_off_since = None
        if self._cut_off_since is not None and now - self._cut_off_since > CUT_OFF_SECONDS:
            log.warning("the consumer is cut off from the brokers; joining the group anew", source=self._name)
            self._cluster.renew()  # if the login was revoked, it says so
            self._consumer.close()
            self._connect()
            self._cut_off_since, self._followed = None, {}
            if self._paused:
                self._assignment.pause()

    def _wait_for_broker(self, error: BrokerUnavailable | AccessDenied) -> None:
        if self._followed is None:
            raise error
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            log.warning("broker away", source=self._name, error=str(error))
        if isinstance(error, AccessDenied) and now - self._away_since > REFUSED_SECONDS:
            raise error
        self._refresh_at = now + RETRY_SECONDS

    def _restart_remade(self, incarnations: dict[str, str]) -> None:
        remade = [
            place
            for place, held in self._held.items()
            if held.start
            and held.start.key.incarnation != incarnations.get(place[0], held.start.key.incarnation)
        ]
        for topic in {topic for topic, _ in remade}:
            log.warning("topic was deleted and made again", source=self._name, topic=topic)
        for place in remade:
            self._assignment.restart(place)

    def _follow(self, followed: dict[str, int], incarnations: dict[str, str]) -> None:
        before, self._followed = self._followed, followed
        if before is None:
            self._starts.first_seen = {topic: incarnations.get(topic, "") for topic in followed}
        if before is None or before.keys() != followed.keys():
            self._assignment.follow(followed)


def _place(message: KafkaMessage) -> tuple[str, int]:
    partition = message.partition()
    return message.topic() or "", -1 if partition is None else partition
