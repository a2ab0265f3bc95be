"""The real service as a process of its own: started by its command, killed, watched through its database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, candidates, positions, queries
from tests.support.kafka import Broker, wait_for

PLUGINS = Path(__file__).parents[1] / "service" / "plugins"


class Installation:
    """What one user has: a settings file, a database, and the commands."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        database_url: str,
        topics: Mapping[str, str],
        filters: Sequence[str],
        batch_messages: int = 100,
        kafka: Mapping[str, str | int] | None = None,
    ) -> None:
        self.config = folder / "alertwatch.toml"
        self.environment = {**os.environ, "ALERTWATCH_DATABASE__URL": database_url}
        self.database = DatabaseSettings(url=database_url)
        self.group = f"test-{uuid4().hex}"
        self._write(
            broker.bootstrap, topics, filters, batch_messages, {**broker.client_options, **(kafka or {})}
        )

    def _write(
        self,
        brokers: str,
        topics: Mapping[str, str],
        filters: Sequence[str],
        batch_messages: int,
        kafka: Mapping[str, object],
    ) -> None:
        lines = [
            "[sources.test]",
            f'brokers = "{brokers}"',
            f'group_id = "{self.group}"',
            f"batch_messages = {batch_messages}",
            "[sources.test.topics]",
            *(f"'{pattern}' = '{reader}'" for pattern, reader in topics.items()),
            "[sources.test.kafka]",
            *(f"'{key}' = {json.dumps(value)}" for key, value in kafka.items()),
            "[plugins]",
            f"folders = ['{PLUGINS}']",
            *(f"[filters.{name}]" for name in filters),
        ]
        self.config.write_text("\n".join(lines) + "\n")

    def add(self, text: str) -> None:
        """More lines for the settings file."""
        with self.config.open("a") as file:
            file.write(text)

    def command(self, *arguments: str) -> list[str]:
        """The command line of an alertwatch command."""
        return [sys.executable, "-m", "alertwatch", "--config", str(self.config), *arguments]

    def call(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def finish(self) -> None:
        """Run until everything is read and no candidate waits."""
        deadline = time.monotonic() + 120
        while True:
            done = self.call("run", "--until-empty")
            assert done.returncode == 0, done.stderr[-2000:]
            if "still wait" not in done.stderr:
                return
            assert time.monotonic() < deadline, "candidates wait for ever"

    @contextmanager
    def running(self) -> Iterator[Service]:
        """The daemon, until the end of the block."""
        service = Service(self)
        try:
            yield service
        finally:
            service.kill()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look into the database, which is made if there is none yet."""
        with Store.open(self.database) as store, store.read() as tx:
            yield tx

    def matches(self) -> list[queries.Match]:
        """All matches."""
        with self.reading() as tx:
            return list(queries.matches(tx))

    def found(self) -> list[tuple[str, str, str]]:
        """What matched: (filter, object, alert), sorted."""
        return sorted((match.filter, match.object_id, match.alert_id) for match in self.matches())

    def messages_done(self) -> int:
        """How many messages are stored: the sum of all positions (of topics that begin at 0)."""
        with self.reading() as tx:
            return sum(position.next_offset for position in positions.all(tx))

    def candidates(self) -> list[candidates.Candidate]:
        """What waits for a look-up."""
        with self.reading() as tx:
            return list(candidates.list(tx, limit=1_000_000))


class Service:
    """A running ``alertwatch run``. Its log is JSON lines in ``log``."""

    def __init__(self, installation: Installation) -> None:
        self.log = installation.config.with_suffix(f".{uuid4().hex[:6]}.log")
        self._output = self.log.open("w")
        self.process = subprocess.Popen(
            installation.command("run"),
            env=installation.environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        """kill -9, and wait until it is dead."""
        self.process.kill()
        self.process.wait()
        self._output.close()

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> float:
        """SIGTERM or another signal; how long it took to end, in seconds."""
        start = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=30)
        return time.monotonic() - start

    def events(self) -> list[dict[str, Any]]:
        """What was logged so far."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def has_said(self, event: str) -> bool:
        """Whether an entry of that name was logged."""
        return any(e.get("event") == event for e in self.events())

    def wait_for_event(self, event: str, seconds: float = 60) -> dict[str, Any]:
        """Return the first log entry of that name, as soon as there is one."""
        wait_for(lambda: self.has_said(event), f"{event!r} in the log", seconds)
        return next(e for e in self.events() if e.get("event") == event)
