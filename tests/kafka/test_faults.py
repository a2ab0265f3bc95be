"""What only a real broker can do to a source."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from consumer.kafka.source import KafkaSource
from consumer.message import Message
from tests.kafka.conftest import FakeDatabase, OpenSource, numbers, payloads, read, read_to_end
from tests.support.kafka import ApacheKafka, wait_for

NOWHERE = {"bootstrap.servers": "localhost:1", "group.id": "g", "log_level": 0}


@pytest.fixture
def topic(apache: ApacheKafka) -> str:
    name = apache.topic()
    apache.create_topic(name)
    return name


def test_a_broker_restart_loses_nothing(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    apache.produce(topic, payloads(100))
    source = open_on_apache({topic: "ztf_stamp"})
    messages = read(source, database, 100)
    apache.stop()
    for _ in range(5):
        assert not source.poll(0.5)
    apache.start()
    apache.produce(topic, payloads(100, first=100))
    messages += read(source, database, 100)
    assert numbers(messages) == list(range(200))


def test_clients_that_lost_every_broker_are_replaced(
    apache: ApacheKafka,
    open_on_apache: OpenSource,
    database: FakeDatabase,
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As librdkafka may do for good, when a broker that shuts down says that there are none."""
    for module in ("source", "cluster"):
        monkeypatch.setattr(f"consumer.kafka.{module}.CUT_OFF_SECONDS", 0.5)
    apache.produce(topic, payloads(10))
    source = open_on_apache({topic: "ztf_stamp"})
    read(source, database, 10)
    source._consumer.close()
    source._consumer, source._cluster._admin = Consumer(NOWHERE), AdminClient(NOWHERE)
    apache.produce(topic, payloads(10, first=10))
    assert numbers(read(source, database, 10)) == list(range(10, 20))


def test_a_source_closes_within_seconds_while_the_broker_is_away(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    apache.produce(topic, payloads(10))
    source = open_on_apache({topic: "ztf_stamp"})
    read(source, database, 10)
    apache.stop()
    source.poll(0.5)
    began = time.monotonic()
    source.close()
    took = time.monotonic() - began
    apache.start()
    assert took < 10  # what a clean stop has


def test_a_topic_deleted_before_it_was_read_is_a_gap(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    apache.produce(topic, payloads(100), partition=0)
    source = open_on_apache({topic: "ztf_stamp"}, batch_messages=30)
    read(source, database, 30)
    apache.delete_topic(topic)
    time.sleep(0.6)  # the next poll looks at the topics before it takes messages
    wait_for(lambda: not source.poll(0.2) and bool(database.gaps), "the gap")
    (gap,) = database.gaps
    assert (gap.topic, gap.partition, gap.from_offset, gap.to_offset) == (topic, 0, 30, 100)
    assert gap.reason == "the topic was deleted before it was read to its end"


def test_a_topic_deleted_after_it_was_read_alarms_nobody(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    apache.produce(topic, payloads(100))
    source = open_on_apache({topic: "ztf_stamp"})
    read_to_end(source, database)
    apache.delete_topic(topic)
    wait_for(lambda: not source.poll(0.2) and not source.topics(), "the topic to be dropped")
    assert database.gaps == []


def test_messages_that_were_unread_when_a_topic_was_remade_are_a_gap(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    apache.produce(topic, payloads(100), partition=0)
    source = open_on_apache({topic: "ztf_stamp"}, batch_messages=30)
    read(source, database, 30)
    apache.delete_topic(topic)
    apache.create_topic(topic)
    apache.produce(topic, payloads(50, first=200), partition=0)
    time.sleep(0.6)
    assert numbers(read(source, database, 50)) == list(range(200, 250))
    assert [(gap.from_offset, gap.to_offset) for gap in database.gaps] == [(30, 100)]


@pytest.mark.parametrize("options", [{}, {"group.protocol": "consumer"}])
def test_a_deleted_and_remade_topic_is_read_from_its_beginning(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str, options: dict[str, str]
) -> None:
    apache.produce(topic, payloads(50), partition=0)
    source = open_on_apache({topic: "ztf_stamp"}, kafka=options)
    read(source, database, 50)
    apache.delete_topic(topic)
    apache.create_topic(topic, 2)
    apache.produce(topic, payloads(70, first=100), partition=0)
    assert numbers(read(source, database, 70)) == list(range(100, 170))
    assert database.gaps == []


def test_a_topic_remade_while_the_service_was_down_is_read_from_its_beginning(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    group = apache.topic("group")
    apache.produce(topic, payloads(50), partition=0)
    first = open_on_apache({topic: "ztf_stamp"}, group_id=group)
    read(first, database, 50)
    first.close()
    apache.delete_topic(topic)
    apache.create_topic(topic)
    apache.produce(topic, payloads(70, first=100), partition=0)
    again = read_to_end(open_on_apache({topic: "ztf_stamp"}, group_id=group), database)
    assert numbers(again) == list(range(100, 170))
    (gap,) = [gap for gap in database.gaps if gap.partition == 0]
    assert (gap.from_offset, gap.to_offset) == (50, None)
    assert "unknown" in gap.reason


def test_expired_messages_are_a_gap_with_its_extent(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    group = apache.topic("group")
    apache.produce(topic, payloads(100), partition=1)
    first = open_on_apache({topic: "ztf_stamp"}, group_id=group)
    read_to_end(first, database)
    first.close()
    database.positions = {key: min(offset, 20) for key, offset in database.positions.items()}
    apache.delete_records(topic, 1, before=60)
    again = read_to_end(open_on_apache({topic: "ztf_stamp"}, group_id=group), database)
    assert numbers(again) == list(range(60, 100))
    (gap,) = database.gaps
    assert (gap.source, gap.topic, gap.partition) == ("ztf", topic, 1)
    assert (gap.from_offset, gap.to_offset) == (20, 60)
    assert "expired" in gap.reason


def test_messages_that_expire_during_a_pause_are_a_gap(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    source = open_on_apache({topic: "ztf_stamp"})
    apache.produce(topic, payloads(10), partition=0)
    read(source, database, 10)
    source.pause()
    apache.produce(topic, payloads(90, first=10), partition=0)
    apache.delete_records(topic, 0, before=50)
    for _ in range(3):
        source.poll(0.2)
    source.resume()
    assert numbers(read(source, database, 50)) == list(range(50, 100))
    assert [(gap.from_offset, gap.to_offset) for gap in database.gaps] == [(10, 50)]


def test_a_position_behind_the_end_is_said_and_the_partition_read_again(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str
) -> None:
    group = apache.topic("group")
    apache.produce(topic, payloads(10), partition=0)
    first = open_on_apache({topic: "ztf_stamp"}, group_id=group)
    read(first, database, 10)
    first.close()
    database.positions = {k: o + 90 if k.partition == 0 else o for k, o in database.positions.items()}
    second = open_on_apache({topic: "ztf_stamp"}, group_id=group)
    assert numbers(read_to_end(second, database)) == list(range(10))
    second.close()
    assert [gap.reason for gap in database.gaps] == [
        "the partition ends at 10, before the position: truncated on the broker"
    ]
    assert read_to_end(open_on_apache({topic: "ztf_stamp"}, group_id=group), database) == []
    assert len(database.gaps) == 1


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"partition.assignment.strategy": "range"},
        {"group.protocol": "consumer"},
    ],
    ids=["cooperative", "eager", "kip-848"],
)
def test_two_sources_share_the_partitions_and_nothing_is_lost_when_one_leaves(
    apache: ApacheKafka, open_on_apache: OpenSource, database: FakeDatabase, topic: str, options: dict[str, str]
) -> None:
    group = apache.topic("group")
    first, second = (open_on_apache({topic: "ztf_stamp"}, group_id=group, kafka=options) for _ in range(2))
    apache.produce(topic, payloads(100))
    seen: list[Message] = []

    def step(*sources: KafkaSource) -> None:
        for source in sources:
            batch = source.poll(0.1)
            database.store(batch)
            seen.extend(batch.messages)

    def shared() -> bool:
        step(first, second)
        return len(first.lag()) == len(second.lag()) == 2

    wait_for(shared, "both to hold two partitions")
    apache.produce(topic, payloads(100, first=100))
    wait_for(lambda: step(first, second) or len(set(numbers(seen))) == 200, "200 messages")
    wait_for(lambda: step(first, second) or (first.at_end() and second.at_end()), "the end for both")
    first.close()
    apache.produce(topic, payloads(100, first=200))
    wait_for(lambda: step(second) or len(set(numbers(seen))) == 300, "300 messages")
    wait_for(lambda: step(second) or len(second.lag()) == 4, "all partitions to be taken over")


def test_a_batch_run_does_not_end_before_others_have_read_their_part(
    apache: ApacheKafka,
    open_on_apache: OpenSource,
    database: FakeDatabase,
    topic: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumer.kafka.source.SETTLED_SECONDS", 1)
    group = apache.topic("group")
    first, second = (open_on_apache({topic: "ztf_stamp"}, group_id=group) for _ in range(2))

    def shared() -> bool:
        for source in (first, second):
            database.store(source.poll(0.1))
        return len(first.lag()) == len(second.lag()) == 2

    wait_for(shared, "both to hold two partitions")
    for partition in range(4):
        apache.produce(topic, payloads(10), partition=partition)
    held = read(first, database, 20)
    second.poll(2)  # keeps its place, stores nothing
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        first.poll(0.2)
        assert not first.at_end()
    assert len(held) == 20
