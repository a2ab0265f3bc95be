"""What is written of an attempt at a message, and of its channel: one transaction for each outcome."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy import Connection

from alertwatch.notification import Receipt
from alertwatch.settings import NotificationSettings
from alertwatch.store import channels, deliveries
from alertwatch.store.deliveries import Delivery
from consumer.notify.pacing import delay
from consumer.notify.patience import PatientStore

log = structlog.get_logger(__name__)


class Ledger:
    """Keeps the ledger of one channel for its thread; every method raises `Stopped` as `PatientStore` does.

    ``owner`` names who claims; ``clock``: epoch seconds.
    """

    def __init__(
        self,
        channel: str,
        owner: str,
        settings: NotificationSettings,
        store: PatientStore,
        clock: Callable[[], float],
    ) -> None:
        self.channel = channel
        self._owner = owner
        self._settings = settings
        self._store = store
        self._clock = clock
        self._failures = 0  # of the channel, in a row
        self._troubled = False  # whether the database says that the channel takes nothing

    def begin(self) -> None:
        """The thread starts."""
        self._store.write(lambda tx: channels.begin(tx, self.channel, self._clock()))

    def next_due(self) -> float | None:
        """When there may be something to do: looked up without a lock, since this happens often."""
        return self._store.read(self._next_due)

    def claim(self) -> Delivery | None:
        """The next message, for as long as the lease."""
        lease = self._settings.lease_seconds
        return self._store.write(
            lambda tx: deliveries.claim(tx, self.channel, self._owner, self._clock(), lease)
        )

    def release(self) -> None:
        """Told to stop, or the lease is over: others may have what was claimed at once."""
        self._store.write(lambda tx: deliveries.release(tx, self._owner, self._clock()))

    def posted(self, delivery: Delivery, receipt: Receipt) -> None:
        """The message is out, and something is to follow it."""

        def note(tx: Connection) -> None:
            deliveries.posted(tx, delivery, receipt)
            self._works(tx)

        self._store.write(note)

    def sent(self, delivery: Delivery, receipt: Receipt, outcome: str, error: str | None = None) -> None:
        """All of it is out, but for what ``error`` says."""

        def note(tx: Connection) -> None:
            deliveries.sent(tx, delivery, receipt, self._clock(), outcome, error)
            self._works(tx)

        self._store.write(note)
        log.info("sent", channel=self.channel, delivery=delivery.id, title=delivery.title, outcome=outcome)

    def failed(self, delivery: Delivery, error: str) -> None:
        """This message will never pass; the channel goes on with the others."""

        def note(tx: Connection) -> None:
            deliveries.failed(tx, delivery, error, self._clock())
            self._works(tx)

        self._store.write(note)
        log.error("message refused", channel=self.channel, delivery=delivery.id, error=error)

    def put_off(self, delivery: Delivery, error: str, asked: float | None = None) -> None:
        """The message, or what follows it, is tried later; the others wait only if the channel ``asked``."""
        now = self._clock()
        due = now + delay(self._settings, delivery.attempts, asked)

        def note(tx: Connection) -> None:
            deliveries.later(tx, delivery, error, due, now)
            if asked is not None:
                channels.hold(tx, self.channel, error, due)

        self._store.write(note)
        log.warning("a message waits", channel=self.channel, delivery=delivery.id, error=error)

    def unavailable(self, delivery: Delivery, error: str, asked: float | None = None) -> None:
        """The message is tried later, and so is all else for this channel: it would fare no better."""
        self._failures += 1
        now = self._clock()
        try_at = now + delay(self._settings, self._failures, asked)
        due = max(try_at, now + delay(self._settings, delivery.attempts, asked))

        def note(tx: Connection) -> None:
            deliveries.later(tx, delivery, error, due, now)
            channels.hold(tx, self.channel, error, try_at)

        self._store.write(note)
        log.warning("channel waits", channel=self.channel, seconds=round(try_at - now, 1), error=error)

    def refused(self, delivery: Delivery, error: str) -> None:
        """Nothing passes until a person acts: all messages stay due, the channel waits; that is said once."""
        self._failures += 1
        now = self._clock()
        try_at = now + 60 * min(self._settings.refused_every_minutes, 2.0 ** min(10, self._failures - 1))

        def note(tx: Connection) -> bool:
            deliveries.later(tx, delivery, error, now, now, outcome="channel refused")
            return channels.refused(tx, self.channel, error, now, try_at)

        if self._store.write(note):
            advice = f"mend it, then: alertwatch deliveries retry --channel {self.channel}"
            log.error("channel refuses messages, which wait", channel=self.channel, error=error, advice=advice)

    def _next_due(self, tx: Connection) -> float | None:
        due, state = deliveries.next_due(tx, self.channel), channels.state(tx, self.channel)
        self._troubled = state is not None
        if due is None or state is None or state.try_at is None:
            return due
        return max(due, state.try_at)

    def _works(self, tx: Connection) -> None:
        """The channel answers."""
        self._failures = 0
        if self._troubled:
            channels.works(tx, self.channel)
