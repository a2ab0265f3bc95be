"""The loop of one source: poll, process, store, commit; and patience while the database is away."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from threading import Event
from typing import NamedTuple

import structlog

from alertwatch.errors import BrokerUnavailable, StoreUnavailable
from alertwatch.store import Store
from alertwatch.store.verdicts import NewMatch
from consumer.kafka.source import Batch, KafkaSource
from consumer.pipeline import Outcome, Pipeline

POLL_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 15.0
LOOK_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Limits(NamedTuple):
    """When a run ends by itself: never (a daemon), at the end of the topics, or after so many messages."""

    until_empty: bool = False
    most_alerts: int | None = None

    @property
    def is_batch(self) -> bool:
        """Whether the run ends by itself."""
        return self.until_empty or self.most_alerts is not None


class Tally(NamedTuple):
    """What was stored since the start: counters only."""

    messages: int = 0
    alerts: int = 0
    candidates: int = 0
    judged: int = 0
    matches: int = 0
    dead_letters: int = 0

    def plus(self, *counts: int) -> Tally:
        """The sum, counter by counter."""
        return Tally(*map(sum, zip(self, counts, strict=True)))


class SourceLoop:
    """Runs one source until told to stop.

    Everything happens on one thread, so that a rebalance can only come while nothing is half done. While the
    database is away, the source is paused and polled, which keeps its place in the consumer group. ``tally``,
    ``lag`` (messages yet to read) and ``connected`` are for other threads to look at.
    """

    def __init__(
        self,
        name: str,
        source: KafkaSource,
        pipeline: Pipeline,
        store: Store,
        stop: Event,
        limits: Limits,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.source = source
        self.tally = Tally()
        self.lag = 0
        self.connected = False
        self._pipeline = pipeline
        self._store = store
        self._stop = stop
        self._limits = limits
        self._clock = clock
        self._look_at = 0.0

    @property
    def messages(self) -> int:
        """Messages stored since the start."""
        return self.tally.messages

    def run(self) -> None:
        """Until stopped or at a limit. Raises `Stop` errors, and in a batch run `BrokerUnavailable`."""
        try:
            while not self._stop.is_set() and not self._finished():
                self._step()
                self._look()
        finally:
            self.source.close()

    def _finished(self) -> bool:
        most = self._limits.most_alerts
        if most is not None and self.tally.messages >= most:
            return True
        return self._limits.until_empty and self.source.at_end()

    def _step(self) -> None:
        batch = self._poll()
        if not batch:
            return
        outcome = self._pipeline.process(batch.messages)
        matches = self._store_patiently(batch, outcome)
        if matches is None:
            return
        self._pipeline.committed(outcome)
        self.source.commit(batch)
        self.tally = self.tally.plus(
            outcome.messages,
            outcome.alerts,
            outcome.queued,
            len(outcome.judged),
            len(matches),
            len(outcome.dead_letters),
        )
        _tell(outcome, matches)

    def _poll(self) -> Batch:
        """The next batch. A daemon waits for a broker that has never answered; a batch run says so and ends."""
        most = self._limits.most_alerts
        try:
            return self.source.poll(POLL_SECONDS, None if most is None else most - self.tally.messages)
        except BrokerUnavailable as error:
            if self._limits.is_batch:
                raise
            log.warning("broker does not answer; trying again", source=self.name, error=str(error))
            self._stop.wait(5 * POLL_SECONDS)
            return Batch()

    def _look(self) -> None:
        """Now and then, see how far behind we are."""
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self.connected = self.source.connected
            self.lag = sum(partition.lag for partition in self.source.lag())

    def _store_patiently(self, batch: Batch, outcome: Outcome) -> list[NewMatch] | None:
        """Store, however long it takes; ``None`` when told to stop before the database was back."""
        wait, paused = 0.2, False
        while True:
            try:
                with self._store.write() as tx:
                    matches = self._pipeline.store(tx, batch, outcome, self._clock())
            except StoreUnavailable as error:
                if not paused:
                    log.warning("stream paused: the database does not answer", error=str(error))
                    self.source.pause()
                    paused = True
            else:
                if paused:
                    log.info("stream resumed: the database is back")
                    self.source.resume()
                return matches
            if not self._wait(wait * random.uniform(0.5, 1.0)):  # noqa: S311 - jitter
                return None
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def _wait(self, seconds: float) -> bool:
        """Poll the paused source for a while; ``False`` when told to stop."""
        end = time.monotonic() + seconds
        while not self._stop.is_set() and (left := end - time.monotonic()) > 0:
            self.source.poll(min(left, POLL_SECONDS))
        return not self._stop.is_set()


def _tell(outcome: Outcome, matches: list[NewMatch]) -> None:
    for letter in outcome.dead_letters:
        log.warning(
            "dead letter",
            topic=letter.topic,
            partition=letter.partition,
            offset=letter.offset,
            error=letter.error,
        )
    for match in matches:
        log.info(
            "match",
            filter=match.verdict.filter,
            object=match.alert.object_id,
            alert=match.alert.alert_id,
            grade=match.verdict.grade,
        )
