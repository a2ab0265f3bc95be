"""Everything between a stored match and a message that arrived: one planner, one thread for each channel.

`Notifier.notices` is told of what is stored; the rest goes by the tables, so that a process which dies loses
nothing and several processes share the work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection

from alertwatch import registry, render, subscriptions
from alertwatch.errors import StoreUnavailable
from alertwatch.settings import Settings
from alertwatch.sink import Sink
from alertwatch.store import Store, channels, deliveries, outbox
from alertwatch.subscriptions import Subscription
from consumer.lookup.stamps import Stamps
from consumer.notify.composer import Composer
from consumer.notify.deliverer import Deliverer
from consumer.notify.drawing import Drawing
from consumer.notify.images import Images
from consumer.notify.listener import Listener
from consumer.notify.notices import Notices
from consumer.notify.patience import PatientStore, Stopped
from consumer.notify.planner import Planner

WAIT_SECONDS = 5.0
GATHER_SECONDS = 0.3  # in a backlog, matches are planned together: each round takes time from the filters
REFRESH_SECONDS = 10.0  # a subscription that is added by command is followed within this
FINISH_SECONDS = 60.0  # a batch run waits so long for the messages that are due at its end
STOP_SECONDS = 6.0

log = structlog.get_logger(__name__)


class Notifier:
    """Plans and delivers until ``stop`` is set. ``clock``: epoch seconds.

    ``stamps`` (without it: none) is asked for images that are not stored, and closed by whoever made it.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        stop: threading.Event,
        clock: Callable[[], float] = time.time,
        stamps: Stamps | None = None,
    ) -> None:
        """Raises `SettingsError` for a channel that cannot be made."""
        self.notices = Notices()
        self._settings = settings
        self._store = PatientStore(store, stop, "planning of messages")
        self._stop = stop
        self._clock = clock
        self._subscriptions: Mapping[str, Subscription] = {}
        self._refreshed_at = float("-inf")
        self._planning = False
        render.use_templates(settings.notifications.templates)
        sinks = registry.build_sinks(settings)
        self._drawing = Drawing()
        self._draws = any(sink.wants_pictures for sink in sinks.values())
        self._budgets = {name: _budget(settings, sink) for name, sink in sinks.items()}
        self._planner = Planner(store, self._known, self._budgets.get, settings, clock)
        patient = PatientStore(store, stop, "a message")
        images = Images(patient, stamps or Stamps({}, clock), clock)
        compose = Composer(patient, self._drawing, images, self._with_pictures)
        self._deliverers = [
            Deliverer(sink, _per_minute(settings, sink), settings.notifications, store, compose, stop, clock)
            for sink in sinks.values()
        ]
        self._listeners = [Listener(sink, store, stop, clock) for sink in sinks.values() if listens(sink)]
        self._thread = threading.Thread(target=self._run, name="planner", daemon=True)

    def start(self) -> None:
        """Learn who follows what, before anything is read, then start the threads.

        Waits for a database that does not answer; starts nothing when told to stop meanwhile.
        """
        try:
            self.refresh()
        except Stopped:
            return
        if self._draws and self._subscriptions:
            self._drawing.warm_up()
        for thread in self._threads():
            thread.start()

    def wake(self) -> None:
        """Something may be due."""
        self.notices.wake.set()

    def refresh(self) -> None:
        """Take the subscriptions as they are now. Raises `Stopped`."""
        self._refreshed_at = time.monotonic()
        self._store.read(self._refresh)

    def stop(self) -> None:
        """Within ten seconds: a message under way is waited for, and then left to its lease."""
        self._stop.set()
        self.wake()
        for deliverer in self._deliverers:
            deliverer.wake()
        deadline = time.monotonic() + STOP_SECONDS
        self._drawing.stop()
        for thread in self._threads():
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def finish(self, seconds: float = FINISH_SECONDS) -> None:
        """Plan and deliver what is due now, for so long at most; the rest is for the next run."""
        now, deadline = self._clock(), time.monotonic() + seconds
        self.wake()
        while time.monotonic() < deadline and not self._stop.wait(0.1):
            if not self._is_busy() and not self._is_due(now):
                return

    def waiting(self) -> int:
        """How many messages are not settled; 0 while the database does not answer."""
        try:
            return self._store.once(lambda tx: sum(deliveries.count_open(tx).values()))
        except StoreUnavailable:
            return 0

    def _threads(self) -> list[threading.Thread]:
        delivering = [deliverer.thread for deliverer in self._deliverers]
        return [self._thread, *delivering, *(listener.thread for listener in self._listeners)]

    # -- the planner's thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            self.notices.wake.clear()
            try:
                self._plan()
            except Stopped:
                return
            except StoreUnavailable as error:
                log.debug("planning waits: the database does not answer", error=str(error))
            except Exception:  # whatever it is, what is to be told waits in the outbox
                log.exception("planning of messages failed; it is tried again")
            finally:
                self._planning = False
            self._stop.wait(GATHER_SECONDS)
            self.notices.wake.wait(WAIT_SECONDS)

    def _plan(self) -> None:
        self._planning = True
        if time.monotonic() - self._refreshed_at >= REFRESH_SECONDS:
            self.refresh()
        self._planner.foresee(self._subscriptions.values())
        if self._planner.plan():
            for deliverer in self._deliverers:
                deliverer.wake()

    def _refresh(self, tx: Connection) -> None:
        self._subscriptions = subscriptions.known(self._settings, tx)
        self.notices.refresh(tx, self._subscriptions, self._clock())

    # -- what others ask ----------------------------------------------------------------------------------

    def _known(self, tx: Connection) -> Mapping[str, Subscription]:
        """As they are at this moment: another process may have recorded for a new one already."""
        return subscriptions.known(self._settings, tx)

    def _with_pictures(self, subscription: str) -> bool:
        known = self._subscriptions.get(subscription)
        return known is None or known.settings.pictures

    def _is_busy(self) -> bool:
        return self.notices.wake.is_set() or self._planning or any(d.busy for d in self._deliverers)

    def _is_due(self, now: float) -> bool:
        try:
            return self._store.once(lambda tx: self._due(tx, now))
        except StoreUnavailable:
            return True

    def _due(self, tx: Connection, now: float) -> bool:
        planned = outbox.next_due(tx)
        if planned is not None and planned <= now:
            return True
        at_present = self._clock()  # messages are due from when they were planned on, which is later
        held = {name for name, state in channels.states(tx).items() if (state.try_at or 0.0) > at_present}
        free = (d.channel for d in self._deliverers if d.channel not in held)
        due = (deliveries.next_due(tx, channel) for channel in free)
        return any(moment is not None and moment <= at_present for moment in due)


def listens(sink: Sink[Any]) -> bool:
    """Whether people can answer through it."""
    return type(sink).listen is not Sink.listen


def _per_minute(settings: Settings, sink: Sink[Any]) -> float | None:
    return settings.channels[sink.name].per_minute or sink.per_minute


def _budget(settings: Settings, sink: Sink[Any]) -> int | None:
    own = settings.channels[sink.name].budget_per_hour
    return sink.budget_per_hour if own is None else own
