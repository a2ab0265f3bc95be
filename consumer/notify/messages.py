"""From what is to be told to messages: one each, one summary of many, or a digest; and their titles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from alertwatch.facts import Facts
from alertwatch.notification import Kind
from alertwatch.store.deliveries import MOST_ITEMS
from alertwatch.subscriptions import Subscription

Item = tuple[int, str]
"""An outbox row and why it is told, in words."""

MOST_SINGLE = 3  # of what was held back together: more become one summary


class Release(Enum):
    """How something comes to be told now."""

    AT_ONCE = "at once"
    HELD = "held"
    DIGEST = "digest"


@dataclass
class Entry:
    """One source that a subscription is told of; ``items`` are all the rows that it is about."""

    subscription: Subscription
    source_id: int
    object_id: str
    kind: Kind
    facts: Facts
    release: Release
    urgent: bool = False
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Message:
    """What one message tells, whichever channel it goes to."""

    subscription: Subscription
    kind: Kind
    title: str
    entries: Sequence[Entry]

    @property
    def items(self) -> list[Item]:
        """The rows that it is about."""
        return [item for entry in self.entries for item in entry.items]

    @property
    def urgent(self) -> bool:
        """Whether it goes out past everything."""
        return any(entry.urgent for entry in self.entries)

    @property
    def source_id(self) -> int | None:
        """The source that it is about, where it is one."""
        return self.entries[0].source_id if self.kind in {Kind.MATCH, Kind.UPDATE} else None


def messages(subscription: Subscription, entries: Iterable[Entry]) -> Iterator[Message]:
    """The messages that tell of all the entries of a subscription."""
    by_release: dict[Release, list[Entry]] = {release: [] for release in Release}
    for entry in entries:
        by_release[Release.AT_ONCE if entry.urgent else entry.release].append(entry)
    at_once, held, digest = by_release.values()
    if len(held) <= MOST_SINGLE:
        at_once, held = [*at_once, *held], []
    for entry in at_once:
        yield Message(subscription, entry.kind, _title(entry), [entry])
    for kind, many in ((Kind.SUMMARY, held), (Kind.DIGEST, digest)):
        for part in packed(many):
            yield Message(subscription, kind, _title_of_many(kind, subscription, len(part)), part)


def packed(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """In parts that a message can hold."""
    part: list[Entry] = []
    size = 0
    for entry in entries:
        if part and size + len(entry.items) > MOST_ITEMS:
            yield part
            part, size = [], 0
        part.append(entry)
        size += len(entry.items)
    if part:
        yield part


def key(subscription: str, channel: str, kind: Kind, first: int, now: float) -> str:
    """A message's key, which no other message has, also of another database: row numbers begin at 1 in each."""
    text = "\n".join((subscription, channel, kind, str(first), str(now)))
    return f"aw-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _title(entry: Entry) -> str:
    facts = entry.facts
    name = f"{facts.class_name or 'object'} {entry.object_id}"
    if entry.kind is Kind.UPDATE:
        return f"{name}: {entry.items[0][1]}"
    brightness = None if facts.mag is None else f"{facts.band or 'mag'} = {facts.mag:.1f}"
    probability = None if facts.probability is None else f"P = {facts.probability:.2f}"
    known = ", ".join(part for part in (brightness, probability) if part)
    return f"New {name}: {known}" if known else f"New {name}"


def _title_of_many(kind: Kind, subscription: Subscription, number: int) -> str:
    objects = "1 object" if number == 1 else f"{number} objects"
    if kind is Kind.SUMMARY:
        return f"{objects} of {subscription.name}"
    digest = subscription.settings.digest
    return f"{digest.capitalize() if digest != 'none' else 'Last'} digest of {subscription.name}: {objects}"
