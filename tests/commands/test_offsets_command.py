from __future__ import annotations

import json

import pytest

from alertwatch.settings import SourceSettings
from alertwatch.store import gaps, positions
from alertwatch.store.gaps import Gap
from alertwatch.store.positions import PositionKey
from consumer.kafka.cluster import Cluster


@pytest.fixture
def topic(broker, settings_file) -> str:
    """Three messages in partition 0 of a topic that the settings follow."""
    name = broker.topic()
    broker.produce(name, [b"one", b"two", b"three"], partition=0)
    source = f'brokers = "{broker.bootstrap}"\ngroup_id = "tests"\ntopics = {{ {name} = "ztf_stamp" }}\n'
    settings_file.write_text(f"[sources.ztf]\n{source}")
    return name


@pytest.fixture
def cluster(broker, topic) -> Cluster:
    settings = SourceSettings(brokers=broker.bootstrap, group_id="tests", topics={topic: "ztf_stamp"})
    cluster = Cluster("ztf", settings)
    cluster.partitions()
    return cluster


def save(store, cluster: Cluster, topic: str, offset: int) -> None:
    incarnation = cluster.incarnations([topic])[topic]
    with store.write() as tx:
        positions.save(tx, {PositionKey(cluster.id, "tests", topic, incarnation, 0): offset}, "ztf")


def row(cli, *options: str) -> dict:
    result = cli("offsets", "--format", "json", *options)
    assert result.exit_code == 0, result.output
    return next(row for row in json.loads(result.stdout) if row["partition"] == 0)


def test_the_lag_is_what_lies_between_the_position_and_the_end(cli, store, cluster, topic):
    save(store, cluster, topic, 1)

    shown = row(cli)

    assert (shown["topic"], shown["position"], shown["end"], shown["lag"]) == (topic, 1, 3, 2)


def test_a_partition_that_was_never_read_says_so(cli, topic):
    shown = row(cli)

    assert (shown["position"], shown["end"], shown["note"]) == (None, 3, "not read yet")


def test_the_position_of_another_group_is_not_ours(cli, store, cluster, topic):
    with store.write() as tx:
        positions.save(tx, {PositionKey(cluster.id, "others", topic, "", 0): 2}, "ztf")

    assert row(cli)["position"] is None


def test_without_a_broker_the_stored_positions_are_shown_and_the_reason_said(cli, store, monkeypatch):
    monkeypatch.setattr("consumer.kafka.cluster.ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(Cluster.partitions, "__defaults__", (0.1,))
    with store.write() as tx:
        positions.save(tx, {PositionKey("c", "tests", "stamp_classifier_20260315", "", 0): 41}, "ztf")

    result = cli("offsets")

    assert result.exit_code == 75
    assert "stamp_classifier_20260315" in result.stdout
    assert "41" in result.stdout
    assert "No Kafka broker answers at localhost:1" in result.stderr


def test_gaps_are_mentioned_and_shown_on_demand(cli, store):
    gap = Gap("ztf", "stamp_classifier_20260315", 0, 10, 250, 61114.0, 61114.5, "expired before it was read")
    with store.write() as tx:
        gaps.add(tx, gap)

    assert json.loads(cli("offsets", "--gaps", "--format", "json").stdout) == [vars(gap)]
    assert "2026-03-15 12:00" in cli("offsets", "--gaps").stdout
    assert json.loads(cli("offsets", "--gaps", "--source", "ztf", "--format", "json").stdout)


def test_a_source_that_is_not_configured_gets_the_nearest_name(cli, settings_file):
    result = cli("offsets", "--source", "zft")

    assert result.exit_code == 1
    assert result.stderr == "alertwatch: no source 'zft' is configured; did you mean 'ztf'?\n"
