"""One channel's thread: claims what is due, has it composed, hands it to the sink and keeps the ledger.

Every step is written down before the next one begins, so that a process may die anywhere. What it had claimed
is due again when the lease ends; before a second attempt the sink is asked whether the message arrived.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Connection

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused
from alertwatch.notification import Notification, Receipt
from alertwatch.settings import NotificationSettings
from alertwatch.sink import Sink
from alertwatch.store import Store, channels, deliveries
from alertwatch.store.deliveries import Delivery
from consumer.notify.pacing import Pace, delay
from consumer.notify.patience import PatientStore, Stopped

POLL_SECONDS = 5.0

Compose = Callable[[Delivery, Sink[Any]], Notification]
"""What a delivery says, with pictures where the sink wants them. May raise anything."""

log = structlog.get_logger(__name__)


class Deliverer:
    """Its ``thread`` delivers what is due for one channel until ``stop`` is set, and it is woken.

    A message that is under way by then is finished, or left to its lease when the process ends. A channel that
    refused messages is tried again at a start.

    ``per_minute``: the most messages, ``None``: any number. ``clock``: epoch seconds; ``monotonic``: for the
    rate. `busy` is for other threads to look at.
    """

    def __init__(
        self,
        sink: Sink[Any],
        per_minute: float | None,
        settings: NotificationSettings,
        store: Store,
        compose: Compose,
        stop: threading.Event,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.channel = sink.name
        self.busy = False
        self._sink = sink
        self._settings = settings
        self._store = PatientStore(store, stop, f"channel {sink.name}")
        self._compose = compose
        self._stop = stop
        self._clock = clock
        self._pace = Pace(per_minute, monotonic)
        self._completes = type(sink).complete is not Sink.complete
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._failures = 0  # of the channel, in a row
        self._troubled = False  # whether the channel has a row that says that it takes nothing
        self._wake = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"channel-{sink.name}", daemon=True)

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    # -- the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        with suppress(Stopped):
            self._guarded(self._begin)
            while not self._stop.is_set():
                self._wake.clear()
                if pause := self._guarded(self._step):
                    self._wake.wait(pause)
        with suppress(Exception):
            self._sink.close()

    def _guarded(self, step: Callable[[], float]) -> float:
        """Seconds to wait before the next step, unless woken; no error ends the thread."""
        try:
            return step()
        except Stopped:
            raise
        except Exception:  # whatever it is, the messages wait in the ledger
            log.exception("a step of the delivery failed; it is tried again", channel=self.channel)
            return POLL_SECONDS

    def _begin(self) -> float:
        self._store.write(lambda tx: channels.begin(tx, self.channel, self._clock()))
        return 0.0

    def _step(self) -> float:
        """Work on one message, if one is due and may go out."""
        if pause := self._pace.left() or self._until_due():
            return pause
        self.busy = True
        try:
            delivery = self._store.write(self._claim)
            if delivery is not None:
                self._work_on(delivery)
        finally:
            self.busy = False
        return 0.0

    def _until_due(self) -> float:
        """Seconds until there may be something to do: looked up without a lock, since this happens often."""
        due = self._store.read(self._next_due)
        return POLL_SECONDS if due is None else min(max(0.0, due - self._clock()), POLL_SECONDS)

    def _next_due(self, tx: Connection) -> float | None:
        due, state = deliveries.next_due(tx, self.channel), channels.state(tx, self.channel)
        self._troubled = state is not None
        if due is None or state is None or state.try_at is None:
            return due
        return max(due, state.try_at)

    def _claim(self, tx: Connection) -> Delivery | None:
        lease = self._settings.lease_seconds
        return deliveries.claim(tx, self.channel, self._owner, self._clock(), lease)

    # -- one message ----------------------------------------------------------------------------------------

    def _work_on(self, delivery: Delivery) -> None:
        try:
            notification = self._compose(delivery, self._sink)
        except Stopped:
            return self._release()
        except Exception as error:
            log.exception("a message cannot be composed; it is tried again", delivery=delivery.id)
            return self._put_off(delivery, f"cannot be composed: {_said(error)}", delivery.attempts)
        try:
            self._deliver(delivery, notification)
        except Stopped:
            raise
        except ChannelRefused as error:
            self._refused(delivery, str(error))
        except NotificationRefused as error:
            self._failed(delivery, str(error))
        except ChannelUnavailable as error:
            self._unavailable(delivery, str(error), error.retry_after)
        except Exception as error:
            log.exception("a channel failed unexpectedly; it is tried again", channel=self.channel)
            self._unavailable(delivery, _said(error))

    def _deliver(self, delivery: Delivery, notification: Notification) -> None:
        receipt, outcome = delivery.receipt, "sent"
        if receipt is None and delivery.attempts > 1 and self._sink.can_find:
            receipt, outcome = self._sink.find(notification), "found"
        if receipt is None:
            if self._stop.is_set() or self._clock() >= delivery.due:
                self._release()
                return
            self._pace.took()
            receipt, outcome = self._sink.send(notification), "sent"
        self._failures = 0
        error = self._complete(delivery, notification, receipt) if self._completes else None
        self._store.write(lambda tx: self._sent(tx, delivery, receipt, outcome, error))
        log.info("sent", channel=self.channel, delivery=delivery.id, title=delivery.title, outcome=outcome)

    def _complete(self, delivery: Delivery, notification: Notification, receipt: Receipt) -> str | None:
        """What follows the message that is out; ``None``, or why the channel will never take it."""
        if delivery.receipt is None:
            self._store.write(lambda tx: deliveries.posted(tx, delivery, receipt))
        try:
            self._sink.complete(notification, receipt)
        except (NotificationRefused, ChannelRefused) as error:
            log.warning("a message is out without all of it", delivery=delivery.id, error=str(error))
            return str(error)
        return None

    def _sent(
        self, tx: Connection, delivery: Delivery, receipt: Receipt, outcome: str, error: str | None
    ) -> None:
        deliveries.sent(tx, delivery, receipt, self._clock(), outcome, error)
        self._works(tx)

    def _works(self, tx: Connection) -> None:
        """The channel answers."""
        if self._troubled:
            channels.works(tx, self.channel)

    # -- what goes wrong --------------------------------------------------------------------------------------

    def _put_off(self, delivery: Delivery, error: str, failures: int, asked: float | None = None) -> None:
        now = self._clock()
        due = now + delay(self._settings, failures, asked)
        self._store.write(lambda tx: deliveries.later(tx, delivery, error, due, now))

    def _unavailable(self, delivery: Delivery, error: str, asked: float | None = None) -> None:
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

    def _refused(self, delivery: Delivery, error: str) -> None:
        """Nothing passes until a person acts: all messages stay due, the channel waits; that is said once."""
        now = self._clock()
        try_at = now + 60 * self._settings.refused_every_minutes

        def note(tx: Connection) -> bool:
            deliveries.later(tx, delivery, error, now, now, outcome="channel refused")
            return channels.refused(tx, self.channel, error, now, try_at)

        if self._store.write(note):
            advice = f"mend it, then: alertwatch deliveries retry --channel {self.channel}"
            log.error("channel refuses messages, which wait", channel=self.channel, error=error, advice=advice)

    def _failed(self, delivery: Delivery, error: str) -> None:
        """This message will never pass; the channel goes on with the others."""

        def note(tx: Connection) -> None:
            deliveries.failed(tx, delivery, error, self._clock())
            self._works(tx)

        self._failures = 0
        self._store.write(note)
        log.error("message refused", channel=self.channel, delivery=delivery.id, error=error)

    def _release(self) -> None:
        """Told to stop, or the lease is over: others may have what was claimed at once."""
        self._store.write(lambda tx: deliveries.release(tx, self._owner, self._clock()))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
