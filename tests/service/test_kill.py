"""Killed at any moment, on any broker and database: nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.service import messages
from tests.support.kafka import ApacheKafka, Broker, wait_for
from tests.support.service import Installation

COUNT = 20_000
KILLS = 8


def found(installation: Installation) -> list[tuple[str, str]]:
    return [(match.object_id, match.alert_id) for match in installation.matches()]


def finish(installation: Installation) -> None:
    done = installation.call("run", "--until-empty")
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.slow
def test_killed_again_and_again_every_match_is_stored_once(
    tmp_path: Path, broker: Broker, database_url: str
) -> None:
    topic = broker.topic("stamps")
    broker.produce(topic, messages.stamps(COUNT))
    installation = Installation(tmp_path, broker, database_url, {topic: "ztf_stamp"}, ["sn_message"])
    rng = random.Random(str(tmp_path))
    for _ in range(KILLS):
        with installation.running() as service:
            service.wait_for_event("partition started")
            time.sleep(rng.uniform(0.0, 0.4))
    finish(installation)

    assert sorted(found(installation)) == sorted(messages.expected(COUNT))


@pytest.mark.slow
def test_a_broker_restart_loses_nothing(tmp_path: Path, apache: ApacheKafka, database_url: str) -> None:
    topic = apache.topic("stamps")
    apache.create_topic(topic)
    half = COUNT // 2
    everything = messages.stamps(COUNT)
    apache.produce(topic, everything[:half])
    installation = Installation(tmp_path, apache, database_url, {topic: "ztf_stamp"}, ["sn_message"])
    with installation.running() as service:
        service.wait_for_event("match")
        apache.restart()
        apache.produce(topic, everything[half:])
        wait_for(lambda: len(found(installation)) >= COUNT // messages.EVERY, "all matches", 90)
        assert service.terminate() < 10

    assert sorted(found(installation)) == sorted(messages.expected(COUNT))


@pytest.mark.slow
def test_a_rebalance_between_two_processes_loses_nothing(
    tmp_path: Path, broker: Broker, database_url: str
) -> None:
    topic = broker.topic("stamps")
    everything = messages.stamps(COUNT)
    broker.produce(topic, everything[: COUNT // 2])
    installation = Installation(tmp_path, broker, database_url, {topic: "ztf_stamp"}, ["sn_message"])
    with installation.running() as first:
        first.wait_for_event("match")
        with installation.running() as second:
            broker.produce(topic, everything[COUNT // 2 :])
            second.wait_for_event("partition started")
            first.kill()
            wait_for(lambda: len(found(installation)) >= COUNT // messages.EVERY, "all matches", 90)

    assert sorted(found(installation)) == sorted(messages.expected(COUNT))
