"""One attempt at one candidate: read its message again, complete it, judge it; or say when to try again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from alertwatch.alert import Alert
from alertwatch.errors import ApiUnavailable, BadInput, NotReadyYet, TryAgainLater
from alertwatch.filter import Filter, Judged
from alertwatch.settings import LookupSettings
from alertwatch.store.candidates import Candidate
from consumer import readers
from consumer.images import with_cutouts
from consumer.judging import Judges
from consumer.lookup.enrich import Lookup

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ready:
    """Judged. ``off``: filters that want the alert too, but are switched off for now."""

    judged: Judged
    off: tuple[str, ...]


@dataclass(frozen=True)
class Later:
    """Not to be had yet: try again at ``due``. ``api_down``: nor is any other candidate of this survey."""

    reason: str
    due: float
    attempts: int
    api_down: bool = False


@dataclass(frozen=True)
class GiveUp:
    """Not to be had within the time that the settings allow."""

    reason: str


Result = Ready | Later | GiveUp


class Attempts:
    """Makes attempts; no database. ``clock`` (epoch seconds) schedules, it never judges."""

    def __init__(
        self,
        lookups: Mapping[str, Lookup],
        judges: Judges,
        settings: LookupSettings,
        clock: Callable[[], float],
    ) -> None:
        self._lookups = lookups
        self._judges = judges
        self._settings = settings
        self._clock = clock

    def make(self, candidate: Candidate) -> Result:
        """What came of it; raises nothing."""
        wanting, off = self._filters(candidate)
        try:
            alert = self._complete(candidate, wanting)
        except ApiUnavailable as error:
            return self._unavailable(candidate, error)
        except (BadInput, TryAgainLater) as error:
            return self._later(candidate, str(error))
        except Exception as error:
            return self.unforeseen(candidate, error)
        judged = self._judges.judge(wanting, alert)
        return Ready(with_cutouts(judged, readers.get(candidate.stream), candidate.payload), off)

    def again(self, candidate: Candidate, off: tuple[str, ...]) -> Later | GiveUp:
        """When to judge with the filters that are switched off, which somebody may mend."""
        return self._later(candidate, f"switched off after errors: {', '.join(off)}")

    def unforeseen(self, candidate: Candidate, error: Exception) -> Later | GiveUp:
        """A bug, ours or the data's, met on one candidate: it waits, the others go on."""
        log.error("look-up failed in an unforeseen way", object=candidate.object_id, exc_info=error)
        return self._later(candidate, f"unforeseen: {type(error).__name__}: {error}")

    def _filters(self, candidate: Candidate) -> tuple[tuple[Filter[Any], ...], tuple[str, ...]]:
        """The filters to judge with, and those switched off; one that is configured no longer is dropped."""
        known = [name for name in candidate.filters if name in self._judges.filters]
        if gone := sorted(set(candidate.filters) - set(known)):
            log.warning("filters no longer configured", filters=gone, object=candidate.object_id)
        on = tuple(self._judges.filters[name] for name in known if self._judges.is_on(name))
        return on, tuple(name for name in known if not self._judges.is_on(name))

    def _complete(self, candidate: Candidate, wanting: tuple[Filter[Any], ...]) -> Alert:
        alert = readers.get(candidate.stream).read(candidate.payload, candidate.received)
        needs = frozenset[Any]().union(*(f.needs for f in wanting))
        if needs <= alert.parts:
            return alert
        lookup = self._lookups.get(alert.survey)
        if lookup is None:
            raise NotReadyYet(f"nobody to ask: add [apis.{alert.survey}] to the settings")
        return lookup.complete(alert, needs)

    def _unavailable(self, candidate: Candidate, error: ApiUnavailable) -> Later:
        """An API that is down says nothing about the candidate: no attempt is counted, and none is the last."""
        if error.retry_after is None:
            return Later(str(error), self._clock() + self._delay(candidate.attempts), candidate.attempts + 1)
        due = self._clock() + error.retry_after
        return Later(str(error), due, candidate.attempts, api_down=True)

    def _later(self, candidate: Candidate, reason: str) -> Later | GiveUp:
        now = self._clock()
        if now - candidate.added_at >= self._settings.give_up_hours * 3600:
            return GiveUp(reason)
        return Later(reason, now + self._delay(candidate.attempts), candidate.attempts + 1)

    def _delay(self, attempts: int) -> float:
        """Seconds until the next attempt, when so many have failed before this one."""
        first = self._settings.retry_minutes
        return 60 * (first[attempts] if attempts < len(first) else self._settings.then_every_minutes)
