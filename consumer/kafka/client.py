"""The settings of a source as librdkafka options, and librdkafka's errors as ours."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from alertwatch.errors import AccessDenied, AlertwatchError, BrokerUnavailable, SettingsError
from alertwatch.secrets import reveal
from alertwatch.settings import SourceSettings

Options = dict[str, Any]

# Positions live in the database, an expired one must be an error, and the end of a partition an event.
FIXED: Options = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,
}

# librdkafka's name -> ours, for options that other parts of alertwatch read too.
NAMED = {
    "bootstrap.servers": "brokers",
    "metadata.broker.list": "brokers",
    "group.id": "group_id",
    "security.protocol": "security",
}

# 16 MB of messages fetched ahead are as fast as librdkafka's 64.
DEFAULTS: Options = {
    "client.id": "alertwatch",
    "queued.max.messages.kbytes": 16384,
    "fetch.queue.backoff.ms": 5,
    "topic.metadata.refresh.interval.ms": 20_000,
    "socket.keepalive.enable": True,
    "socket.connection.setup.timeout.ms": 10_000,
    "log.connection.close": False,
}
# A member that vanished holds up the others for one session. So it does after a broker was away for longer than
# that: whoever comes back is a new member, and the broker waits for the old one.
CLASSIC_GROUP: Options = {"partition.assignment.strategy": "cooperative-sticky", "session.timeout.ms": 10_000}

DENIED = {
    KafkaError._AUTHENTICATION,
    KafkaError._SSL,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}

log = structlog.get_logger(__name__)


def connection_options(name: str, settings: SourceSettings) -> Options:
    """What any client of the cluster needs. `SettingsError` for options that are alertwatch's own."""
    _refuse_owned(name, settings)
    login: Options = {}
    if settings.security.startswith("SASL"):
        keys = {"sasl.username": "username", "sasl.password": "password"}
        found = {option: reveal(settings, key) for option, key in keys.items()}
        login = {"sasl.mechanism": settings.mechanism} | {k: v for k, v in found.items() if v is not None}
    address = {"bootstrap.servers": settings.brokers, "security.protocol": settings.security}
    return DEFAULTS | login | settings.kafka | address


def consumer_options(name: str, settings: SourceSettings) -> Options:
    """What the consumer needs: the group's protocol decides which defaults are allowed."""
    kip_848 = settings.kafka.get("group.protocol") == "consumer"
    group = {} if kip_848 else CLASSIC_GROUP
    return group | connection_options(name, settings) | FIXED | {"group.id": settings.group_id}


def is_cooperative(options: Options) -> bool:
    """Whether partitions come and go one by one, rather than all at once."""
    cooperative = "cooperative" in options.get("partition.assignment.strategy", "")
    return options.get("group.protocol") == "consumer" or cooperative


def make_consumer(name: str, options: Options) -> Consumer:
    """A consumer. `SettingsError` for options that librdkafka refuses."""
    consumer: Consumer = _make(Consumer, name, options)
    return consumer


def make_admin(name: str, options: Options) -> AdminClient:
    """An admin client. `SettingsError` for options that librdkafka refuses."""
    admin: AdminClient = _make(AdminClient, name, options)
    return admin


def explain(name: str, settings: SourceSettings, error: KafkaError) -> AlertwatchError:
    """One sentence of what went wrong with the cluster and what to do."""
    code, brokers = error.code(), settings.brokers
    if code in {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}:
        return AccessDenied(
            f"Kafka at {brokers} refused the {settings.mechanism} credentials of source {name}: "
            f"check its username and password"
        )
    if code == KafkaError._SSL:
        return AccessDenied(
            f"TLS with Kafka at {brokers} failed ({_short(error)}): check sources.{name}.security, "
            f'and "ssl.ca.location" in sources.{name}.kafka'
        )
    if code == KafkaError.GROUP_AUTHORIZATION_FAILED:
        return AccessDenied(
            f"Kafka at {brokers} refused the consumer group {settings.group_id}: "
            f"sources.{name}.group_id must start with the prefix that you were given"
        )
    if code in DENIED:
        return AccessDenied(f"Kafka at {brokers} refused source {name}: {error.str()}")
    return BrokerUnavailable(
        f"No Kafka broker answers at {brokers} ({_short(error)}): check sources.{name}.brokers and .security, "
        f"and the network"
    )


class LogBridge(logging.Logger):
    """Where librdkafka's own log lines go: to structlog, as details. What matters arrives as an error."""

    def __init__(self, source: str) -> None:
        super().__init__("librdkafka")
        self._details = log.bind(source=source)

    def log(self, level: int, msg: object, *args: object, **_: Any) -> None:  # noqa: ARG002 - all are details
        """Called by the client library while it is polled."""
        self._details.debug("librdkafka", message=str(msg) % args if args else str(msg))


class Faults:
    """Listens to what librdkafka reports between calls; ``last`` is the most telling fault, until `clear`."""

    def __init__(self, name: str, settings: SourceSettings) -> None:
        self._name, self._settings = name, settings
        self.last: AlertwatchError | None = None

    def __call__(self, error: KafkaError) -> None:
        """librdkafka's ``error_cb``. That all brokers are down says no more than silence."""
        telling = self.last is None and error.code() != KafkaError._ALL_BROKERS_DOWN
        if telling or error.code() in DENIED:
            self.last = explain(self._name, self._settings, error)

    def clear(self) -> None:
        """The cluster answers."""
        self.last = None


def _make(kind: Callable[..., Any], name: str, options: Options) -> Any:
    try:
        return kind(options, logger=LogBridge(name))
    except KafkaException as error:
        raise SettingsError(f"sources.{name}.kafka is not valid: {error.args[0].str()}") from None


def _refuse_owned(name: str, settings: SourceSettings) -> None:
    for option in settings.kafka:
        if option in NAMED:
            raise SettingsError(
                f'Set sources.{name}.{NAMED[option]} instead of sources.{name}.kafka."{option}"'
            )
        if option in FIXED:
            raise SettingsError(
                f'Remove sources.{name}.kafka."{option}": positions are kept in the database, '
                f"so alertwatch sets it to {FIXED[option]} itself"
            )


def _short(error: KafkaError) -> str:
    """librdkafka's reason without addresses, codes and advice."""
    text = error.str().rpartition("/bootstrap: ")[2].partition(" (after ")[0]
    return re.sub(
        r"error:[0-9A-F]+:SSL routines::|: broker certificate could not be verified.*", "", text
    ).strip()
