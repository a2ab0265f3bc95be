"""Destinations of messages that fail when told to, and the delivery of what is due to one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alertwatch.notification import Kind, Notification, Receipt
from alertwatch.settings import NotificationSettings
from alertwatch.sink import Sink, SinkSettings
from alertwatch.store import Store, channels, deliveries
from alertwatch.store.deliveries import Delivery, NewDelivery
from consumer.notify.deliverer import Deliverer

SETTINGS = NotificationSettings(retry_minutes=(1, 10), then_every_minutes=30, lease_seconds=60)


class Clock:
    """A clock that a test moves, and threads wait for in vain."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class MemorySettings(SinkSettings):
    pass


class Memory(Sink[MemorySettings]):
    """Keeps what it is sent. ``faults`` are raised one by one: before a message is accepted, or ``after``."""

    def __init__(self, name: str = "team") -> None:
        super().__init__(name, MemorySettings())
        self.accepted: list[Notification] = []
        self.completed: list[str] = []
        self.faults: list[Exception] = []
        self.after: list[Exception] = []
        self.in_complete: list[Exception] = []
        self.sending = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def check(self) -> str:
        return "it takes messages"

    def send(self, notification: Notification) -> Receipt:
        self.sending.set()
        self.go_on.wait(20)
        if self.faults:
            raise self.faults.pop(0)
        self.accepted.append(notification)
        if self.after:
            raise self.after.pop(0)
        return Receipt(id=f"m{len(self.accepted)}")

    @property
    def keys(self) -> list[str]:
        return [notification.key for notification in self.accepted]


class Searchable(Memory):
    """One that can be asked whether a message arrived, and sends pictures after it."""

    can_find = True
    wants_pictures = True

    def find(self, notification: Notification) -> Receipt | None:
        return Receipt(id="found") if notification.key in self.keys else None

    def complete(self, notification: Notification, receipt: Receipt) -> None:
        if self.in_complete:
            raise self.in_complete.pop(0)
        self.completed.append(receipt.id)


def in_words(delivery: Delivery, sink: Sink[Any]) -> Notification:
    """The message of a delivery without items."""
    return Notification(
        key=delivery.key,
        subscription=delivery.subscription,
        kind=delivery.kind,
        title=delivery.title,
        created_at=delivery.created_at,
    )


class Desk:
    """A store, a clock and a sink; `deliver` runs a channel's thread until nothing is due any more."""

    def __init__(self, store: Store, sink: Memory | None = None) -> None:
        self.store, self.sink, self.clock = store, sink or Memory(), Clock()
        self.settings = SETTINGS
        self.compose: Callable[[Delivery, Sink[Any]], Notification] = in_words

    def queue(self, *keys: str, channel: str = "team", **other: Any) -> list[int]:
        values: dict[str, Any] = {"subscription": "sn", "kind": Kind.MATCH, "title": "t", "due": self.clock()}
        new = [NewDelivery(key=key, channel=channel, **{**values, **other}) for key in keys]
        with self.store.write() as tx:
            return list(deliveries.create(tx, new, self.clock()))

    @contextmanager
    def running(
        self, per_minute: float | None = None, **other: Any
    ) -> Iterator[tuple[Deliverer, threading.Event]]:
        stop = threading.Event()
        deliverer = Deliverer(
            self.sink, per_minute, self.settings, self.store, self.compose, stop, self.clock, **other
        )
        deliverer.thread.start()
        try:
            yield deliverer, stop
        finally:
            stop.set()
            deliverer.wake()
            deliverer.thread.join(20)

    def deliver(self, **other: Any) -> None:
        with self.running(**other) as (deliverer, _):
            wait_until(lambda: not deliverer.busy and not self._due())

    def _due(self) -> bool:
        with self.store.read() as tx:
            due, state = deliveries.next_due(tx, self.sink.name), channels.state(tx, self.sink.name)
        held = state is not None and (state.try_at or 0.0) > self.clock()
        return due is not None and due <= self.clock() and not held

    def listed(self) -> list[Delivery]:
        with self.store.read() as tx:
            return sorted(deliveries.list(tx, limit=1_000), key=lambda delivery: delivery.id)

    def states(self) -> list[str]:
        return [delivery.state for delivery in self.listed()]

    def outcomes(self, delivery_id: int) -> list[str | None]:
        with self.store.read() as tx:
            return [attempt.outcome for attempt in deliveries.attempts(tx, delivery_id)]

    def channel(self) -> channels.ChannelState | None:
        with self.store.read() as tx:
            return channels.state(tx, self.sink.name)


def wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    never = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if holds():
            return
        never.wait(0.01)
    raise AssertionError(f"it did not come about within {seconds:g} s")
