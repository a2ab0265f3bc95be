"""Which topics a source follows: names, ``{date}`` patterns for daily topics, and ``^regular expressions``.

A daily topic's date is a name, not a night. The producer moves to the next date's topic at its switch hour,
but only when it has something to send then; otherwise it stays where it is, for days if need be. So a daily
topic is closed by the next one that exists, and what it holds expires a retention later. Until then it is
followed, and the newest always is.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from alertwatch.errors import SettingsError

DATE = "{date}"


class TopicPattern:
    """One key of ``[sources.NAME.topics]`` and the reader of the topics that it matches."""

    def __init__(self, text: str, reader: str) -> None:
        self.text = text
        self.reader = reader
        self._expression = _compile(text)

    @property
    def daily(self) -> bool:
        """Whether it stands for one topic a day."""
        return DATE in self.text and not self.text.startswith("^")

    def matches(self, topic: str) -> bool:
        """Whether the topic is one of the pattern's; a daily one must end in a real date."""
        found = self._expression.search(topic)
        return found is not None and (not self.daily or _date(found["date"]) is not None)

    def on(self, day: dt.date) -> str:
        """The topic of one date."""
        return self.text.replace(DATE, f"{day:%Y%m%d}")

    def followed(self, topics: Iterable[str], now: dt.datetime, retention: dt.timedelta) -> set[str]:
        """Those of the existing topics that may hold messages not yet expired."""
        mine = {topic for topic in topics if self.matches(topic)}
        if not self.daily:
            return mine
        by_date = sorted((self._date_of(topic), topic) for topic in mine)
        expired = {topic for (_, topic), (closed, _) in pairwise(by_date) if closed + retention < now}
        return mine - expired

    def _date_of(self, topic: str) -> dt.datetime:
        found = self._expression.search(topic)
        date = _date(found["date"]) if found else None
        assert date is not None, "only asked of topics that match"
        return date


class Topics:
    """All patterns of one source. Where two match a topic, the first in the settings reads it."""

    def __init__(self, source: str, patterns: Mapping[str, str], retention_hours: float) -> None:
        if not patterns:
            raise SettingsError(f'sources.{source}.topics is empty: name a topic, as in "alerts_{{date}}"')
        self._source = source
        self._retention = dt.timedelta(hours=retention_hours)
        self.patterns = [TopicPattern(text, reader) for text, reader in patterns.items()]

    def reader_name(self, topic: str) -> str:
        """The reader configured for a topic. `SettingsError` when there is none."""
        for pattern in self.patterns:
            if pattern.matches(topic):
                return pattern.reader
        raise SettingsError(f'No pattern in sources.{self._source}.topics matches the topic "{topic}"')

    def followed(self, existing: Iterable[str], now: dt.datetime) -> frozenset[str]:
        """Those of the existing topics to read; ``now`` is UTC."""
        names = [name for name in existing if not name.startswith("__")]
        return frozenset().union(*(p.followed(names, now, self._retention) for p in self.patterns))


def date_at(now: dt.datetime, switch_hour: int) -> dt.date:
    """The date whose topic is written to at a time: from the switch hour (UTC) on, the next day's."""
    return (now + dt.timedelta(hours=24 - switch_hour)).date() if switch_hour else now.date()


def _compile(text: str) -> re.Pattern[str]:
    if text.startswith("^"):
        try:
            return re.compile(text)
        except re.error as error:
            raise SettingsError(f'The topic pattern "{text}" is not a regular expression: {error}') from None
    head, *tails = text.split(DATE)
    if len(tails) > 1 or set("{}") & set(head + "".join(tails)):
        raise SettingsError(f'The topic pattern "{text}" is not valid: it may hold {DATE} once, nothing else')
    return re.compile(
        "^" + re.escape(head) + "".join(rf"(?P<date>\d{{8}}){re.escape(t)}" for t in tails) + r"\Z"
    )


def _date(digits: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(digits, "%Y%m%d").replace(tzinfo=dt.UTC)
    except ValueError:
        return None
