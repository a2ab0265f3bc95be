"""Killed at any moment, on any broker and database: nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.service import messages
from tests.service.conftest import Place
from tests.support.kafka import QUICK_GROUP, ApacheKafka, wait_for
from tests.support.service import Installation

COUNT = 20_000
KILLS = 6


def expected(count: int = COUNT) -> list[tuple[str, str, str]]:
    return sorted(("sn_message", *alert) for alert in messages.expected(count))


@pytest.mark.slow
def test_killed_again_and_again_every_match_is_stored_once(tmp_path: Path, place: Place) -> None:
    """Each kill waits for a point of the stream of its own, so that it hits the middle of the work."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    topic = place.broker.topic("stamps")
    place.broker.produce(topic, messages.stamps(COUNT))
    installation = Installation(tmp_path, *place, {topic: "ztf_stamp"}, ["sn_message"], 10, QUICK_GROUP)
    reached = []
    for target in sorted(rng.randrange(COUNT * 9 // 10) for _ in range(KILLS)):
        with installation.running():
            wait_for(lambda: installation.messages_done() > target, f"message {target}")  # noqa: B023
            time.sleep(rng.uniform(0.0, 0.05))
        reached.append(installation.messages_done())
    assert reached[0] < COUNT
    assert len(set(reached)) > KILLS // 2

    installation.finish()

    assert installation.found() == expected()


@pytest.mark.slow
@pytest.mark.docker
def test_a_broker_restart_loses_nothing(tmp_path: Path, apache: ApacheKafka, postgres_url: str) -> None:
    topic = apache.topic("stamps")
    apache.create_topic(topic)
    everything = messages.stamps(COUNT)
    apache.produce(topic, everything[: COUNT // 2])
    installation = Installation(tmp_path, apache, postgres_url, {topic: "ztf_stamp"}, ["sn_message"], 10)
    with installation.running() as service:
        service.wait_for_event("match")
        apache.restart()
        apache.produce(topic, everything[COUNT // 2 :])
        wait_for(lambda: installation.messages_done() == COUNT, "all messages", 90)
        assert service.terminate() < 10

    assert installation.found() == expected()


@pytest.mark.slow
def test_rebalances_between_two_processes_lose_nothing(tmp_path: Path, place: Place) -> None:
    topic = place.broker.topic("stamps")
    everything = messages.stamps(COUNT)
    place.broker.produce(topic, everything[: COUNT // 4])
    coming = iter(range(COUNT // 4, COUNT, 250))
    installation = Installation(tmp_path, *place, {topic: "ztf_stamp"}, ["sn_message"], 10, QUICK_GROUP)
    with installation.running() as first:
        first.wait_for_event("match")
        with installation.running() as second:
            while not second.has_said("match"):
                start = next(coming)
                place.broker.produce(topic, everything[start : start + 250])
                time.sleep(0.2)
            for start in coming:
                place.broker.produce(topic, everything[start : start + 250])
            first.kill()
            wait_for(lambda: installation.messages_done() == COUNT, "all messages", 90)

    assert installation.found() == expected()
