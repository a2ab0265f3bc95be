"""A flood: more messages than a channel's budget becomes one summary that grows; nothing is dropped."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from alertwatch.notification import Kind
from alertwatch.store import deliveries
from alertwatch.store.deliveries import MOST_ITEMS, NewDelivery
from consumer.notify.messages import Item, Message, key

HOUR = 3600.0
LONGEST_SECONDS = 900.0  # that a summary of a flood is collected

Budgets = Callable[[str], int | None]
"""Channel → the most messages per hour; ``None`` or 0: any number. Urgent ones have as many of their own."""


class Outgoing:
    """The messages of one transaction, each channel within its budget. ``now``: seconds since 1970."""

    def __init__(self, tx: Connection, budgets: Budgets, now: float) -> None:
        self._tx = tx
        self._budgets = budgets
        self._now = now
        self._new: list[NewDelivery] = []
        self._made: dict[tuple[str, bool], int] = {}
        self._over: dict[tuple[str, str, bool], list[Item]] = {}

    def add(self, message: Message) -> None:
        """Send to every channel of its subscription."""
        for channel in dict.fromkeys(message.subscription.settings.channels):
            if message.kind is not Kind.DIGEST and self._is_over(channel, message.urgent):
                what = (message.subscription.name, channel, message.urgent)
                self._over.setdefault(what, []).extend(message.items)
            else:
                if self._budgets(channel):
                    self._made[channel, message.urgent] = self._count(channel, message.urgent) + 1
                self._new.append(self._delivery(message, channel))

    def write(self) -> None:
        """Queue them, and what is over the budgets in summaries that are not under way yet."""
        for delivery in self._new:  # one by one: their numbers are in the order in which things happened
            deliveries.create(self._tx, [delivery], self._now)
        for (subscription, channel, urgent), items in self._over.items():
            self._merge(subscription, channel, items, urgent=urgent)

    def _is_over(self, channel: str, urgent: bool) -> bool:
        budget = self._budgets(channel)
        return bool(budget) and self._count(channel, urgent) >= (budget or 0)

    def _count(self, channel: str, urgent: bool) -> int:
        known = self._made.get((channel, urgent))
        if known is None:
            known = deliveries.count_since(self._tx, channel, self._now - HOUR, urgent=urgent)
        return self._made.setdefault((channel, urgent), known)

    def _delivery(self, message: Message, channel: str) -> NewDelivery:
        return NewDelivery(
            key=key(message.subscription.name, channel, message.kind, message.items[0][0], self._now),
            subscription=message.subscription.name,
            channel=channel,
            kind=message.kind,
            title=message.title,
            urgent=message.urgent,
            source_id=message.source_id,
            due=self._now,
            items=message.items,
        )

    def _merge(self, subscription: str, channel: str, items: list[Item], *, urgent: bool) -> None:
        summary = deliveries.open_summary(self._tx, channel, subscription, urgent=urgent)
        if summary is not None:
            room = MOST_ITEMS - len(deliveries.items(self._tx, summary))
            deliveries.extend(self._tx, summary, items[:room])
            items = items[room:]
        parts = [items[i : i + MOST_ITEMS] for i in range(0, len(items), MOST_ITEMS)]
        for part in parts:
            summary_of_part = self._summary(subscription, channel, part, urgent=urgent)
            deliveries.create(self._tx, [summary_of_part], self._now)

    def _summary(self, subscription: str, channel: str, items: list[Item], *, urgent: bool) -> NewDelivery:
        return NewDelivery(
            key=key(subscription, channel, Kind.SUMMARY, items[0][0], self._now),
            subscription=subscription,
            channel=channel,
            kind=Kind.SUMMARY,
            title=f"More of {subscription}: too many for a message each",
            urgent=urgent,
            due=self._due(channel, urgent=urgent),
            items=items,
        )

    def _due(self, channel: str, *, urgent: bool) -> float:
        """When the budget has room again, and not too late."""
        first = deliveries.first_since(self._tx, channel, self._now - HOUR, urgent=urgent)
        return self._now + min(LONGEST_SECONDS, HOUR if first is None else first + HOUR - self._now)
