"""What a source does on any broker."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections import defaultdict

from confluent_kafka import Consumer, TopicPartition

from consumer.kafka.source import Batch
from tests.kafka.conftest import NOON, FakeDatabase, OpenSource, numbers, payloads, read, read_to_end
from tests.support.kafka import Broker, wait_for

TOTAL = 20_000


def test_every_message_comes_once_and_in_order_whatever_the_batches(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic, chance = broker.topic(), random.Random(20260315)
    broker.produce(topic, payloads(TOTAL))
    source = open_source({topic: "ztf_stamp"}, batch_messages=700)
    by_partition: dict[int, list[int]] = defaultdict(list)
    most = 700

    def ended() -> bool:
        nonlocal most
        batch = source.poll(0.2, at_most=most)
        assert len(batch.messages) <= most
        most = chance.randint(1, 900)
        for message in batch.messages:
            by_partition[message.partition.partition].append(message.offset)
        database.store(batch)
        return source.at_end()

    wait_for(ended, "the end")
    assert sum(len(offsets) for offsets in by_partition.values()) == TOTAL
    assert all(offsets == list(range(len(offsets))) for offsets in by_partition.values())
    assert sum(database.positions.values()) == TOTAL


def test_a_message_says_where_it_is_from(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic = broker.topic()
    broker.produce(topic, [b"alert"], partition=0, timestamp_ms=1_773_576_000_123)
    (message,) = read(open_source({topic: "ztf_stamp"}), database, 1)
    assert str(message) == f"ztf:{topic}[0]@0"
    assert (message.timestamp_ms, message.payload) == (1_773_576_000_123, b"alert")


def test_a_message_without_content_is_a_message_also_as_the_first_of_a_batch(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic = broker.topic()
    broker.produce(topic, [b"", b"", b"alert"], partition=0)
    source, found = open_source({topic: "ztf_stamp"}), []

    def ended() -> bool:
        batch = source.poll(0.2, at_most=1)
        found.extend((message.offset, message.payload) for message in batch.messages)
        return source.at_end()

    wait_for(ended, "the end")
    assert found == [(0, b""), (1, b""), (2, b"alert")]


def test_batches_are_bounded_in_bytes(broker: Broker, open_source: OpenSource, database: FakeDatabase) -> None:
    topic = broker.topic()
    broker.produce(topic, [bytes(30_000)] * 60)
    source, sizes = open_source({topic: "ztf_packet"}, batch_bytes=100_000), []

    def ended() -> bool:
        batch = source.poll(0.2)
        sizes.append(sum(len(message.payload) for message in batch.messages))
        return source.at_end()

    wait_for(ended, "the end")
    assert sum(sizes) == 60 * 30_000
    assert max(sizes) <= 100_000


def test_reading_goes_on_where_the_database_says(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic, group = broker.topic(), broker.topic("group")
    broker.produce(topic, payloads(100), partition=0)
    first = open_source({topic: "ztf_stamp"}, group_id=group)
    read(first, database, 100)  # and Kafka's committed offset is 100 now
    first.close()
    database.positions = {key: min(40, offset) for key, offset in database.positions.items()}
    again = read_to_end(open_source({topic: "ztf_stamp"}, group_id=group), database)
    assert numbers(again) == list(range(40, 100))


def test_another_group_has_positions_of_its_own(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic = broker.topic()
    broker.produce(topic, payloads(10))
    read_to_end(open_source({topic: "ztf_stamp"}), database)
    assert numbers(read_to_end(open_source({topic: "ztf_stamp"}), database)) == list(range(10))


def test_offsets_are_committed_to_kafka_for_others_to_see(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic, group = broker.topic(), broker.topic("group")
    broker.produce(topic, payloads(10), partition=0)
    source = open_source({topic: "ztf_stamp"}, group_id=group)
    read(source, database, 10)
    other = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group})

    def committed() -> bool:
        source.poll(0.1)
        return bool(other.committed([TopicPartition(topic, 0)], timeout=10)[0].offset == 10)

    wait_for(committed, "the commit")
    other.close()


def test_while_the_database_is_away_nothing_is_started(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic = broker.topic()
    broker.produce(topic, payloads(10))
    database.away = True
    source = open_source({topic: "ztf_stamp"})
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        assert not source.poll(0.5)
    assert not source.at_end()
    database.away = False
    assert numbers(read_to_end(source, database)) == list(range(10))


def test_a_paused_source_delivers_nothing_and_loses_nothing(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic = broker.topic()
    broker.produce(topic, payloads(5_000))
    source = open_source({topic: "ztf_stamp"}, batch_messages=50)
    messages, chance = read(source, database, 50), random.Random(1)
    while not source.at_end():
        source.pause()
        assert not any(source.poll(chance.uniform(0, 0.02)) for _ in range(3))
        source.resume()
        for _ in range(chance.randint(1, 20)):
            batch = source.poll(0.1)
            database.store(batch)
            messages += batch.messages
    assert [int(m.payload) for m in sorted(messages, key=lambda m: int(m.payload))] == list(range(5_000))


def test_a_topic_that_appears_while_paused_waits_for_the_end_of_the_pause(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    stem = broker.topic("daily")
    broker.produce(f"{stem}_20260315", payloads(5))
    source = open_source({stem + "_{date}": "ztf_stamp"})
    read(source, database, 5)
    source.pause()
    broker.produce(f"{stem}_20260316", payloads(5, first=5))
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        assert not source.poll(0.2)
    source.resume()
    assert numbers(read(source, database, 5)) == list(range(5, 10))


def test_no_message_is_missed_when_the_day_switches(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    stem, now = broker.topic("stamp_classifier"), [NOON.replace(hour=22, minute=59)]
    today, tomorrow = f"{stem}_20260315", f"{stem}_20260316"
    broker.produce(today, payloads(100))
    source = open_source({stem + "_{date}": "ztf_stamp"}, clock=lambda: now[0])
    messages = read(source, database, 100)
    now[0] += dt.timedelta(minutes=2)
    broker.produce(tomorrow, payloads(100, first=100))
    broker.produce(today, payloads(10, first=200))  # with traffic at the switch, both get messages
    messages += read(source, database, 110)
    assert numbers(messages) == list(range(210))
    assert source.topics() == {today, tomorrow}


def test_a_day_is_dropped_when_it_has_expired(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    stem, now = broker.topic("stamp_classifier"), [NOON]
    broker.produce(f"{stem}_20260314", payloads(5))
    broker.produce(f"{stem}_20260315", payloads(5, first=5))
    source = open_source({stem + "_{date}": "ztf_stamp"}, clock=lambda: now[0])
    read(source, database, 10)
    now[0] += dt.timedelta(days=3)

    def dropped() -> bool:
        source.poll(0.2)
        return {lag.topic for lag in source.lag()} == {f"{stem}_20260315"}

    wait_for(dropped, "the old day to be dropped")


def test_an_expired_day_that_is_still_there_is_read_to_its_end(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    stem, now = broker.topic("stamp_classifier"), [NOON]
    broker.produce(f"{stem}_20260314", payloads(50))
    source = open_source({stem + "_{date}": "ztf_stamp"}, clock=lambda: now[0], batch_messages=1)
    messages = read(source, database, 1)
    broker.produce(f"{stem}_20260315", payloads(5, first=50))
    now[0] += dt.timedelta(days=3)
    time.sleep(0.6)  # the next poll looks at the topics again
    messages += read(source, database, 54)
    assert numbers(messages) == list(range(55))


def test_several_patterns_have_readers_of_their_own(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    stamps, curves = broker.topic("stamps"), broker.topic("lc")
    broker.produce(stamps, payloads(3))
    broker.produce(f"{curves}_x", payloads(3, first=3))
    source = open_source({stamps: "ztf_stamp", f"^{curves}_": "ztf_lc"})
    messages = read(source, database, 6)
    readers = {source.reader_name(message.partition.topic) for message in messages}
    assert readers == {"ztf_stamp", "ztf_lc"}


def test_from_the_latest_skips_only_what_was_there_at_the_first_start(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    stem = broker.topic("daily")
    pattern, group = {stem + "_{date}": "ztf_stamp"}, broker.topic("group")
    broker.produce(f"{stem}_20260314", payloads(10))
    first = open_source(pattern, group_id=group, start="latest")
    assert read_to_end(first, database) == []
    broker.produce(f"{stem}_20260315", payloads(10, first=10))
    assert numbers(read(first, database, 10)) == list(range(10, 20))
    first.close()
    broker.produce(f"{stem}_20260314", payloads(10, first=20))
    broker.produce(f"{stem}_20260316", payloads(10, first=30))
    second = open_source(pattern, group_id=group, start="latest")
    assert numbers(read(second, database, 20)) == list(range(20, 40))


def test_without_any_topic_the_end_is_reached_within_seconds(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    assert read_to_end(open_source({broker.topic() + "_{date}": "ztf_stamp"}), database, seconds=20) == []


def test_lag_is_what_remains_to_be_read(
    broker: Broker, open_source: OpenSource, database: FakeDatabase
) -> None:
    topic = broker.topic()
    broker.produce(topic, payloads(100), partition=0)
    source = open_source({topic: "ztf_stamp"}, batch_messages=30)
    assert read(source, database, 30)
    (first, *others) = source.lag()
    assert (first.topic, first.partition, first.position, first.high, first.lag) == (topic, 0, 30, 100, 70)
    assert all(other.lag == 0 for other in others)
    read(source, database, 70)
    assert source.lag()[0].lag == 0


def test_a_batch_without_messages_and_positions_is_false() -> None:
    assert not Batch()
