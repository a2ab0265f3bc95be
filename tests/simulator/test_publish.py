"""A night arrives at a broker, message by message, with the alerts' own times."""

from __future__ import annotations

from dataclasses import replace

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, Consumer

from alertwatch.errors import BrokerUnavailable
from simulator.embedded import EmbeddedBroker
from simulator.night import Night, SimMessage
from simulator.publish import producer_for, publish
from tests.support.kafka import Broker

pytestmark = pytest.mark.timeout(120)


def test_every_message_arrives_under_its_topic_key_and_time(night: Night, broker: Broker) -> None:
    topics = {m.topic: broker.topic(m.topic) for m in night.messages[:300]}
    messages, marked = [replace(m, topic=topics[m.topic]) for m in night.messages[:300]], list[SimMessage]()
    assert publish(messages, producer_for(broker.bootstrap), on_sent=marked.append) == 300
    assert marked == messages
    records = read(broker, list(topics.values()), 300)
    assert sorted(records) == sorted((m.topic, m.key.encode(), m.payload, m.timestamp_ms) for m in messages)


def read(broker: Broker, topics: list[str], number: int) -> list[tuple[str, bytes, bytes, int]]:
    options = {"bootstrap.servers": broker.bootstrap, "group.id": topics[0], "auto.offset.reset": "earliest"}
    consumer = Consumer({**options, **broker.client_options})
    consumer.subscribe(topics)
    records: list[tuple[str, bytes, bytes, int]] = []
    while len(records) < number:
        for record in consumer.consume(number, 0.2):
            assert record.error() is None
            kind, timestamp = record.timestamp()
            assert kind == TIMESTAMP_CREATE_TIME
            records.append((record.topic(), record.key(), record.value(), timestamp))
    consumer.close()
    return records


def test_publishing_ends_early_when_asked_to(night: Night) -> None:
    sent: list[SimMessage] = []
    with EmbeddedBroker() as broker:
        number = publish(
            night.messages, producer_for(broker.bootstrap), on_sent=sent.append, stop=lambda: len(sent) == 7
        )
    assert number == 7


def test_a_broker_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(BrokerUnavailable, match=r"no Kafka broker answers at 127\.0\.0\.1:1"):
        producer_for("127.0.0.1:1", timeout=0.5)
