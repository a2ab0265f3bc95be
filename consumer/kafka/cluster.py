"""What a cluster knows of its topics: which exist, their incarnations, where their partitions begin and end."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]

from alertwatch.errors import AccessDenied
from alertwatch.settings import SourceSettings
from consumer.kafka.client import Faults, connection_options, explain, make_admin

ANSWER_SECONDS = 5.0
CUT_OFF_SECONDS = 15.0
"""A client that hears nothing for so long while brokers may answer is replaced by a new one.

A broker that shuts down may answer that the cluster has no brokers. librdkafka 2.10 to 2.16 then forgets them
all, the configured ones too, and can stay without any for good (its issue 5301; no option prevents it).
"""
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"  # the zero UUID, of brokers older than topic ids

EARLIEST, LATEST = OffsetSpec.earliest(), OffsetSpec.latest()  # type: ignore[no-untyped-call]
ABSENT = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
}


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Extent(NamedTuple):
    """The offsets that a partition holds: ``low`` is its first record, ``high`` where the next will go."""

    low: int
    high: int


class Cluster:
    """Asks one cluster. Every method may raise `BrokerUnavailable` or `AccessDenied`, in a sentence."""

    def __init__(self, name: str, settings: SourceSettings) -> None:
        self._name, self._settings = name, settings
        self._faults = Faults(name, settings)
        self._options = connection_options(name, settings) | {"error_cb": self._faults}
        self._admin = make_admin(name, self._options)
        self._heard_at = time.monotonic()
        self.id = ""
        self._has_topic_ids = False

    def partitions(self, timeout: float = ANSWER_SECONDS) -> dict[str, int]:
        """Every topic and the number of its partitions."""
        metadata = self._metadata(timeout)
        self.id = metadata.cluster_id or ""
        self._has_topic_ids = self._has_topic_ids or metadata.controller_id in metadata.brokers
        return {name: len(topic.partitions) for name, topic in metadata.topics.items() if topic.error is None}

    def incarnations(self, topics: Collection[str]) -> dict[str, str]:
        """The ids of existing topics: a topic deleted and made again has another.

        Empty text from brokers without topic ids: before 2.8, or with no controller to ask (the embedded one).
        """
        if not topics or not self._has_topic_ids:
            return dict.fromkeys(topics, "")
        futures = self._admin.describe_topics(TopicCollection(list(topics)), request_timeout=ANSWER_SECONDS)
        ids = {name: str(d.topic_id) for name, d in self._results(futures).items()}
        return {name: "" if topic_id == NO_ID else topic_id for name, topic_id in ids.items()}

    def extents(self, places: Collection[Place]) -> dict[Place, Extent]:
        """Where partitions begin and end; those without a leader just now are left out."""
        low, high = self._offsets(places, EARLIEST), self.ends(places)
        return {place: Extent(low[place], high[place]) for place in places if place in low and place in high}

    def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """Where partitions end; those without a leader just now are left out."""
        return self._offsets(places, LATEST)

    def _offsets(self, places: Collection[Place], spec: OffsetSpec) -> dict[Place, int]:
        wanted = {TopicPartition(*place): spec for place in places}
        futures = self._admin.list_offsets(wanted, request_timeout=ANSWER_SECONDS) if wanted else {}
        return {Place(tp.topic, tp.partition): r.offset for tp, r in self._results(futures).items()}

    def _results(self, futures: Mapping[Any, Any]) -> dict[Any, Any]:
        """What was answered; topics and partitions that are gone or between leaders are left out."""
        answers = {}
        for key, future in futures.items():
            try:
                answers[key] = future.result(timeout=2 * ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() not in ABSENT:
                    raise explain(self._name, self._settings, error.args[0]) from None
        return answers

    def _metadata(self, timeout: float) -> Any:
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            try:
                metadata = self._admin.list_topics(timeout=max(0.05, min(left, 0.5)))
            except KafkaException as error:
                self._admin.poll(0)
                if isinstance(self._faults.last, AccessDenied) or left <= 0:
                    if time.monotonic() - self._heard_at > CUT_OFF_SECONDS:
                        self.renew()
                    raise self._faults.last or explain(self._name, self._settings, error.args[0]) from None
            else:
                self._faults.clear()
                self._heard_at = time.monotonic()
                return metadata

    def renew(self) -> None:
        """Ask through a new client from now on."""
        self._admin, self._heard_at = make_admin(self._name, self._options), time.monotonic()
