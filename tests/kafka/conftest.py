"""A source under test, and a database that is a dictionary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from alertwatch.errors import StoreUnavailable
from alertwatch.settings import SourceSettings
from alertwatch.store.gaps import Gap
from alertwatch.store.positions import PositionKey
from consumer.kafka.source import Batch, KafkaSource
from consumer.message import Message
from tests.support.kafka import Broker, wait_for

NOON = dt.datetime(2026, 3, 15, 12, tzinfo=dt.UTC)

OpenSource = Callable[..., KafkaSource]


class FakeDatabase:
    """Positions (stored ones never move backwards) and gaps; ``away`` makes it raise."""

    def __init__(self) -> None:
        self.positions: dict[PositionKey, int] = {}
        self.gaps: list[Gap] = []
        self.away = False

    def load(self, keys: Sequence[PositionKey]) -> Mapping[PositionKey, int]:
        if self.away:
            raise StoreUnavailable("the database is away")
        wanted = {key._replace(incarnation="") for key in keys}
        return {k: offset for k, offset in self.positions.items() if k._replace(incarnation="") in wanted}

    def record(self, gap: Gap, resumed: Mapping[PositionKey, int]) -> None:
        self.gaps.append(gap)
        self.positions |= resumed

    def store(self, batch: Batch) -> None:
        for key, offset in batch.positions.items():
            self.positions[key] = max(offset, self.positions.get(key, 0))


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def open_source(broker: Broker, database: FakeDatabase) -> Iterator[OpenSource]:
    """Opens sources on the broker and closes them after the test."""
    yield from _opener(broker, database)


@pytest.fixture
def open_on_apache(apache: Broker, database: FakeDatabase) -> Iterator[OpenSource]:
    """The same on the real Kafka alone."""
    yield from _opener(apache, database)


def _opener(broker: Broker, database: FakeDatabase) -> Iterator[OpenSource]:
    opened: list[KafkaSource] = []

    def make(
        topics: Mapping[str, str], clock: Callable[[], dt.datetime] = lambda: NOON, **settings: Any
    ) -> KafkaSource:
        options = {**broker.client_options, **settings.pop("kafka", {})}
        if options.get("group.protocol") == "consumer":
            options.pop("session.timeout.ms", None)  # the broker's business there
        defaults = {"brokers": broker.bootstrap, "group_id": broker.topic("group")}
        chosen = SourceSettings(**defaults | settings, topics=dict(topics), kafka=options)
        opened.append(KafkaSource("ztf", chosen, database.load, database.record, clock))
        return opened[-1]

    yield make
    for source in opened:
        source.close()


def read(source: KafkaSource, database: FakeDatabase, count: int, seconds: float = 60) -> list[Message]:
    """Poll, store and commit until so many messages have come."""
    messages: list[Message] = []

    def enough() -> bool:
        batch = source.poll(0.2)
        database.store(batch)
        source.commit(batch)
        messages.extend(batch.messages)
        return len(messages) >= count

    wait_for(enough, f"{count} messages", seconds)
    return messages


def read_to_end(source: KafkaSource, database: FakeDatabase, seconds: float = 60) -> list[Message]:
    """Poll and store until everything is read."""
    messages: list[Message] = []

    def ended() -> bool:
        batch = source.poll(0.2)
        database.store(batch)
        messages.extend(batch.messages)
        return source.at_end()

    wait_for(ended, "the end of the topics", seconds)
    return messages


def numbers(messages: Sequence[Message]) -> list[int]:
    """The payloads, which these tests make of numbers, sorted."""
    return sorted(int(message.payload) for message in messages)


def payloads(count: int, first: int = 0) -> list[bytes]:
    return [str(n).encode() for n in range(first, first + count)]
