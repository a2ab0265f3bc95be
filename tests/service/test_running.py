"""How a run begins and ends: limits, signals, exit codes, a second process, an outage before it."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from alertwatch.store import Store, gaps, tables
from tests.service import messages
from tests.service.conftest import Place
from tests.support.kafka import Broker, wait_for
from tests.support.service import Installation

NOBODY = "127.0.0.1:1"


@pytest.fixture
def installation(tmp_path: Path, embedded_kafka: Broker, sqlite_url: str) -> Installation:
    """A user whose topic holds 500 messages."""
    topic = embedded_kafka.topic("stamps")
    embedded_kafka.produce(topic, messages.stamps(500))
    return Installation(tmp_path, embedded_kafka, sqlite_url, {topic: "ztf_stamp"}, ["sn_message"])


def sentences(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("alertwatch:")]


def test_until_empty_says_how_many_candidates_still_wait(
    tmp_path: Path, embedded_kafka: Broker, sqlite_url: str
) -> None:
    topic = embedded_kafka.topic("stamps")
    embedded_kafka.produce(topic, messages.stamps(500))
    nobody_to_ask = Installation(tmp_path, embedded_kafka, sqlite_url, {topic: "ztf_stamp"}, ["young_sn"])
    done = nobody_to_ask.call("run", "--until-empty")
    assert done.returncode == 0
    assert "20 candidates still wait for a look-up" in done.stderr
    assert len(nobody_to_ask.candidates()) == 20


def test_max_alerts_is_exact(installation: Installation) -> None:
    assert installation.call("run", "--max-alerts", "123").returncode == 0
    assert installation.messages_done() == 123
    assert installation.call("run", "--max-alerts", "200").returncode == 0
    assert installation.messages_done() == 323
    assert installation.call("run", "--until-empty").returncode == 0
    assert installation.messages_done() == 500
    assert len(installation.matches()) == len(messages.expected(500))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_service_within_ten_seconds(
    tmp_path: Path, place: Place, number: signal.Signals
) -> None:
    topic = place.broker.topic("stamps")
    place.broker.produce(topic, messages.stamps(5_000))
    installation = Installation(tmp_path, *place, {topic: "ztf_stamp"}, ["sn_message"], batch_messages=10)
    with installation.running() as service:
        service.wait_for_event("match")
        assert service.terminate(number) < 10
        assert service.process.returncode == 0
        assert "Traceback" not in service.log.read_text()
    installation.finish()
    assert len(installation.matches()) == len(messages.expected(5_000))


def test_no_broker_is_one_sentence_in_a_batch_run_and_patience_in_a_daemon(installation: Installation) -> None:
    text = installation.config.read_text()
    lines = [line if not line.startswith("brokers") else f'brokers = "{NOBODY}"' for line in text.splitlines()]
    installation.config.write_text("\n".join(lines))
    done = installation.call("run", "--until-empty")
    assert done.returncode == 75
    assert len(sentences(done)) == 1
    assert NOBODY in sentences(done)[0]
    with installation.running() as service:
        service.wait_for_event("broker does not answer; trying again")
        assert service.terminate() < 10
        assert service.process.returncode == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("[filters.yung_sn]\n", "did you mean 'young_sn'"),
        ("[filters.young_sn]\nmax_age = 3\n", "did you mean 'max_age_days'"),
        ("[sauces.ztf]\n", "did you mean 'sources'"),
    ],
)
def test_wrong_settings_are_one_sentence_and_exit_code_2(
    installation: Installation, wrong: str, says: str
) -> None:
    installation.add(wrong)
    done = installation.call("run", "--until-empty")
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_version_is_exit_code_4(installation: Installation) -> None:
    installation.finish()
    with Store.open(installation.database) as store, store.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    done = installation.call("run", "--until-empty")
    assert done.returncode == 4
    assert len(sentences(done)) == 1


@pytest.mark.slow
def test_a_second_process_of_the_same_group_shares_the_work(tmp_path: Path, place: Place) -> None:
    topic = place.broker.topic("stamps")
    place.broker.produce(topic, messages.stamps(500))
    installation = Installation(tmp_path, *place, {topic: "ztf_stamp"}, ["sn_message"])
    with installation.running() as first:
        first.wait_for_event("match")
        done = installation.call("run", "--until-empty")
        assert done.returncode == 0, done.stderr
        assert installation.messages_done() == 500
        place.broker.produce(topic, messages.stamps(1_000)[:500])
        wait_for(lambda: installation.messages_done() == 1_000, "the first to have all partitions again")
        assert first.terminate() < 10


def test_an_outage_longer_than_the_retention_is_recorded_and_said(installation: Installation) -> None:
    installation.finish()
    last = time.time() - 60 * 3600
    with Store.open(installation.database) as store, store.write() as tx:
        tx.execute(tables.positions.update().values(updated_at=last))

    done = installation.call("run", "--until-empty")

    assert done.returncode == 0
    assert '"event": "gap"' in done.stderr
    with installation.reading() as tx:
        (gap,) = gaps.all(tx)
    assert "the service did not run: 12.0 h" in gap.reason
    assert gap.from_time is not None
    assert gap.to_time is not None
    assert gap.to_time - gap.from_time == pytest.approx(0.5, abs=0.01)
    again = installation.call("run", "--until-empty")
    assert '"event": "gap"' not in again.stderr


def test_after_a_short_pause_there_is_no_gap(installation: Installation) -> None:
    installation.finish()
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(hours=47)
    with Store.open(installation.database) as store, store.write() as tx:
        tx.execute(tables.positions.update().values(updated_at=yesterday.timestamp()))
    installation.finish()
    with installation.reading() as tx:
        assert gaps.all(tx) == []
