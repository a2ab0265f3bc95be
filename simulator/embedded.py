"""A Kafka broker inside this process: librdkafka's mock cluster, for the demo, the tests and a first look.

It makes topics by producing (4 partitions each), keeps groups, offsets and timestamps, and lives as long as
its process. It keeps about 5 MB per partition and then drops the oldest records; it knows no SASL, TLS or
admin calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from confluent_kafka import Producer


class EmbeddedBroker:
    """A running broker: ``bootstrap`` is its address, ``producer`` a producer connected to it.

    ``client_options`` are librdkafka options that a consumer of it should have: KIP-848 groups (a new topic is
    then seen within about a second) and short waits, because this broker holds every fetch for its full time.
    """

    client_options: Mapping[str, str | int] = {
        "group.protocol": "consumer",
        "fetch.wait.max.ms": 10,
        "fetch.queue.backoff.ms": 5,
        "topic.metadata.refresh.interval.ms": 1000,
    }

    def __init__(self, brokers: int = 1) -> None:
        self.producer = Producer(
            {
                "test.mock.num.brokers": brokers,
                "bootstrap.servers": "",
                "log_level": 3,
                "linger.ms": 5,
                "sticky.partitioning.linger.ms": 0,  # evenly: a partition that gets too much forgets its oldest
            }
        )
        metadata = self.producer.list_topics(timeout=10)
        self.bootstrap = ",".join(f"{b.host}:{b.port}" for b in metadata.brokers.values())

    def __enter__(self) -> EmbeddedBroker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Send what is buffered and stop the broker: its topics are gone."""
        self.producer.flush(10)
        del self.producer
