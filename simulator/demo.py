"""The demo: a simulated night through the real service, before your eyes, on this machine alone.

The broker is embedded, ALeRCE's API simulated, the database a SQLite file; everything in between is what runs
against the real ones. The only module that knows both the simulator and the consumer.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from alertwatch import loader, logs
from alertwatch.errors import AlertwatchError
from alertwatch.query.selection import Selection
from alertwatch.settings import Settings
from alertwatch.store import Store, queries
from alertwatch.store.queries import Match
from consumer import service
from consumer.loop import Limits
from simulator import demo_screen
from simulator import truth as truth_file
from simulator.api.catalogue import Catalogue
from simulator.api.server import ApiServer
from simulator.demo_settings import SETTINGS
from simulator.embedded import EmbeddedBroker
from simulator.night import Night
from simulator.publish import publish
from simulator.score import score

READY_AFTER = 2.0  # seconds until the API knows an alert; minutes in reality
LONGEST_SECONDS = 120.0


def run(folder: Path, alerts: int, seed: int) -> None:
    """Run the demo; settings, database, log and truth stay in ``folder``, which is made anew."""
    out = Console(highlight=False, soft_wrap=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    out.print("[bold]alertwatch[/] — a simulated night of ALeRCE's streams, through the real service\n")
    with out.status("simulating the night …"):
        night = Night(alerts, seed)
    truth_file.write(folder / "truth.jsonl", night.summary, night.truth)
    catalogue = Catalogue(night, ready_after=READY_AFTER)
    with EmbeddedBroker() as broker, ApiServer(catalogue) as api:
        settings = _settings(folder, broker, api)
        demo_screen.introduce(out, night)
        with (
            (folder / "alertwatch.log").open("w") as log,
            _quiet(settings, log),
            Store.open(settings.database) as store,
        ):
            started = time.monotonic()
            running = _Running(settings, store, broker, night, catalogue)
            running.watch(out)
            seconds = time.monotonic() - started
            found = _matches(store)
        demo_screen.show(out, folder, found)
        demo_screen.label(out, folder, night, found)
        demo_screen.preview(out, folder)
        _summarise(out, folder, night, running, api, found, seconds)
    demo_screen.say_what_next(out, folder, found)


class _Running:
    """The service on one thread, the publisher on another, and the screen on this one."""

    def __init__(
        self, settings: Settings, store: Store, broker: EmbeddedBroker, night: Night, catalogue: Catalogue
    ) -> None:
        self.store, self.night = store, night
        self.stop = threading.Event()
        self.service = service.build(settings, store, self.stop, Limits())
        self.read_seconds = 0.0
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(self.service.run,), daemon=True),
            threading.Thread(
                target=self._guarded,
                args=(lambda: publish(night.messages, broker.producer, on_sent=catalogue.sent),),
                daemon=True,
            ),
        ]

    def watch(self, out: Console) -> None:
        """Show how it goes until every message is read and no candidate waits."""
        for thread in self._threads:
            thread.start()
        columns = (
            TextColumn("{task.description:<22}"),
            BarColumn(40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=out) as progress:
            self._follow(progress)
        self.service.notifier.finish(LONGEST_SECONDS)
        self.stop.set()
        self._threads[0].join(15)
        if self._failures:
            raise self._failures[0]

    def _follow(self, progress: Progress) -> None:
        reading = progress.add_task("messages from Kafka", total=len(self.night.messages), note="")
        judging = progress.add_task("candidates looked up", total=None, note="")
        shown: set[tuple[str, str]] = set()
        started, done = time.monotonic(), False
        while not done and not self._failures:
            seconds = time.monotonic() - started
            if seconds > LONGEST_SECONDS:
                raise AlertwatchError(f"the demo did not end within {LONGEST_SECONDS:.0f} s; its log says why")
            done = self._is_done(seconds)
            for match in _matches(self.store):
                if (match.filter, match.object_id) not in shown:
                    shown.add((match.filter, match.object_id))
                    progress.console.print(demo_screen.line(match))
            tally, judged = self.service.tally, self.service.workers.tally.judged
            progress.update(reading, completed=tally.messages, note=f"{tally.candidates:,} candidates")
            progress.update(
                judging, completed=judged, total=tally.candidates or None, note=f"{len(shown)} matches"
            )
            time.sleep(0.1)

    def _is_done(self, seconds: float) -> bool:
        """Whether every message is read and no candidate waits."""
        if self.service.tally.messages < len(self.night.messages):
            return False
        self.read_seconds = self.read_seconds or seconds
        waiting = self.service.waiting()
        return waiting is not None and not waiting.waiting and not self.service.workers.busy

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            self._failures.append(error)


def _settings(folder: Path, broker: EmbeddedBroker, api: ApiServer) -> Settings:
    kafka = "\n".join(f'"{key}" = {value!r}' for key, value in broker.client_options.items())
    path = folder / "alertwatch.toml"
    path.write_text(SETTINGS.format(brokers=broker.bootstrap, kafka=kafka, **api.urls))
    return loader.load(path)


@contextmanager
def _quiet(settings: Settings, log: TextIO) -> Iterator[None]:
    """The service's log goes into a file while the screen shows the progress."""
    handlers = logging.getLogger().handlers
    logs.configure(settings, log)
    try:
        yield
    finally:
        logging.getLogger().handlers = handlers
        structlog.reset_defaults()


def _matches(store: Store) -> list[Match]:
    with store.read() as tx:
        return list(queries.matches(tx, Selection(limit=1_000)))


def _summarise(
    out: Console,
    folder: Path,
    night: Night,
    running: _Running,
    api: ApiServer,
    found: list[Match],
    seconds: float,
) -> None:
    tally, looked = running.service.tally, running.service.workers.tally
    rate = tally.messages / running.read_seconds if running.read_seconds else 0.0
    out.print("\n[bold]Summary[/]")
    out.print(
        f"  {tally.messages:,} messages in {running.read_seconds:.1f} s ({rate:,.0f}/s),"
        f" {tally.dead_letters} undecodable"
    )
    out.print(
        f"  {tally.candidates:,} candidates, looked up {looked.looked_up:,} times"
        f" ({looked.postponed} put off: not known to the API yet), {sum(api.requests.values()):,} requests"
    )
    objects = {(m.filter, m.survey, m.object_id) for m in found}
    per_filter = {name: sum(f == name for f, _, _ in objects) for name in sorted({f for f, _, _ in objects})}
    counts = ", ".join(f"{name} {count}" for name, count in per_filter.items())
    out.print(f"  {len(objects)} objects matched in {seconds:.0f} s: {counts}")
    with (folder / "told.jsonl").open() as lines:
        out.print(f"  {sum(1 for _ in lines)} notifications in {folder}/told.jsonl, one line each")
    out.print("\n[bold]Against the simulated truth[/] (intervals: 95 %; thresholds were never tuned on it)")
    for one in score(night.summary, night.truth, objects):
        out.print(f"  {str(one).replace(chr(10), chr(10) + '  ')}")
