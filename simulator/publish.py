"""Sends a night's messages to a Kafka broker, with the alerts' own times as the records' timestamps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from alertwatch.errors import BrokerUnavailable
from simulator.night import SimMessage


def producer_for(brokers: str, options: Mapping[str, Any] | None = None, *, timeout: float = 10.0) -> Producer:
    """A producer that has reached ``brokers``; raises `BrokerUnavailable` if none answers in time [s]."""
    producer = Producer({"bootstrap.servers": brokers, "log_level": 3, "linger.ms": 5, **(options or {})})
    try:
        producer.list_topics(timeout=timeout)
    except KafkaException as error:
        raise BrokerUnavailable(f"no Kafka broker answers at {brokers}: {error.args[0].str()}") from error
    return producer


def publish(
    messages: Iterable[SimMessage],
    producer: Producer,
    *,
    rate: float | None = None,
    on_sent: Callable[[SimMessage], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send all messages in order and wait until the broker has them; return their number.

    ``rate``: messages per second at most (as fast as the broker takes them by default). ``on_sent`` is called
    with each message just before it is sent, ``stop`` asked whether to end early. Raises `BrokerUnavailable`
    when the broker refuses a message or has not taken all within a minute.
    """
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failures.append(error)

    start, sent = time.monotonic(), 0
    for message in messages:
        if stop() or failures:
            break
        if rate:
            time.sleep(max(0.0, start + sent / rate - time.monotonic()))
        on_sent(message)
        _produce(producer, message, delivered)
        sent += 1
    left = producer.flush(60)
    if failures or left:
        reason = failures[0].str() if failures else f"{left} messages not taken after a minute"
        raise BrokerUnavailable(f"the simulated night could not be published: {reason}")
    return sent


def _produce(producer: Producer, message: SimMessage, delivered: Callable[..., None]) -> None:
    """Queue one message; when the queue is full, let the broker catch up."""
    while True:
        try:
            producer.produce(
                message.topic,
                key=message.key,
                value=message.payload,
                timestamp=message.timestamp_ms,
                on_delivery=delivered,
            )
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return
