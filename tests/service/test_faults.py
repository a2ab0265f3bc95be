"""What must not stop the service, what must, and how it says so."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from alertwatch.store import Store, dead_letters
from tests.service import messages
from tests.service.conftest import Place
from tests.support.data import DATA, manifest, needs_data
from tests.support.kafka import Broker, Listener, wait_for
from tests.support.service import Installation


def count_letters(installation: Installation) -> int:
    with Store.open(installation.database) as store, store.read() as tx:
        return dead_letters.count(tx)


@needs_data
def test_broken_files_become_dead_letters_and_the_stream_goes_on(tmp_path: Path, place: Place) -> None:
    topic = place.broker.topic("stamps")
    bad = [(DATA / row["path"]).read_bytes() for row in manifest(kind="bad-avro")]
    sent = [*messages.stamps(200), *bad, b"", b"\x00", *messages.stamps(400)[200:]]
    place.broker.produce(topic, sent)
    installation = Installation(tmp_path, *place, {topic: "ztf_stamp"}, ["sn_message"])

    assert installation.call("run", "--until-empty").returncode == 0

    assert installation.messages_done() == len(sent)
    with Store.open(installation.database) as store, store.read() as tx:
        kept = {letter.payload for letter in dead_letters.list(tx, 1000)}
    assert kept == {*bad, b"", b"\x00"}
    assert {m.object_id for m in installation.matches()} >= {o for o, _ in messages.expected(200)}


def test_a_topic_with_the_wrong_reader_stops_the_service_with_one_sentence(
    tmp_path: Path, embedded_kafka: Broker, sqlite_url: str
) -> None:
    topic = embedded_kafka.topic("stamps")
    embedded_kafka.produce(topic, messages.stamps(2_000))
    installation = Installation(tmp_path, embedded_kafka, sqlite_url, {topic: "ztf_lc"}, ["agn_flare"])

    done = installation.call("run", "--until-empty")

    assert done.returncode == 5
    assert "ztf_lc" in done.stderr
    assert "wrong reader" in done.stderr
    assert "Traceback" not in done.stderr
    assert count_letters(installation) < 1_000


def test_a_filter_that_raises_is_switched_off_and_the_others_go_on(
    tmp_path: Path, embedded_kafka: Broker, sqlite_url: str
) -> None:
    topic = embedded_kafka.topic("stamps")
    embedded_kafka.produce(topic, messages.stamps(1_000))
    installation = Installation(
        tmp_path, embedded_kafka, sqlite_url, {topic: "ztf_stamp"}, ["raising", "sn_message"]
    )

    done = installation.call("run", "--until-empty")

    assert done.returncode == 0, done.stderr
    assert len(installation.matches()) == len(messages.expected(1_000))
    assert "filter switched off" in done.stderr
    assert "switched off" in installation.call("filters").stdout


@pytest.mark.slow
def test_a_locked_database_pauses_the_stream_which_resumes_by_itself(
    tmp_path: Path, embedded_kafka: Broker, sqlite_url: str
) -> None:
    topic = embedded_kafka.topic("stamps")
    embedded_kafka.produce(topic, messages.stamps(500))
    installation = Installation(tmp_path, embedded_kafka, sqlite_url, {topic: "ztf_stamp"}, ["sn_message"])
    with installation.running() as service:
        service.wait_for_event("match")
        wait_for(lambda: len(installation.matches()) == 20, "the first matches")
        locked = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        embedded_kafka.produce(topic, messages.stamps(1_000))
        service.wait_for_event("stream paused: the database does not answer", 60)
        locked.execute("ROLLBACK")
        locked.close()
        wait_for(lambda: len(installation.matches()) == 40, "the other matches", 60)
        assert service.terminate() < 10


def test_reading_a_topic_again_changes_nothing(tmp_path: Path, place: Place) -> None:
    topic = place.broker.topic("stamps")
    place.broker.produce(topic, messages.stamps(500))
    first = Installation(tmp_path, *place, {topic: "ztf_stamp"}, ["sn_message"])
    assert first.call("run", "--until-empty").returncode == 0
    before = first.matches()
    again = Installation(tmp_path, *place, {topic: "ztf_stamp"}, ["sn_message"])  # another group
    assert again.call("run", "--until-empty").returncode == 0
    assert again.matches() == before


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_scram_and_tls_with_right_and_wrong_passwords(
    tmp_path: Path,
    apache: Broker,
    secure_broker: dict[str, Listener],
    sqlite_url: str,
    security: str,
    password: str,
) -> None:
    listener = secure_broker[security]
    topic = apache.topic("stamps")
    apache.produce(topic, messages.stamps(100))
    installation = Installation(tmp_path, apache, sqlite_url, {topic: "ztf_stamp"}, ["sn_message"])
    text = installation.config.read_text().replace(apache.bootstrap, listener.bootstrap)
    extra = "".join(f"'{key}' = '{value}'\n" for key, value in listener.client_options.items())
    text = text.replace(
        "[sources.test.topics]",
        f'security = "{security}"\nmechanism = "{listener.mechanism}"\n[sources.test.topics]',
    )
    installation.config.write_text(text.replace("[sources.test.kafka]\n", f"[sources.test.kafka]\n{extra}"))
    installation.environment["ALERTWATCH_SOURCES__TEST__USERNAME"] = listener.username
    secret = listener.password if password == "right" else "hunter2-not-this-one"
    installation.environment["ALERTWATCH_SOURCES__TEST__PASSWORD"] = secret

    start = time.monotonic()
    done = installation.call("run", "--until-empty")

    assert secret not in done.stderr + done.stdout
    if password == "right":
        assert done.returncode == 0, done.stderr
        assert len(installation.matches()) == 4
    else:
        assert done.returncode == 3
        sentences = [line for line in done.stderr.splitlines() if line.startswith("alertwatch:")]
        assert len(sentences) == 1
        assert "Traceback" not in done.stderr
        assert time.monotonic() - start < 60
