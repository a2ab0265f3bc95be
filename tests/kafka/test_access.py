"""Logins and TLS, right and wrong: one clear sentence, and never a secret in it."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka import Consumer
from pydantic import SecretStr

from alertwatch.errors import AccessDenied, BrokerUnavailable
from alertwatch.settings import SourceSettings
from consumer.kafka.source import KafkaSource
from tests.kafka.conftest import FakeDatabase, payloads, read
from tests.support.kafka import ApacheKafka, Listener

WRONG = "not the password"


def source(listener: Listener, topic: str, database: FakeDatabase, **changes: Any) -> KafkaSource:
    settings = {
        "brokers": listener.bootstrap,
        "group_id": f"group-of-{topic}",
        "security": listener.security,
        "mechanism": listener.mechanism,
        "username": SecretStr(listener.username),
        "password": SecretStr(listener.password),
        "topics": {topic: "ztf_stamp"},
        "kafka": dict(listener.client_options),
    }
    return KafkaSource("ztf", SourceSettings(**settings | changes), database.load, database.record)


def sentence(source: KafkaSource, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        source.poll(20)
    source.close()
    text = str(caught.value)
    assert WRONG not in text
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("security", "mechanism"),
    [
        ("SASL_PLAINTEXT", "SCRAM-SHA-256"),
        ("SASL_PLAINTEXT", "SCRAM-SHA-512"),
        ("SASL_SSL", "SCRAM-SHA-256"),
        ("SASL_SSL", "SCRAM-SHA-512"),
        ("SSL", "SCRAM-SHA-512"),
    ],
)
def test_alerts_are_read_over_every_secured_listener(
    apache: ApacheKafka,
    secure_broker: dict[str, Listener],
    database: FakeDatabase,
    security: str,
    mechanism: str,
) -> None:
    topic = apache.topic()
    apache.produce(topic, payloads(10))
    opened = source(secure_broker[security], topic, database, mechanism=mechanism)
    assert len(read(opened, database, 10)) == 10
    opened.close()


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_a_wrong_password_is_one_sentence(
    secure_broker: dict[str, Listener], database: FakeDatabase, security: str
) -> None:
    listener = secure_broker[security]
    text = sentence(source(listener, "a", database, password=SecretStr(WRONG)), AccessDenied)
    assert text == (
        f"Kafka at {listener.bootstrap} refused the {listener.mechanism} credentials of source ztf: "
        "check its username and password"
    )


def test_a_login_that_is_revoked_while_running_stops_the_source_with_one_sentence(
    apache: ApacheKafka,
    secure_broker: dict[str, Listener],
    database: FakeDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consumer.kafka.source.REFUSED_SECONDS", 1)
    monkeypatch.setattr("consumer.kafka.source.CUT_OFF_SECONDS", 1)
    topic, listener = apache.topic(), secure_broker["SASL_PLAINTEXT"]
    apache.produce(topic, payloads(10))
    opened = source(listener, topic, database, kafka={"topic.metadata.refresh.interval.ms": 500})
    read(opened, database, 10)
    apache.set_password("changed")
    opened._consumer = Consumer({"bootstrap.servers": "localhost:1", "group.id": "g", "log_level": 0})
    try:
        assert sentence(opened, AccessDenied).endswith("check its username and password")
    finally:
        apache.set_password(listener.password)


@pytest.mark.parametrize("security", ["SSL", "SASL_SSL"])
def test_a_certificate_of_an_unknown_authority_is_one_sentence(
    secure_broker: dict[str, Listener], database: FakeDatabase, security: str
) -> None:
    listener = secure_broker[security]
    text = sentence(source(listener, "a", database, kafka={}), AccessDenied)
    assert text == (
        f"TLS with Kafka at {listener.bootstrap} failed (SSL handshake failed: certificate verify failed): "
        'check sources.ztf.security, and "ssl.ca.location" in sources.ztf.kafka'
    )


def test_a_group_outside_of_ones_prefix_is_one_sentence(
    apache: ApacheKafka, secure_broker: dict[str, Listener], database: FakeDatabase
) -> None:
    topic, group = apache.topic(), apache.topic("not-mine")
    apache.produce(topic, payloads(1))
    apache.deny_group(group)
    text = sentence(source(secure_broker["SASL_PLAINTEXT"], topic, database, group_id=group), AccessDenied)
    assert text.endswith(
        f"refused the consumer group {group}: "
        "sources.ztf.group_id must start with the prefix that you were given"
    )


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_the_wrong_security_protocol_is_a_broker_that_does_not_answer(
    secure_broker: dict[str, Listener], database: FakeDatabase, security: str
) -> None:
    text = sentence(source(secure_broker[security], "a", database, security="PLAINTEXT"), BrokerUnavailable)
    assert text.endswith("check sources.ztf.brokers and .security, and the network")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:9092"])
def test_an_unreachable_broker_is_one_sentence(database: FakeDatabase, address: str) -> None:
    settings = SourceSettings(brokers=address, group_id="g", topics={"a": "ztf_stamp"})
    text = sentence(KafkaSource("ztf", settings, database.load, database.record), BrokerUnavailable)
    assert text.startswith(f"No Kafka broker answers at {address} (")
    assert text.endswith("): check sources.ztf.brokers and .security, and the network")
