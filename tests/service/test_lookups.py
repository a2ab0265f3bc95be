"""A simulated night through the whole service: stamps, candidates, API, matches; and what disturbs it."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from simulator.api.catalogue import Catalogue
from simulator.api.misbehaviour import Misbehaviour
from simulator.api.server import ApiServer
from simulator.night import Night, SimMessage
from simulator.publish import publish
from tests.service.conftest import Place
from tests.support.kafka import Broker, wait_for
from tests.support.service import Installation

STREAMS = ("ztf_stamp", "rubin_stamp")
KILLS = 6

SETTINGS = """
[apis.ztf]
url = "{ztf}"
packets = "{packets}"
tap = "{tap}"
requests_per_second = 1000
timeout_seconds = 0.5
breaker_seconds = 0.5
[apis.lsst]
url = "{lsst}"
requests_per_second = 1000
timeout_seconds = 0.5
breaker_seconds = 0.5
[lookups]
retry_minutes = [0.005, 0.01]
then_every_minutes = 0.02
lease_seconds = 1
"""

Found = list[tuple[str, str, str]]


@dataclass
class Sky:
    """A night, the API that knows it, and its messages on topics of one test."""

    api: ApiServer
    messages: list[SimMessage] = field(default_factory=list)

    def installation(self, folder: Path, broker: Broker, database_url: str) -> Installation:
        """A user who follows the night; it has been published."""
        topics = {stream: broker.topic(stream) for stream in STREAMS}
        self.messages = [
            replace(m, topic=topics[m.stream]) for m in self.api.catalogue.night.messages if m.stream in topics
        ]
        publish(self.messages, broker.producer, on_sent=self.api.catalogue.sent)
        made = Installation(folder, broker, database_url, {t: s for s, t in topics.items()}, ["young_sn"], 20)
        made.add(SETTINGS.format(**self.api.urls))
        return made


@pytest.fixture(scope="module")
def night() -> Night:
    return Night(700, seed=3, date=dt.date(2026, 3, 15), new_sn_top=120)


@contextmanager
def serving(night: Night, ready_after: float = 0.0) -> Iterator[Sky]:
    with ApiServer(Catalogue(night, ready_after)) as api:
        yield Sky(api)


@pytest.fixture(scope="module")
def undisturbed(night: Night, embedded_kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What a run finds when all goes well."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with serving(night) as sky:
        installation = sky.installation(folder, embedded_kafka, f"sqlite:///{folder / 'alertwatch.db'}")
        installation.finish()
    found = installation.found()
    assert len(found) >= 20
    return found


@pytest.mark.slow
def test_killed_in_the_middle_of_look_ups_every_match_is_stored_once(
    tmp_path: Path, place: Place, night: Night, undisturbed: Found
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with serving(night) as sky:
        installation = sky.installation(tmp_path, *place)
        sky.api.misbehaviour = Misbehaviour(delay=0.03)
        reached = []
        for target in sorted(rng.randrange(len(undisturbed) * 3 // 4) for _ in range(KILLS)):
            with installation.running():
                wait_for(lambda: len(installation.matches()) > target, f"match {target}")  # noqa: B023
                time.sleep(rng.uniform(0.0, 0.05))
            reached.append(len(installation.matches()))
        assert len(set(reached)) > KILLS // 2
        assert reached[0] < len(undisturbed)
        sky.api.misbehaviour = Misbehaviour()
        installation.finish()

    assert installation.found() == undisturbed
    assert installation.candidates() == []


WRONGS = {
    "429 with Retry-After": Misbehaviour(status=429, retry_after=1),
    "500": Misbehaviour(status=500),
    "503": Misbehaviour(status=503),
    "garbage": Misbehaviour(garbage=True),
    "silence": Misbehaviour(silent=True),
}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONGS.values(), ids=WRONGS)
def test_an_api_that_misbehaves_delays_matches_and_neither_loses_nor_invents_any(
    tmp_path: Path,
    embedded_kafka: Broker,
    sqlite_url: str,
    night: Night,
    undisturbed: Found,
    wrong: Misbehaviour,
) -> None:
    """Six seconds here are ten minutes of the default settings: some twenty times the time-out."""
    with serving(night, ready_after=1.0) as sky:
        sky.api.misbehaviour = wrong
        installation = sky.installation(tmp_path, embedded_kafka, sqlite_url)
        with installation.running() as service:
            wait_for(lambda: installation.messages_done() == len(sky.messages), "all messages to be read")
            waiting = {(c.object_id, c.alert_id) for c in installation.candidates()}
            time.sleep(6)
            assert installation.found() == []
            assert {(c.object_id, c.alert_id) for c in installation.candidates()} == waiting
            assert waiting >= {(object_id, alert_id) for _, object_id, alert_id in undisturbed}
            sky.api.misbehaviour = Misbehaviour()
            wait_for(lambda: installation.candidates() == [], "the look-ups after the recovery")
            assert service.terminate() < 10

    assert installation.found() == undisturbed


@pytest.mark.slow
def test_ten_minutes_of_silence_in_the_middle_of_the_night_lose_nothing(
    tmp_path: Path, place: Place, night: Night, undisturbed: Found
) -> None:
    with serving(night, ready_after=1.0) as sky:
        installation = sky.installation(tmp_path, *place)
        with installation.running() as service:
            wait_for(lambda: len(installation.matches()) > 2, "the first matches")
            sky.api.misbehaviour = Misbehaviour(silent=True)
            time.sleep(6)
            sky.api.misbehaviour = Misbehaviour()
            wait_for(_all_done(installation, sky), "the look-ups after the silence")
            assert service.terminate() < 10

    assert installation.found() == undisturbed


@pytest.mark.slow
def test_one_object_that_always_fails_waits_alone(
    tmp_path: Path, embedded_kafka: Broker, sqlite_url: str, night: Night, undisturbed: Found
) -> None:
    failing = undisturbed[0][1]
    with serving(night) as sky:
        sky.api.misbehaviour = Misbehaviour(failing_objects=(failing,))
        installation = sky.installation(tmp_path, embedded_kafka, sqlite_url)
        done = installation.call("run", "--until-empty")
        with installation.running():
            wait_for(lambda: {c.object_id for c in installation.candidates()} == {failing}, "all the others")
        assert installation.found() == [found for found in undisturbed if found[1] != failing]
        listed = installation.call("candidates").stdout
        sky.api.misbehaviour = Misbehaviour()
        installation.finish()

    assert "still wait for a look-up" in done.stderr
    assert failing in listed
    assert "500" in listed
    assert installation.found() == undisturbed


def _all_done(installation: Installation, sky: Sky) -> Callable[[], bool]:
    return lambda: installation.messages_done() == len(sky.messages) and not installation.candidates()
