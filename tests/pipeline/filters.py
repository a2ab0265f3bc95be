"""Filters of every temper, and messages for them; no broker, no API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from alertwatch.alert import Alert, Part
from alertwatch.filter import Criterion, Filter, Outcome, Parameters
from consumer.judging import Judges
from consumer.message import Message, Partition
from consumer.pipeline import Pipeline
from tests.service import messages

TOPIC = "stamp_classifier_20260315"


class Easy(Filter[Parameters]):
    """Judges on the bare message; every SN matches."""

    streams = frozenset({"ztf_stamp"})
    classes: ClassVar[frozenset[str] | None] = frozenset({"SN"})

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        yield Criterion(name="class", outcome=Outcome.PASS)


class Demanding(Easy):
    """Wants what no stamp message holds."""

    needs = frozenset({Part.DETECTIONS})


class Broken(Easy):
    """Raises when it judges, until it is mended."""

    broken = True

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        if self.broken:
            raise ZeroDivisionError("bug")
        yield from super().criteria(alert)


class BadCut(Easy):
    """Raises in its cheap cut."""

    def wants(self, alert: Alert) -> bool:
        raise KeyError("no such thing")


class Picky(Easy):
    """Wants nothing."""

    def wants(self, alert: Alert) -> bool:
        return False


def judges(*kinds: type[Easy], max_errors: int = 3) -> Judges:
    """Judges with one instance of each kind, called by the kind's name in small letters."""
    named = [kind(kind.__name__.lower(), Parameters()) for kind in kinds]
    return Judges({filter_.name: filter_ for filter_ in named}, max_errors)


def pipeline(*kinds: type[Easy], reader: str = "ztf_stamp", limit: float = 0.5) -> Pipeline:
    """A pipeline whose topics all have one reader."""
    return Pipeline("ztf", lambda topic: reader, judges(*kinds), limit)


def message(payload: bytes, offset: int = 0, topic: str = TOPIC) -> Message:
    """A record of partition 0."""
    return Message(Partition("ztf", topic, 0), offset, 1_773_500_000_000, payload)


def stamps(*numbers: int) -> list[Message]:
    """Stamp messages; those whose number `messages.EVERY` divides have SN on top."""
    return [message(messages.stamp(number), offset) for offset, number in enumerate(numbers)]
