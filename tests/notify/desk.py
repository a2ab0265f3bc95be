"""A planner with a clock to move: what subscriptions are told of objects that match and go on."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED
from alertwatch.settings import Settings, SubscriptionSettings
from alertwatch.store import Store, deliveries, followed, outbox
from alertwatch.store.followed import Followed
from alertwatch.store.outbox import NewRow, Row
from alertwatch.subscriptions import Subscription
from consumer.notify.planner import Planner

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def at(text: str, zone: str = "UTC") -> float:
    """``2026-03-15 08:00`` on that zone's clocks → seconds since 1970."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


class Desk:
    """One database, the subscriptions of one team, and a clock."""

    def __init__(self, store: Store, now: str = "2026-03-16 02:00") -> None:
        self.store, self.now = store, at(now)
        self.subscriptions: dict[str, Subscription] = {}
        self.budgets: dict[str, int] = {}
        self._alerts = 0

    def subscribe(self, name: str = "sn", **keys: Any) -> None:
        """Add a subscription, or put another in its place."""
        section = SubscriptionSettings.model_validate(
            {"filters": ["young_sn", "agn_flare"], "channels": ["team"], **keys}
        )
        self.subscriptions[name] = Subscription(name, section, "file")

    def pause(self, name: str = "sn") -> None:
        one = self.subscriptions[name]
        self.subscriptions[name] = Subscription(name, one.settings, "file", paused_at=self.now)

    def resume(self, name: str = "sn") -> None:
        one = self.subscriptions[name]
        self.subscriptions[name] = Subscription(name, one.settings, "file")
        with self.store.write() as tx:
            outbox.release_paused(tx, name, self.now)

    def match(self, object_id: str = "ZTF26a", filter_: str = "young_sn", **facts: Any) -> None:
        """A filter matches an alert of the object; facts that are not given are usual ones."""
        with self.store.write() as tx:
            self._record(tx, object_id, filter_, self._usual(object_id, **facts))

    def flood(self, number: int) -> None:
        """As many objects match at once."""
        with self.store.write() as tx:
            for i in range(number):
                name = f"ZTF26{i:04}"
                self._record(tx, name, "young_sn", self._usual(name, ra=i * 0.1, dec=0.0))

    def alert(self, object_id: str = "ZTF26a", **facts: Any) -> None:
        """A later alert of an object that matched; facts that are not given stay as they were."""
        with self.store.write() as tx:
            self._record(tx, object_id, FOLLOWED, Facts(mjd=self._mjd, **facts))

    @property
    def _mjd(self) -> float:
        return self.now / DAY + 40587

    def _usual(self, object_id: str, **facts: Any) -> Facts:
        place = {"ra": 150.0 + sum(map(ord, object_id)) / 10, "dec": 2.0}
        usual = {"class_name": "SN", "probability": 0.8, "band": "g", "mag": 19.3, "age_days": 1.0}
        return Facts(mjd=self._mjd, **{**usual, **place, **facts})

    def _record(self, tx: Connection, object_id: str, filter_: str, facts: Facts) -> None:
        self._alerts += 1
        survey = "ztf" if object_id.startswith("ZTF") else "lsst"
        old = followed.get(tx, [(survey, object_id)]).get((survey, object_id))
        facts = facts.over(old.facts if old else None)
        new = Followed(
            survey=survey,
            object_id=object_id,
            filters={} if filter_ == FOLLOWED else {filter_: self.now},
            facts=facts,
            ra=facts.ra,
            dec=facts.dec,
            since=self.now,
            until_at=self.now + 60 * DAY,
        )
        followed.add(tx, [new])
        of_alert = {"survey": survey, "object_id": object_id, "alert_id": str(self._alerts), "facts": facts}
        outbox.add(
            tx, [NewRow(subscription=name, filter=filter_, **of_alert) for name in self.subscriptions], self.now
        )

    def planner(self) -> Planner:
        """As another process would have it."""
        return Planner(
            self.store, lambda tx: self.subscriptions, self.budgets.get, Settings(), lambda: self.now
        )

    def plan(self) -> list[str]:
        """What messages are made now: "kind title", the first one first."""
        before = {one.id for one in self.ledger()}
        self.planner().plan()
        return [f"{one.kind} {one.title}" for one in self.ledger() if one.id not in before]

    def until(self, moment: str, zone: str = "UTC", step: float = 10 * MINUTE) -> list[str]:
        """Plan in steps until then; what messages are made: "HH:MM kind title" in UTC."""
        found = []
        end = at(moment, zone)
        while self.now < end:
            self.now = min(end, self.now + step)
            clock = f"{dt.datetime.fromtimestamp(self.now, dt.UTC):%H:%M}"
            found += [f"{clock} {message}" for message in self.plan()]
        return found

    def ledger(self) -> list[deliveries.Delivery]:
        with self.store.read() as tx:
            return sorted(deliveries.list(tx, limit=10_000), key=lambda one: one.id)

    def told_rows(self, channel: str = "team") -> list[int]:
        """The outbox rows that messages to the channel tell of."""
        with self.store.read() as tx:
            return [i.id for d in self.ledger() if d.channel == channel for i in deliveries.items(tx, d.id)]

    def rows(self, object_id: str = "ZTF26a") -> list[Row]:
        with self.store.read() as tx:
            return outbox.of_object(tx, object_id)

    def fate(self, object_id: str = "ZTF26a") -> str:
        """What became of the object's last row: "state: reason"."""
        last = self.rows(object_id)[-1]
        return f"{last.state}: {last.reason}"
