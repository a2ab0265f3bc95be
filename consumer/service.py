"""The service: a loop per source, look-up workers, notifier, and a clean stop. `build` wires everything."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event, Thread

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from alertwatch import registry
from alertwatch.errors import SettingsError, StoreUnavailable
from alertwatch.filter import FOLLOWED
from alertwatch.settings import DatabaseSettings, Settings, SourceSettings
from alertwatch.store import Store, candidates, gaps, positions
from consumer import outages
from consumer.judging import Judges
from consumer.kafka.source import KafkaSource
from consumer.lookup.stamps import Stamps
from consumer.lookup.worker import LookupWorkers
from consumer.loop import Limits, SourceLoop, Tally
from consumer.notify.following import Following
from consumer.notify.notices import Notices
from consumer.notify.notifier import Notifier
from consumer.notify.watch import Watch
from consumer.pipeline import Pipeline

PROGRESS_SECONDS = 10
HEARTBEAT_SECONDS = 60
NOTIFY_SECONDS = 5  # what waits for a time, as digests do, is sent so soon after it
WATCH_SECONDS = 60
RETRY_SECONDS = 5
PATIENCE_SECONDS = 5  # with a lock of others: the loop tries again, and a stop must not wait longer
SQLITE_PATIENCE_SECONDS = 3  # waited twice: for the turn among our threads, then for the file's lock

log = structlog.get_logger(__name__)


def build(settings: Settings, store: Store, stop: Event, limits: Limits) -> Service:
    """Everything that a run needs, wired together. Raises `SettingsError` when there is nothing to do."""
    if not settings.sources:
        raise SettingsError("no [sources.…] are configured, so there is nothing to follow")
    filters, stamps = registry.build(settings), Stamps(settings.apis)
    notifier = Notifier(settings, store, stop, stamps=stamps)
    if not filters:
        raise SettingsError("no [filters.…] are configured, so nothing could match; try [filters.young_sn]")
    notices = notifier.notices
    judges = Judges(
        filters | {FOLLOWED: Following(notices, looks_up=bool(settings.apis))},
        settings.plugins.max_filter_errors,
    )
    loops = [
        _loop(name, source, store, judges, notices, stop, limits) for name, source in settings.sources.items()
    ]
    workers = LookupWorkers(store, judges, settings, stop, notices=notices, stamps=stamps)
    return Service(settings, store, loops, workers, notifier, stamps, stop, limits)


def open_store(settings: DatabaseSettings, stop: Event, *, patient: bool) -> Store:
    """Open and migrate the database; a daemon (``patient``) waits for one that does not answer yet."""
    sqlite = settings.url.startswith("sqlite")
    while True:
        try:
            return Store.open(settings, patience=SQLITE_PATIENCE_SECONDS if sqlite else PATIENCE_SECONDS)
        except StoreUnavailable as error:
            if not patient:
                raise
            log.warning("database does not answer; trying again", error=str(error))
            if stop.wait(RETRY_SECONDS):
                raise


def _loop(
    name: str,
    settings: SourceSettings,
    store: Store,
    judges: Judges,
    notices: Notices,
    stop: Event,
    limits: Limits,
) -> SourceLoop:
    def load_positions(keys: Sequence[positions.PositionKey]) -> dict[positions.PositionKey, int]:
        with store.read() as tx:
            return positions.load(tx, keys)

    def record_gap(gap: gaps.Gap, resumed: Mapping[positions.PositionKey, int]) -> None:
        with store.write() as tx:
            gaps.add(tx, gap)
            for key, offset in resumed.items():
                positions.move(tx, key, offset)

    source = KafkaSource(name, settings, load_positions, record_gap)
    pipeline = Pipeline(name, source.reader_name, judges, settings.dead_letter_limit, notices)
    return SourceLoop(name, source, pipeline, store, stop, limits)


class Service:
    """Runs the loops and the workers until told to stop, or until there is nothing left to read."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        loops: list[SourceLoop],
        workers: LookupWorkers,
        notifier: Notifier,
        stamps: Stamps,
        stop: Event,
        limits: Limits,
    ) -> None:
        self.workers = workers
        self.notifier = notifier
        self._stamps = stamps
        self._settings = settings
        self._store = store
        self._loops = loops
        self._stop = stop
        self._limits = limits
        self._watch = Watch(settings, store, loops, time.time)
        self._failures: list[BaseException] = []
        self._told = Tally()

    @property
    def tally(self) -> Tally:
        """What all sources together have done since the start."""
        total = Tally()
        for loop in self._loops:
            total = total.plus(*loop.tally)
        return total

    def run(self) -> candidates.CandidateCounts | None:
        """Run to the end; the candidates that still wait (``None``: a daemon, or the database did not answer).

        Raises the first error that stopped a source or a worker.
        """
        self._note_outages()
        self.notifier.start()
        threads = [Thread(target=self._guarded, args=(loop,), name=loop.name) for loop in self._loops]
        schedule = self._schedule()
        self.workers.start()
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
            if self._limits.until_empty:
                self._finish_due_lookups()
            if self._limits.is_batch:
                self._heartbeat()  # a run shorter than its interval
                self.notifier.finish()
        finally:
            self._stop.set()
            ending = Thread(target=self.notifier.stop)
            ending.start()
            self.workers.stop()
            ending.join()
            self._stamps.close()  # which both of them ask
            schedule.shutdown(wait=False)
        self._progress()
        if failure := next(iter(self._failures), self.workers.failure):
            raise failure
        return self.waiting() if self._limits.is_batch else None

    def _note_outages(self) -> None:
        """Once, before anything is read; a daemon waits for a database that does not answer just now."""
        while True:
            try:
                with self._store.write() as tx:
                    return outages.note(tx, self._settings.sources, time.time())
            except StoreUnavailable:
                if self._limits.is_batch or self._stop.wait(RETRY_SECONDS):
                    raise

    def _guarded(self, loop: SourceLoop) -> None:
        try:
            loop.run()
        except BaseException as error:
            self._failures.append(error)
            self._stop.set()

    def _schedule(self) -> BackgroundScheduler:
        schedule = BackgroundScheduler(timezone="UTC")
        schedule.add_job(self._progress, "interval", seconds=PROGRESS_SECONDS)
        schedule.add_job(self._heartbeat, "interval", seconds=HEARTBEAT_SECONDS)
        schedule.add_job(self.notifier.wake, "interval", seconds=NOTIFY_SECONDS)
        schedule.add_job(self._look, "interval", seconds=WATCH_SECONDS)
        schedule.start()
        return schedule

    def _finish_due_lookups(self) -> None:
        """Wait until what is due now was tried once more; what is put off by then is for the next run."""
        ended = time.time()
        while not self._stop.wait(0.2):
            waiting = self.waiting(ended)
            if waiting is not None and not waiting.due and not self.workers.busy:
                return

    def waiting(self, now: float | None = None) -> candidates.CandidateCounts | None:
        """The candidates that wait for a look-up, and are due by ``now`` (seconds since 1970).

        ``None`` while the database does not answer.
        """
        try:
            with self._store.read() as tx:
                return candidates.count(tx, time.time() if now is None else now)
        except StoreUnavailable:
            return None

    def _progress(self) -> None:
        """One line that lets a person follow the night; nothing when nothing came."""
        tally = self.tally
        if tally != self._told:
            log.info("progress", **tally._asdict(), **self._lag())
            self._told = tally

    def _lag(self) -> dict[str, int]:
        return {f"lag_{loop.name}": loop.lag for loop in self._loops}

    def _look(self) -> None:
        """See whether there is a word for the operator."""
        with suppress(StoreUnavailable):
            if self._watch.look():
                self.notifier.wake()

    def _heartbeat(self) -> None:
        """Note that the service listens, also while nothing comes: a later outage is measured from here."""
        with suppress(StoreUnavailable), self._store.write() as tx:
            for loop in self._loops:
                if loop.connected:
                    positions.heard(tx, loop.name, time.time())
