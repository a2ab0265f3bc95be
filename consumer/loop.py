"""The loop of one source: poll, process, store, commit; and patience while the database is away."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import structlog

from alertwatch.errors import StoreUnavailable
from alertwatch.store import Store
from alertwatch.store.verdicts import NewMatch
from consumer.kafka.source import Batch, KafkaSource
from consumer.pipeline import Outcome, Pipeline

POLL_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 15.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Tally:
    """What a loop has done since it started: counters only, read by other threads."""

    messages: int = 0
    alerts: int = 0
    candidates: int = 0
    judged: int = 0
    matches: int = 0
    dead_letters: int = 0

    def add(self, outcome: Outcome, matches: int) -> None:
        """Count one stored batch."""
        self.messages += outcome.messages
        self.alerts += outcome.alerts
        self.candidates += len(outcome.candidates)
        self.judged += len(outcome.judged)
        self.dead_letters += len(outcome.dead_letters)
        self.matches += matches


class SourceLoop:
    """Runs one source until told to stop. Everything happens on one thread, so that a rebalance can only come
    while nothing is half done; while the database is away, the source is paused and polled to keep its place
    in the consumer group.
    """

    def __init__(
        self,
        source: KafkaSource,
        pipeline: Pipeline,
        store: Store,
        stop: Event,
        *,
        until_empty: bool = False,
        most_alerts: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.source = source
        self.tally = Tally()
        self._pipeline = pipeline
        self._store = store
        self._stop = stop
        self._until_empty = until_empty
        self._most = most_alerts
        self._clock = clock

    def run(self) -> None:
        """Until stopped, read to the end (``until_empty``), or ``most_alerts`` messages. Raises `Stop` errors."""
        try:
            while not self._stop.is_set() and not self._finished():
                self._step()
        finally:
            self.source.close()

    def _finished(self) -> bool:
        if self._most is not None and self.tally.messages >= self._most:
            return True
        return self._until_empty and self.source.at_end()

    def _step(self) -> None:
        left = None if self._most is None else self._most - self.tally.messages
        batch = self.source.poll(POLL_SECONDS, at_most=left)
        if not batch.messages:
            return
        outcome = self._pipeline.process(batch.messages)
        matches = self._store_patiently(batch, outcome)
        if matches is None:
            return
        self.source.commit(batch)
        self.tally.add(outcome, len(matches))
        _tell(outcome, matches)

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
        log.info("match", filter=match.filter, object=match.object_id, alert=match.alert_id, grade=match.grade)
