"""A database that goes away while the stream flows: the stream pauses, and resumes by itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.service import messages
from tests.support.databases import POSTGRES_IMAGE, docker_answers
from tests.support.kafka import Broker, wait_for
from tests.support.ports import free_port
from tests.support.service import Installation, Service

PAUSED = "stream paused: the database does not answer"
RESUMED = "stream resumed: the database is back"
DROP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'alertwatch'"


class Server:
    """A PostgreSQL of one test, on a port that stays when it comes back."""

    def __init__(self) -> None:
        from testcontainers.core.container import DockerContainer

        port = free_port()
        self.address = f"://postgres:secret@127.0.0.1:{port}/postgres"
        container = DockerContainer(POSTGRES_IMAGE).with_env("POSTGRES_PASSWORD", "secret")
        self._started = container.with_bind_ports(5432, port).start()
        self.container: Any = self._started.get_wrapped_container()
        wait_for(self.answers, "PostgreSQL to start")

    def answers(self) -> bool:
        try:
            psycopg.connect("postgresql" + self.address, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def close(self) -> None:
        self._started.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    if not docker_answers():
        pytest.skip("needs Docker: no engine answers `docker info`")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def expected(count: int) -> list[tuple[str, str, str]]:
    return sorted(("sn_message", *alert) for alert in messages.expected(count))


def times_said(service: Service, event: str) -> int:
    return sum(entry.get("event") == event for entry in service.events())


@pytest.mark.slow
@pytest.mark.docker
def test_a_postgresql_that_goes_away_freezes_or_drops_connections_loses_nothing(
    tmp_path: Path, embedded_kafka: Broker, server: Server
) -> None:
    topic = embedded_kafka.topic("stamps")
    everything = iter([messages.stamps(4_000)[n : n + 1_000] for n in range(0, 4_000, 1_000)])
    installation = Installation(
        tmp_path, embedded_kafka, "postgresql+psycopg" + server.address, {topic: "ztf_stamp"}, ["sn_message"]
    )
    embedded_kafka.produce(topic, next(everything))
    with installation.running() as service:
        wait_for(lambda: installation.messages_done() == 1_000, "the first messages")

        server.container.stop(timeout=10)
        embedded_kafka.produce(topic, next(everything))
        wait_for(lambda: times_said(service, PAUSED) == 1, "the first pause")
        server.container.start()
        wait_for(lambda: times_said(service, RESUMED) == 1, "the first resumption")
        wait_for(lambda: installation.messages_done() == 2_000, "the messages meanwhile")

        server.container.pause()
        embedded_kafka.produce(topic, next(everything))
        wait_for(lambda: times_said(service, PAUSED) == 2, "the second pause")
        server.container.unpause()
        wait_for(lambda: installation.messages_done() == 3_000, "the messages meanwhile")

        embedded_kafka.produce(topic, next(everything))
        with psycopg.connect("postgresql" + server.address, autocommit=True) as connection:
            for _ in range(10):
                connection.execute(DROP)
                time.sleep(0.05)
        wait_for(lambda: installation.messages_done() == 4_000, "the last messages")
        assert service.terminate() < 10
        assert service.process.returncode == 0

    assert installation.found() == expected(4_000)


@pytest.mark.slow
def test_a_full_disk_pauses_the_stream_which_resumes_by_itself(
    tmp_path: Path, embedded_kafka: Broker, small_disk: Path
) -> None:
    topic = embedded_kafka.topic("stamps")
    everything = messages.stamps(20_000)
    embedded_kafka.produce(topic, everything[:500])
    installation = Installation(
        tmp_path,
        embedded_kafka,
        f"sqlite:///{small_disk / 'alertwatch.db'}",
        {topic: "ztf_stamp"},
        ["sn_message"],
    )
    with installation.running() as service:
        service.wait_for_event("match")
        other = small_disk / "other"
        _fill(other)
        embedded_kafka.produce(topic, everything[500:])
        service.wait_for_event(PAUSED)
        other.unlink()
        service.wait_for_event(RESUMED)
        wait_for(lambda: installation.messages_done() == 20_000, "all messages")
        assert service.terminate() < 10

    assert "disk" in next(e["error"] for e in service.events() if e.get("event") == PAUSED)
    assert installation.found() == expected(20_000)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(bytes(4096))
        except OSError:
            return


@pytest.mark.slow
def test_a_stop_while_the_database_is_away_is_as_quick(
    tmp_path: Path, embedded_kafka: Broker, sqlite_url: str
) -> None:
    topic = embedded_kafka.topic("stamps")
    embedded_kafka.produce(topic, messages.stamps(500))
    installation = Installation(tmp_path, embedded_kafka, sqlite_url, {topic: "ztf_stamp"}, ["sn_message"])
    with installation.running() as service:
        wait_for(lambda: installation.messages_done() == 500, "the first messages")
        locked = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        embedded_kafka.produce(topic, messages.stamps(1_000)[:100])
        service.wait_for_event(PAUSED)
        assert service.terminate() < 10
        assert service.process.returncode == 0
        locked.close()
    installation.finish()
    assert installation.messages_done() == 600
