"""Brokers to test on: librdkafka's embedded one everywhere, a real Apache Kafka where Docker runs.

``broker`` runs a test on both. ``apache`` is the real one alone, for what the embedded broker cannot do;
its ``secured`` listeners want SCRAM, TLS or both. One container serves the whole session.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from simulator.embedded import EmbeddedBroker
from tests.support.ports import free_port

IMAGE = "apache/kafka:4.3.1"
QUICK = {"topic.metadata.refresh.interval.ms": 500}  # new topics are found soon
QUICK_GROUP: dict[str, str | int] = {  # forgets the dead soon, for tests that kill
    "group.protocol": "classic",
    "session.timeout.ms": 3000,
    "heartbeat.interval.ms": 500,
}
USER, PASSWORD = "astronomer", "correct horse battery staple"


def _send(producer: Producer, topic: str, payloads: Sequence[bytes], **options: Any) -> None:
    refused: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            refused.append(error)

    for payload in payloads:
        while True:
            try:
                producer.produce(topic, payload, on_delivery=delivered, **options)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    left = producer.flush(30)
    assert not left + len(refused), f"{left + len(refused)} messages to {topic} were not delivered: {refused}"


class Broker:
    """A broker under test. ``client_options`` belong into ``SourceSettings.kafka`` of whoever reads from it."""

    kind: ClassVar[str]
    client_options: ClassVar[dict[str, str | int | float | bool]]
    bootstrap: str
    producer: Producer

    def topic(self, stem: str = "alerts") -> str:
        """A topic name that no other test has."""
        return f"{stem}_{uuid4().hex[:12]}"

    def produce(
        self,
        topic: str,
        payloads: Sequence[bytes],
        partition: int | None = None,
        timestamp_ms: int | None = None,
        key: bytes | None = None,
    ) -> None:
        """Send and wait until the broker has them; without a partition they go where their key says."""
        options = {"partition": partition, "timestamp": timestamp_ms, "key": key}
        _send(self.producer, topic, payloads, **{k: v for k, v in options.items() if v is not None})


class EmbeddedKafka(Broker):
    """librdkafka's mock cluster, in this process: topics made by producing, four partitions each."""

    kind = "embedded"
    client_options: ClassVar = {**EmbeddedBroker.client_options, **QUICK}

    def __init__(self) -> None:
        self.embedded = EmbeddedBroker()
        self.producer, self.bootstrap = self.embedded.producer, self.embedded.bootstrap


@dataclass(frozen=True)
class Listener:
    """One of the real broker's listeners. ``client_options`` name the authority that signed its certificate."""

    security: str
    mechanism: str
    bootstrap: str
    client_options: Mapping[str, str] = field(default_factory=dict)
    username: str = USER
    password: str = PASSWORD


class ApacheKafka(Broker):
    """A real Kafka in a container, on host ports chosen before it starts, so that a restart keeps them."""

    kind = "apache"
    client_options: ClassVar = {**QUICK, "session.timeout.ms": 6000}

    def __init__(self, secrets: Path) -> None:
        from testcontainers.core.container import DockerContainer

        self.ports = {name: free_port() for name in ("PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL", "SSL")}
        self.bootstrap = f"localhost:{self.ports['PLAINTEXT']}"
        self.authority = _make_certificates(secrets)
        container = DockerContainer(IMAGE).with_volume_mapping(str(secrets), "/etc/kafka/secrets", "ro")
        for name, value in _configuration(self.ports).items():
            container.with_env(name, value)
        for port in self.ports.values():
            container.with_bind_ports(port, port)
        self.container = container.start()
        self._connect()
        self.set_password(PASSWORD)

    @property
    def secured(self) -> dict[str, Listener]:
        """The listeners by security protocol: SASL_PLAINTEXT, SASL_SSL and SSL."""
        trust = {"ssl.ca.location": str(self.authority)}
        mechanisms = {"SASL_PLAINTEXT": "SCRAM-SHA-256", "SASL_SSL": "SCRAM-SHA-512", "SSL": "SCRAM-SHA-512"}
        return {
            security: Listener(
                security,
                mechanism,
                f"localhost:{self.ports[security]}",
                trust if security.endswith("SSL") else {},
            )
            for security, mechanism in mechanisms.items()
        }

    def wait_until_up(self) -> None:
        """Return when the broker answers."""
        deadline = time.monotonic() + 90
        while True:
            try:
                AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0}).list_topics(timeout=2)
                return
            except KafkaException:
                if time.monotonic() > deadline:
                    raise

    def _connect(self) -> None:
        """New clients: those of before a restart may have lost the broker for good."""
        self.wait_until_up()
        quick = {"bootstrap.servers": self.bootstrap, "reconnect.backoff.max.ms": 500, "log_level": 0}
        self.producer = Producer({**quick, "linger.ms": 1})
        self.admin = AdminClient(quick)

    def stop(self) -> None:
        """Stop the broker, as an operator would."""
        self.container.get_wrapped_container().stop(timeout=10)

    def start(self) -> None:
        """Start it again, on the same ports with the same data."""
        self.container.get_wrapped_container().start()
        self._connect()

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def create_topic(self, topic: str, partitions: int = 4) -> None:
        """Make a topic."""
        _settle(self.admin.create_topics([NewTopic(topic, partitions, 1)]))

    def delete_topic(self, topic: str) -> None:
        """Delete a topic and wait until it is gone."""
        _settle(self.admin.delete_topics([topic]))
        wait_for(lambda: topic not in self.admin.list_topics(timeout=10).topics, f"{topic} to be deleted")

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Make the records before an offset expire."""
        _settle(self.admin.delete_records([TopicPartition(topic, partition, before)]))

    def deny_group(self, group: str) -> None:
        """Refuse a consumer group to the SCRAM user, as a broker does outside of one's own prefix."""
        rule = (f"User:{USER}", "*", AclOperation.READ, AclPermissionType.DENY)
        _settle(
            self.admin.create_acls([AclBinding(ResourceType.GROUP, group, ResourcePatternType.LITERAL, *rule)])
        )

    def set_password(self, password: str) -> None:
        """Make the SCRAM user, or change its password; connections that are open stay open."""
        upserts = [
            UserScramCredentialUpsertion(USER, ScramCredentialInfo(mechanism, 4096), password.encode())
            for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)
        ]
        _settle(self.admin.alter_user_scram_credentials(upserts[:1]))
        _settle(self.admin.alter_user_scram_credentials(upserts[1:]))


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return as soon as the condition holds; fail the test when it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)


def _settle(futures: Mapping[Any, Any]) -> None:
    for future in futures.values():
        future.result(timeout=30)


def _make_certificates(folder: Path) -> Path:
    """Write what the image reads (a PKCS#12 key store and its password); return the authority's certificate."""
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    chain = [x509.load_pem_x509_certificate(blob.bytes()) for blob in issued.cert_chain_pems]
    (folder / "kafka.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"kafka",
            key,  # type: ignore[arg-type]
            chain[0],
            [*chain[1:], x509.load_pem_x509_certificate(authority.cert_pem.bytes())],
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    (folder / "password").write_text("secret")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    folder.chmod(0o755)
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder / "authority.pem"


def _configuration(ports: Mapping[str, int]) -> dict[str, str]:
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    return {
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        "KAFKA_LISTENERS": ",".join(
            ["CONTROLLER://0.0.0.0:9093", *(f"{name}://0.0.0.0:{port}" for name, port in ports.items())]
        ),
        "KAFKA_ADVERTISED_LISTENERS": ",".join(f"{name}://localhost:{port}" for name, port in ports.items()),
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": ",".join(
            ["CONTROLLER:PLAINTEXT", *(f"{name}:{name}" for name in ports)]
        ),
        "KAFKA_SASL_ENABLED_MECHANISMS": "SCRAM-SHA-256,SCRAM-SHA-512",
        "KAFKA_LISTENER_NAME_SASL__PLAINTEXT_SCRAM___SHA___256_SASL_JAAS_CONFIG": scram,
        "KAFKA_LISTENER_NAME_SASL__PLAINTEXT_SCRAM___SHA___512_SASL_JAAS_CONFIG": scram,
        "KAFKA_LISTENER_NAME_SASL__SSL_SCRAM___SHA___256_SASL_JAAS_CONFIG": scram,
        "KAFKA_LISTENER_NAME_SASL__SSL_SCRAM___SHA___512_SASL_JAAS_CONFIG": scram,
        "KAFKA_SSL_KEYSTORE_FILENAME": "kafka.p12",
        "KAFKA_SSL_KEYSTORE_TYPE": "PKCS12",
        "KAFKA_SSL_KEYSTORE_CREDENTIALS": "password",
        "KAFKA_SSL_KEY_CREDENTIALS": "password",
        "KAFKA_SSL_CLIENT_AUTH": "none",
        "KAFKA_LOG_DIRS": "/tmp/kraft-combined-logs",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1",  # up soon; it does not live for the better compiler
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "KAFKA_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS": "200",
        "KAFKA_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS": "200",
        "KAFKA_NUM_PARTITIONS": "4",
        "KAFKA_AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "KAFKA_SUPER_USERS": "User:ANONYMOUS",
        "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND": "true",
        "KAFKA_LOG_RETENTION_MS": str(int(dt.timedelta(days=36_500).total_seconds() * 1000)),
    }


def _docker_engine_is_missing() -> str | None:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env()
        client.ping()
        client.close()
    except DockerException as error:
        return f"no Docker engine answers ({os.environ.get('DOCKER_HOST', 'default socket')}): {error}"
    return None


@pytest.fixture(scope="session")
def embedded_kafka() -> Iterator[EmbeddedKafka]:
    kafka = EmbeddedKafka()
    yield kafka
    kafka.embedded.close()


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    if reason := _docker_engine_is_missing():
        pytest.skip(reason)
    kafka = ApacheKafka(tmp_path_factory.mktemp("kafka-secrets"))
    yield kafka
    kafka.container.stop()


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.docker)])
def broker(request: pytest.FixtureRequest) -> Broker:
    """The same test on both brokers."""
    kafka: Broker = request.getfixturevalue(f"{request.param}_kafka")
    return kafka


@pytest.fixture(params=[pytest.param("apache", marks=pytest.mark.docker)])
def apache(request: pytest.FixtureRequest, apache_kafka: ApacheKafka) -> ApacheKafka:
    """A real Kafka, for what the embedded one cannot do."""
    return apache_kafka


@pytest.fixture
def secure_broker(apache: ApacheKafka) -> dict[str, Listener]:
    """The real Kafka's SCRAM and TLS listeners by security protocol."""
    return apache.secured
