"""A word to the operator: what is wrong with the service or strange about the stream.

Each trouble is said once when it begins and once when it is over. What this process sees of its own streams it
says under its machine's name; what the database tells (filters, channels, candidates) whoever sees it first.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterable, Iterator

import structlog
from sqlalchemy import Connection

from alertwatch import subscriptions
from alertwatch.notification import Kind
from alertwatch.settings import Settings
from alertwatch.store import Store, candidates, channels, concerns, deliveries, filter_state
from alertwatch.store.concerns import Concern
from alertwatch.store.deliveries import NewDelivery
from consumer.notify import rates
from consumer.notify.streams import Stream, StreamWatch, Trouble

FAILED_SECONDS = 7 * 86_400.0  # a message that failed longer ago is history
LATE_SECONDS = 3_600.0  # a message that waits longer than this is worth a word

log = structlog.get_logger(__name__)


class Watch:
    """Looks when told to, about once a minute. Concerns and the messages about them are one transaction."""

    def __init__(
        self, settings: Settings, store: Store, streams: Iterable[Stream], clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._here = f" on {socket.gethostname()}"
        self._streams = [StreamWatch(stream, settings.notifications, clock()) for stream in streams]

    def look(self) -> int:
        """Look once; gives how many words there were to say. Raises `StoreUnavailable`."""
        now = self._clock()
        own = (trouble for stream in self._streams for trouble in stream.look(now))
        found = {f"{key}{self._here}": sentence for key, sentence in own}
        with self._store.read() as tx:
            found |= dict(_shared(tx, self._settings, now))
            known = {concern.key for concern in concerns.all(tx)}
        begun = {key: sentence for key, sentence in found.items() if key not in known}
        over = sorted(key for key in known - found.keys() if self._may_end(key))
        return self._say(begun, over, now) if begun or over else 0

    def _may_end(self, key: str) -> bool:
        """What another machine sees of its own streams is not ours to end."""
        return " on " not in key or key.endswith(self._here)

    def _say(self, begun: dict[str, str], over: list[str], now: float) -> int:
        with self._store.write() as tx:
            news = concerns.begin(tx, begun, now)
            ended = concerns.end(tx, over)
            deliveries.create(tx, [*self._words(news, now), *self._words(ended, now, over=True)], now)
        for concern in news:
            log.warning("concern", about=concern.key, sentence=concern.sentence)
        for concern in ended:
            log.info("concern is over", about=concern.key)
        return len(news) + len(ended)

    def _words(self, about: list[Concern], now: float, *, over: bool = False) -> Iterator[NewDelivery]:
        for concern in about:
            for channel in self._settings.notifications.operator:
                yield _word(concern, channel, now, over=over)


def _word(concern: Concern, channel: str, now: float, *, over: bool) -> NewDelivery:
    identity = f"{concern.key}|{concern.since}|{channel}|{over}"
    return NewDelivery(
        key=f"aw-{hashlib.sha256(identity.encode()).hexdigest()[:24]}",
        subscription="operator",
        channel=channel,
        kind=Kind.OPERATOR,
        title=f"alertwatch: {concern.key}{' is over' if over else ''}",
        text=f"Over: {concern.sentence}" if over else concern.sentence,
        due=now,
    )


def _shared(tx: Connection, settings: Settings, now: float) -> Iterator[Trouble]:
    yield from _of_filters(tx, settings)
    yield from _of_subscriptions(tx, settings)
    yield from _of_channels(tx, settings, now)
    yield from _of_candidates(tx, settings, now)
    yield from rates.strange(tx, settings.filters, now)


def _of_filters(tx: Connection, settings: Settings) -> Iterator[Trouble]:
    for name, state in filter_state.all(tx).items():
        if state.off_since is not None and name in settings.filters:
            why = f"{state.off_reason}, the last was {state.last_error}"
            mend = f"Mend it, then: alertwatch filters reset {name}"
            yield f"filter {name} off", f"The filter {name} is switched off: {why}. {mend}"


def _of_channels(tx: Connection, settings: Settings, now: float) -> Iterator[Trouble]:
    states, oldest = channels.states(tx), deliveries.oldest(tx)
    failed = deliveries.with_failures(tx, now - FAILED_SECONDS)
    enabled = {name for name, channel in settings.channels.items() if channel.enabled}
    for name in sorted(oldest.keys() - settings.channels.keys()):
        mend = f"Configure it again; alertwatch deliveries list --channel {name} shows them"
        yield f"channel {name} gone", f"Messages wait for the channel {name}, which is not configured. {mend}"
    for name in sorted(enabled):
        state = states.get(name)
        if state is not None and state.refused_since is not None:
            mend = f"Mend it, then: alertwatch deliveries retry --channel {name}"
            why = f"The channel {name} refuses messages, which wait: {state.reason}"
            yield f"channel {name} refuses", f"{why}. {mend}"
        elif now - oldest.get(name, now) > LATE_SECONDS:
            why = f"alertwatch deliveries list --channel {name} says why"
            yield f"channel {name} late", f"Messages for {name} have waited for more than an hour; {why}"
        if name in failed:
            why = f"alertwatch deliveries list --channel {name} --state failed says which, and why"
            yield f"channel {name} failed", f"Messages were refused for good by {name}; {why}"


def _of_subscriptions(tx: Connection, settings: Settings) -> Iterator[Trouble]:
    for name, problem in subscriptions.problems(settings, tx).items():
        yield f"subscription {name}", f"The subscription {name} is to be mended: {problem}"


def _of_candidates(tx: Connection, settings: Settings, now: float) -> Iterator[Trouble]:
    minutes = settings.lookups.tell_after_minutes
    if candidates.count(tx, now).oldest_wait_s > 60 * minutes:
        why = "alertwatch candidates says why"
        yield "candidates wait", f"Candidates wait for their look-up for more than {minutes:g} min; {why}"
