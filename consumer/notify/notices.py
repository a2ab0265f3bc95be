"""Notices: what subscriptions may have to be told goes to the outbox in the transaction that stores its cause.

An object that matched for a subscription is followed: its later alerts are noted as well, so that a limit which
it crosses in the days after is seen.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from alertwatch.alert import Alert
from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED, Judged
from alertwatch.store import followed, outbox, verdicts
from alertwatch.store.followed import Followed, Key
from alertwatch.store.outbox import NewRow
from alertwatch.store.verdicts import NewMatch
from alertwatch.subscriptions import Subscription

DAY = 86_400.0  # seconds
ANEW_SECONDS = 600.0  # so often all followed objects are read; in between, only those that matched lately
SETTLED_SECONDS = 600.0  # after this the transaction that follows an object is committed, or has failed

Seconds = Mapping[str, Mapping[str, float]]
"""Filter → subscription that names it → how long that follows what matched [s]."""
Told = tuple[Followed, list[NewRow]]


class Notices:
    """The subscriptions and the followed objects; one instance serves all threads of a process.

    Knows nothing, and costs next to nothing, until `refresh` was called. ``wake`` is set when there may be
    something to plan.
    """

    def __init__(self) -> None:
        self.wake = threading.Event()
        self._seconds: Seconds = {}
        self._objects: dict[Key, float] = {}  # followed → when this process noted it; 0: read from the database
        self._lock = threading.Lock()
        self._read_at = self._all_read_at = 0.0

    def follows(self, alert: Alert) -> bool:
        """Whether a subscription follows the alert's object: asked of every alert there is."""
        return (alert.survey, alert.object_id) in self._objects

    def refresh(self, tx: Connection, subscriptions: Mapping[str, Subscription], now: float) -> None:
        """Take the subscriptions as they are now, and what any process has followed since the last time."""
        seconds: dict[str, dict[str, float]] = {}
        for name, one in subscriptions.items():
            for filter_ in one.settings.filters:
                seconds.setdefault(filter_, {})[name] = one.settings.follow_days * DAY
        anew = seconds != self._seconds or not self._read_at <= now < self._all_read_at + ANEW_SECONDS
        until_at = now if anew else max(now, self._read_at - SETTLED_SECONDS + _shortest(seconds))
        known = followed.load(tx, until_at) if seconds else {}
        objects = {key: 0.0 for key, matched in known.items() if _followers(seconds, matched, now)}
        with self._lock:
            since = now - SETTLED_SECONDS if anew else -1.0
            kept = {key: at for key, at in self._objects.items() if at > since}
            self._seconds, self._objects = seconds, objects | kept
        self._read_at, self._all_read_at = now, now if anew else self._all_read_at

    def record(self, tx: Connection, judged: Iterable[Judged], new: Iterable[NewMatch], now: float) -> None:
        """Write a row for each subscription and new match, and each later alert of an object that it follows.

        The objects that matched are followed from now on. To be called in the transaction that stores
        ``judged``, of which ``new`` came; a replay adds nothing.
        """
        seconds = self._seconds  # as they are at this moment: a refresh may come in between
        if not seconds:
            return
        matches = [match for match in new if match.verdict.filter in seconds]
        later = [j.alert for j in judged if any(v.filter == FOLLOWED for v in j.verdicts)]
        if not matches and not later:
            return
        with self._lock:  # should this be rolled back: an object too many harms nobody
            self._objects.update({_key(match.alert): now for match in matches})
        known = followed.get(tx, {_key(alert) for alert in (*later, *(match.alert for match in matches))})
        told = [
            *_of_matches(matches, known, seconds, now),
            *_of_later(_since_match(tx, later), known, seconds, now),
        ]
        followed.add(tx, (one for one, _ in told))
        outbox.add(tx, (row for _, rows in told for row in rows), now)

    def committed(self, judged: Iterable[Judged]) -> None:
        """Wake the planner if any of what was stored may be for it; to be called after the commit."""
        if self._seconds and any(v.is_kept for j in judged for v in j.verdicts):
            self.wake.set()


def _of_matches(
    matches: Iterable[NewMatch], known: Mapping[Key, Followed], seconds: Seconds, now: float
) -> Iterator[Told]:
    for match in matches:
        alert, name, (survey, object_id) = match.alert, match.verdict.filter, _key(match.alert)
        facts = _facts(alert, known.get((survey, object_id)), match.verdict.grade)
        follow = Followed(
            survey=survey,
            object_id=object_id,
            filters={name: now},
            facts=facts,
            ra=facts.ra,
            dec=facts.dec,
            since=now,
            until_at=now + max(seconds[name].values()),
        )
        yield follow, [_row(subscription, name, alert, facts, match.id) for subscription in seconds[name]]


def _of_later(
    alerts: Iterable[Alert], known: Mapping[Key, Followed], seconds: Seconds, now: float
) -> Iterator[Told]:
    for alert in alerts:
        if follow := known.get(_key(alert)):
            facts = _facts(alert, follow, None)
            followers = _followers(seconds, follow.filters, now)
            yield replace(follow, facts=facts), [_row(one, FOLLOWED, alert, facts) for one in followers]


def _since_match(tx: Connection, alerts: list[Alert]) -> list[Alert]:
    """Without those from before the match, which a replay brings, and without the one that matched itself."""
    if not alerts:
        return []
    first = verdicts.first_matched(tx, {alert.object_id for alert in alerts})
    return [alert for alert in alerts if alert.time is None or alert.time > first.get(_key(alert), 0.0)]


def _key(alert: Alert) -> Key:
    return str(alert.survey), alert.object_id


def _facts(alert: Alert, known: Followed | None, grade: str | None) -> Facts:
    return Facts.of(alert, grade).over(known.facts if known else None)


def _followers(seconds: Seconds, matched: Mapping[str, float], now: float) -> set[str]:
    """The subscriptions that still follow an object which these filters matched, and when."""
    return {
        subscription
        for filter_, at in matched.items()
        for subscription, patience in seconds.get(filter_, {}).items()
        if now <= at + patience
    }


def _shortest(seconds: Seconds) -> float:
    """For how long a match is followed at least, whichever filter it was."""
    return min((max(patience.values()) for patience in seconds.values()), default=0.0)


def _row(subscription: str, filter_: str, alert: Alert, facts: Facts, match_id: int | None = None) -> NewRow:
    return NewRow(
        subscription=subscription,
        filter=filter_,
        survey=str(alert.survey),
        object_id=alert.object_id,
        alert_id=alert.alert_id,
        match_id=match_id,
        facts=facts,
    )
