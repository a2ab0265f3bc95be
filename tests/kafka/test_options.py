from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from alertwatch.errors import SettingsError
from alertwatch.settings import SourceSettings
from consumer.kafka.client import FIXED, connection_options, consumer_options, is_cooperative
from consumer.kafka.source import KafkaSource


def settings(**changes: Any) -> SourceSettings:
    common = {"brokers": "localhost:1", "group_id": "me", "topics": {"a": "ztf_stamp"}}
    return SourceSettings(**common | changes)


@pytest.mark.parametrize("option", [*FIXED, "bootstrap.servers", "group.id", "security.protocol"])
def test_an_option_that_alertwatch_sets_itself_is_refused_by_name(option: str) -> None:
    with pytest.raises(SettingsError, match=f'sources.ztf.kafka."{option}"'):
        consumer_options("ztf", settings(kafka={option: "x"}))


def test_any_other_option_wins_over_our_default() -> None:
    options = consumer_options("ztf", settings(kafka={"queued.max.messages.kbytes": 1, "fetch.min.bytes": 7}))
    assert (options["queued.max.messages.kbytes"], options["fetch.min.bytes"]) == (1, 7)


def test_an_option_unknown_to_librdkafka_is_named() -> None:
    with pytest.raises(SettingsError, match=r'sources\.ztf\.kafka is not valid.*"fetch\.min\.byte"'):
        KafkaSource("ztf", settings(kafka={"fetch.min.byte": 1}), lambda _: {}, lambda *_: None)


def test_the_newer_group_protocol_gets_no_option_that_it_forbids() -> None:
    options = consumer_options("ztf", settings(kafka={"group.protocol": "consumer"}))
    assert not {"session.timeout.ms", "partition.assignment.strategy"} & options.keys()
    assert is_cooperative(options)


@pytest.mark.parametrize(("strategy", "cooperative"), [("cooperative-sticky", True), ("range", False)])
def test_the_assignment_strategy_decides_how_partitions_come(strategy: str, cooperative: bool) -> None:
    options = consumer_options("ztf", settings(kafka={"partition.assignment.strategy": strategy}))
    assert is_cooperative(options) is cooperative


def test_credentials_are_read_from_values_or_files(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    options = connection_options(
        "ztf",
        settings(
            security="SASL_SSL",
            mechanism="SCRAM-SHA-256",
            username=SecretStr("me"),
            password_file=tmp_path / "password",
        ),
    )
    assert options["sasl.mechanism"] == "SCRAM-SHA-256"
    assert (options["sasl.username"], options["sasl.password"]) == ("me", "from a file")


def test_a_login_of_ones_own_passes_through() -> None:
    options = connection_options("ztf", settings(security="SASL_SSL", kafka={"sasl.mechanism": "OAUTHBEARER"}))
    assert options["sasl.mechanism"] == "OAUTHBEARER"
    assert "sasl.username" not in options


def test_a_login_without_a_password_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"sources\.ztf\.kafka is not valid"):
        KafkaSource("ztf", settings(security="SASL_SSL"), lambda _: {}, lambda *_: None)


def test_without_sasl_no_credentials_are_sent() -> None:
    options = connection_options("ztf", settings(security="SSL", password=SecretStr("secret")))
    assert not any(option.startswith("sasl.") for option in options)
