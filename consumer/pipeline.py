"""The path of an alert up to the transaction: decode, select, judge what needs no look-up, queue the rest."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from alertwatch.alert import Alert
from alertwatch.errors import DecodeError, TooManyDeadLetters
from alertwatch.filter import Filter, Judged
from alertwatch.store import candidates, dead_letters, positions, verdicts
from alertwatch.store.candidates import NewCandidate
from alertwatch.store.dead_letters import DeadLetter
from alertwatch.store.verdicts import NewMatch
from alertwatch.times import from_unix_ms
from consumer import readers
from consumer.images import with_cutouts
from consumer.judging import Judges
from consumer.kafka.source import Batch
from consumer.message import Message
from consumer.notify.notices import Notices
from consumer.readers import Reader
from consumer.selection import Selection

WINDOW = 1_000  # messages over which the share of dead letters is taken
FEWEST = 100  # a share of fewer messages says nothing


@dataclass(slots=True)
class Outcome:
    """What a batch came to, in memory; `Pipeline.store` makes it rows."""

    messages: int = 0
    alerts: int = 0
    queued: int = 0  # candidates that were not known before; set by `Pipeline.store`
    candidates: list[NewCandidate] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)


class Pipeline:
    """One source's messages, batch by batch: `process` computes, `store` writes in the caller's transaction.

    ``reader_name`` gives the reader of a topic; ``dead_letter_limit`` the share of undecodable messages
    above which `process` raises `TooManyDeadLetters`, before any of the batch is stored. ``notices`` writes
    down what subscriptions may have to be told.
    """

    def __init__(
        self,
        source: str,
        reader_name: Callable[[str], str],
        judges: Judges,
        dead_letter_limit: float,
        notices: Notices | None = None,
    ) -> None:
        self._source = source
        self._reader_name = reader_name
        self._judges = judges
        self._selection = Selection(judges)
        self._limit = dead_letter_limit
        self._notices = notices or Notices()
        self._readers: dict[str, Reader] = {}
        self._windows: dict[str, deque[int]] = {}

    def process(self, messages: Iterable[Message]) -> Outcome:
        """Decode, select and judge; no I/O. An undecodable message becomes a dead letter."""
        outcome = Outcome()
        counts: Counter[str] = Counter()
        for message in messages:
            topic = message.partition.topic
            counts[topic] += 1
            reader = self._reader(topic)
            try:
                self._take(message, reader, outcome)
            except Exception as error:  # a reader's bug is one message's problem, too
                outcome.dead_letters.append(_dead_letter(message, reader.name, error))
        outcome.messages = counts.total()
        self._check_limit(counts, outcome.dead_letters)
        return outcome

    def store(self, tx: Connection, batch: Batch, outcome: Outcome, now: float) -> list[NewMatch]:
        """Everything that came of a batch and how far it reached: one transaction."""
        matches = verdicts.save(tx, outcome.judged, now) if outcome.judged else []
        self._notices.record(tx, outcome.judged, matches, now)
        if outcome.candidates:
            outcome.queued = candidates.add(tx, outcome.candidates, now)
        if outcome.dead_letters:
            dead_letters.add(tx, outcome.dead_letters)
        self._judges.sync(tx, now)
        positions.save(tx, batch.positions, self._source)
        return matches

    def committed(self, outcome: Outcome) -> None:
        """To be called when the transaction of `store` is committed."""
        self._notices.committed(outcome.judged)

    def _take(self, message: Message, reader: Reader, outcome: Outcome) -> None:
        """The message's alert; of the rare message that holds several, each."""
        try:
            self._look(message, message.payload, reader, outcome)
        except DecodeError:
            parts = reader.split(message.payload)
            if len(parts) == 1:
                raise
            for payload in parts:
                self._look(message, payload, reader, outcome)

    def _look(self, message: Message, payload: bytes, reader: Reader, outcome: Outcome) -> None:
        received = from_unix_ms(message.timestamp_ms) if message.timestamp_ms else None
        wanting = self._selection.interested(reader.glance(payload, received))
        outcome.alerts += 1
        if wanting:
            self._keep(message, payload, reader, reader.read(payload, received), wanting, outcome)

    def _keep(
        self,
        message: Message,
        payload: bytes,
        reader: Reader,
        alert: Alert,
        wanting: tuple[Filter[Any], ...],
        outcome: Outcome,
    ) -> None:
        """Judge now where the message holds all that the filter needs; else queue it for a look-up."""
        now = [f for f in wanting if f.needs <= alert.parts]
        if now:
            outcome.judged.append(with_cutouts(self._judges.judge(now, alert), reader, payload))
        if len(now) < len(wanting):
            later = {f.name: f.parameters_hash for f in wanting if f not in now}
            outcome.candidates.append(_candidate(message, payload, alert, later))

    def _reader(self, topic: str) -> Reader:
        reader = self._readers.get(topic)
        if reader is None:
            reader = self._readers[topic] = readers.get(self._reader_name(topic))
        return reader

    def _check_limit(self, counts: Counter[str], letters: list[DeadLetter]) -> None:
        """Raise when most of what one reader got does not decode: it is the wrong reader for the topic."""
        bad = Counter(letter.topic for letter in letters)
        for topic, count in counts.items():
            name = self._reader_name(topic)
            window = self._windows.setdefault(name, deque(maxlen=WINDOW))
            window.extend([1] * bad[topic] + [0] * (count - bad[topic]))
            if len(window) >= FEWEST and sum(window) > self._limit * len(window):
                raise TooManyDeadLetters(
                    f"{sum(window)} of the last {len(window)} messages for the reader {name!r} do not decode"
                    f" (topic {topic}); [sources.{self._source}.topics] likely names the wrong reader for it."
                    f" Nothing is lost: correct it and start again. Last error: {letters[-1].error}"
                )


def _candidate(message: Message, payload: bytes, alert: Alert, filters: dict[str, str]) -> NewCandidate:
    source, topic, partition = message.partition
    return NewCandidate(
        survey=alert.survey,
        object_id=alert.object_id,
        alert_id=alert.alert_id,
        stream=alert.stream,
        source=source,
        topic=topic,
        partition=partition,
        offset=message.offset,
        received=alert.received,
        payload=payload,
        filters=filters,
    )


def _dead_letter(message: Message, reader: str, error: Exception) -> DeadLetter:
    text = str(error) if isinstance(error, DecodeError) else f"the reader failed: {error!r}"
    source, topic, partition = message.partition
    return DeadLetter(
        source=source,
        topic=topic,
        partition=partition,
        offset=message.offset,
        timestamp_ms=message.timestamp_ms,
        reader=reader,
        error=text,
        payload=message.payload,
    )
