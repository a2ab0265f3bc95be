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

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused
from alertwatch.notification import Notification, Receipt
from alertwatch.settings import NotificationSettings
from alertwatch.sink import Sink
from alertwatch.store import Store
from alertwatch.store.deliveries import Delivery
from consumer.notify.ledger import Ledger
from consumer.notify.pacing import Pace
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
        self._compose = compose
        self._stop = stop
        self._clock = clock
        self._pace = Pace(per_minute, monotonic)
        self._completes = type(sink).complete is not Sink.complete
        owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        patient = PatientStore(store, stop, f"channel {sink.name}")
        self._ledger = Ledger(sink.name, owner, settings, patient, clock)
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
        self._ledger.begin()
        return 0.0

    def _step(self) -> float:
        """Work on one message, if one is due and may go out."""
        if pause := self._pace.left() or self._until_due():
            return pause
        self.busy = True
        try:
            delivery = self._ledger.claim()
            if delivery is not None:
                self._work_on(delivery)
        finally:
            self.busy = False
        return 0.0

    def _until_due(self) -> float:
        due = self._ledger.next_due()
        return POLL_SECONDS if due is None else min(max(0.0, due - self._clock()), POLL_SECONDS)

    # -- one message ----------------------------------------------------------------------------------------

    def _work_on(self, delivery: Delivery) -> None:
        try:
            notification = self._compose(delivery, self._sink)
        except Stopped:
            return self._ledger.release()
        except Exception as error:
            log.exception("a message cannot be composed; it is tried again", delivery=delivery.id)
            return self._ledger.put_off(delivery, f"cannot be composed: {_said(error)}")
        try:
            self._deliver(delivery, notification)
        except Stopped:
            raise
        except ChannelRefused as error:
            self._ledger.refused(delivery, str(error))
        except NotificationRefused as error:
            self._ledger.failed(delivery, str(error))
        except ChannelUnavailable as error:
            self._ledger.unavailable(delivery, str(error), error.retry_after)
        except Exception as error:
            log.exception("a channel failed unexpectedly; it is tried again", channel=self.channel)
            self._ledger.unavailable(delivery, _said(error))

    def _deliver(self, delivery: Delivery, notification: Notification) -> None:
        receipt, outcome = delivery.receipt, "sent"
        if receipt is None and delivery.attempts > 1 and self._sink.can_find:
            receipt, outcome = self._sink.find(notification), "found"
        if receipt is None:
            if self._stop.is_set() or self._clock() >= delivery.due:
                self._ledger.release()
                return
            self._pace.took()
            receipt, outcome = self._sink.send(notification), "sent"
        if not self._completes:
            self._ledger.sent(delivery, receipt, outcome)
            return
        if delivery.receipt is None:
            self._ledger.posted(delivery, receipt)
        self._complete(delivery, notification, receipt, outcome)

    def _complete(self, delivery: Delivery, notification: Notification, receipt: Receipt, outcome: str) -> None:
        """What follows the message that is out. If it fails, it is tried later; no other message waits."""
        refusal = None
        try:
            self._sink.complete(notification, receipt)
        except (NotificationRefused, ChannelRefused) as error:
            refusal = str(error)
            log.warning("a message is out without all of it", delivery=delivery.id, error=refusal)
        except ChannelUnavailable as error:
            self._ledger.put_off(delivery, str(error), error.retry_after)
            return
        except Exception as error:
            log.exception("a channel failed unexpectedly; it is tried again", channel=self.channel)
            self._ledger.put_off(delivery, _said(error))
            return
        self._ledger.sent(delivery, receipt, outcome, refusal)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
