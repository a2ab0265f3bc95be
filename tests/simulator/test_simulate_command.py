"""``alertwatch simulate`` publishes a night, serves its API, says what to configure, and ends cleanly."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from alertwatch.settings import Settings
from simulator import truth
from simulator.embedded import EmbeddedBroker
from tests.support.ports import free_port

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as running:
        yield running


def simulate(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "alertwatch", "simulate", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output_until(process: subprocess.Popen[str], words: str) -> str:
    """What it prints, up to the line with the words."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    raise AssertionError(f"it ended without saying {words!r}: {text}")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_night_is_published_and_served_until_it_is_stopped(
    broker: EmbeddedBroker, tmp_path: Path, ending: signal.Signals
) -> None:
    port, file = free_port(), tmp_path / "truth.jsonl"
    with simulate(
        *("--brokers", broker.bootstrap, "--api-port", str(port), "--alerts", "200", "--seed", "4"),
        *("--truth", str(file), "--ready-after", "0"),
    ) as process:
        printed = output_until(process, "messages published")
        night, objects = truth.read(file)
        answer = httpx.get(f"http://127.0.0.1:{port}/ztf/v1/objects/{objects[0].object_id}")
        process.send_signal(ending)
        assert process.wait(10) == 0
    assert answer.json()["oid"] == objects[0].object_id
    assert f"{night['messages']} messages published" in printed
    assert "times as many as in a real night" in printed


def test_what_it_prints_is_a_settings_file(broker: EmbeddedBroker) -> None:
    port = str(free_port())
    with simulate("--brokers", broker.bootstrap, "--api-port", port, "--alerts", "100") as process:
        printed = output_until(process, "messages published")
        process.terminate()
    settings = Settings.model_validate(tomllib.loads(printed))
    assert settings.sources["simulated"].brokers == broker.bootstrap
    assert set(settings.sources["simulated"].topics.values()) == {"ztf_stamp", "ztf_lc", "rubin_stamp"}
    assert set(settings.apis) == {"ztf", "lsst"}


def test_a_broker_that_is_not_there_is_said_in_one_sentence() -> None:
    with simulate("--brokers", "127.0.0.1:1", "--alerts", "100", "--api-port", str(free_port())) as process:
        assert process.wait(40) != 0
        assert process.stderr is not None
        assert "no Kafka broker answers at 127.0.0.1:1" in process.stderr.read()


def test_a_port_that_is_taken_is_said_in_one_sentence(broker: EmbeddedBroker) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with simulate("--brokers", broker.bootstrap, "--alerts", "50", "--api-port", port) as process:
            assert process.wait(40) == 2
            assert process.stderr is not None
            assert f"cannot listen on 127.0.0.1:{port}" in process.stderr.read()
