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
SETTLED_SECONDS = 600.0  # after this the transaction that follows an object is committed, or has failed

Told = tuple[Followed, list[NewRow]]


class Notices:
    """The subscriptions and the followed objects; one instance serves all threads of a process.

    Knows nothing, and costs next to nothing, until `refresh` was called. ``wake`` is set when there may be
    something to plan.
    """

    def __init__(self) -> None:
        self.wake = threading.Event()
        self._seconds: Mapping[str, Mapping[str, float]] = {}  # filter → subscription → how long it follows
        self._objects: dict[Key, float] = {}  # followed → when this process noted it; 0: read from the database
        self._lock = threading.Lock()

    def follows(self, alert: Alert) -> bool:
        """Whether a subscription follows the alert's object: asked of every alert there is."""
        return (alert.survey, alert.object_id) in self._objects

    def refresh(self, tx: Connection, subscriptions: Mapping[str, Subscription], now: float) -> None:
        """Take the subscriptions as they are now, and what any process has followed since the last time."""
        seconds: dict[str, dict[str, float]] = {}
        for name, one in subscriptions.items():
            for filter_ in one.settings.filters:
                seconds.setdefault(filter_, {})[name] = one.settings.follow_days * DAY
        known = followed.load(tx, now) if seconds else {}
        objects = {key: 0.0 for key, matched in known.items() if _followers(seconds, matched, now)}
        with self._lock:
            fresh = {key: at for key, at in self._objects.items() if at > now - SETTLED_SECONDS}
            self._seconds, self._objects = seconds, objects | fresh

    def record(self, tx: Connection, judged: Iterable[Judged], new: Iterable[NewMatch], now: float) -> None:
        """Write a row for each subscription and new match, and each later alert of an object that it follows.

        The objects that matched are followed from now on. To be called in the transaction that stores
        ``judged``, of which ``new`` came; a replay adds nothing.
        """
        if not self._seconds:
            return
        matches = [match for match in new if match.verdict.filter in self._seconds]
        later = [j.alert for j in judged if any(v.filter == FOLLOWED for v in j.verdicts)]
        if not matches and not later:
            return
        known = followed.get(tx, {_key(alert) for alert in (*later, *(match.alert for match in matches))})
        told = [*self._of_matches(matches, known, now), *self._of_later(tx, later, known, now)]
        followed.add(tx, (one for one, _ in told))
        outbox.add(tx, (row for _, rows in told for row in rows), now)

    def committed(self, judged: Iterable[Judged]) -> None:
        """Wake the planner if any of what was stored may be for it; to be called after the commit."""
        if self._seconds and any(v.is_kept for j in judged for v in j.verdicts):
            self.wake.set()

    def _of_matches(
        self, matches: Iterable[NewMatch], known: Mapping[Key, Followed], now: float
    ) -> Iterator[Told]:
        for match in matches:
            alert, name, key = match.alert, match.verdict.filter, _key(match.alert)
            facts = _facts(alert, known.get(key), match.verdict.grade)
            seconds = self._seconds[name]
            with self._lock:
                self._objects[key] = now  # if this is rolled back, an object too many harms nobody
            follow = Followed(
                survey=key[0],
                object_id=key[1],
                filters={name: now},
                facts=facts,
                ra=facts.ra,
                dec=facts.dec,
                since=now,
                until_at=now + max(seconds.values()),
            )
            yield follow, [_row(one, name, alert, facts, match.id) for one in seconds]

    def _of_later(
        self, tx: Connection, alerts: list[Alert], known: Mapping[Key, Followed], now: float
    ) -> Iterator[Told]:
        """Not of an alert from before the match, as a replay brings it, nor of the one that matched itself."""
        first = verdicts.first_matched(tx, {alert.object_id for alert in alerts}) if alerts else {}
        for alert in alerts:
            key = _key(alert)
            if key not in known or (alert.time is not None and alert.time <= first.get(key, 0.0)):
                continue
            facts = _facts(alert, known[key], None)
            followers = _followers(self._seconds, known[key].filters, now)
            yield replace(known[key], facts=facts), [_row(one, FOLLOWED, alert, facts) for one in followers]


def _key(alert: Alert) -> Key:
    return str(alert.survey), alert.object_id


def _facts(alert: Alert, known: Followed | None, grade: str | None) -> Facts:
    return Facts.of(alert, grade).over(known.facts if known else None)


def _followers(
    seconds: Mapping[str, Mapping[str, float]], matched: Mapping[str, float], now: float
) -> set[str]:
    """The subscriptions that still follow an object which these filters matched, and when."""
    return {
        subscription
        for filter_, at in matched.items()
        for subscription, patience in seconds.get(filter_, {}).items()
        if now <= at + patience
    }


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
