"""What subscriptions may have to be told is in the outbox if and only if its cause is in the database."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import ClassVar

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from alertwatch.alert import Alert, Cutouts, Part
from alertwatch.errors import DecodeError
from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED, Criterion, Filter, Outcome, Parameters
from alertwatch.query.selection import Selection
from alertwatch.settings import FilterSettings, Settings
from alertwatch.store import Store, candidates, cutouts, followed, outbox, queries, verdicts
from alertwatch.store.outbox import Row
from alertwatch.subscriptions import Subscription
from consumer.judging import Judges
from consumer.kafka.source import Batch
from consumer.notify.following import Following
from consumer.notify.notices import DAY, Notices
from consumer.pipeline import Outcome as Made
from consumer.pipeline import Pipeline
from consumer.readers.ztf_packet import ZtfPacket
from simulator import wire
from tests.notify.packets import MJD, OID, candid, packet, subscription, subscriptions
from tests.pipeline.filters import message
from tests.service import messages
from tests.store.examples import a_verdict, an_alert, judged

NOW = 1_780_000_000.0


class FirstDay(Filter[Parameters]):
    """Matches the packets of day 0, and stamps that say SN."""

    streams = frozenset({"ztf_packet", "ztf_stamp"})
    needs: ClassVar[frozenset[Part]] = frozenset()

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        opinion = alert.classification
        first = opinion.best == "SN" if opinion else alert.time == MJD
        yield Criterion(name="first day", outcome=Outcome.PASS if first else Outcome.FAIL)


class Broken(FirstDay):
    """A filter with a bug."""

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        raise ZeroDivisionError("bug")


class Desk:
    """One process: its notices and a pipeline, on a database that others may share."""

    def __init__(self, store: Store, *subscribed: Subscription, reader: str = "ztf_packet") -> None:
        self.store, self.notices, self.now = store, Notices(), NOW
        named = {name: FirstDay(name, Parameters()) for name in ("first", "second")}
        filters = {**named, "broken": Broken("broken", Parameters()), FOLLOWED: Following(self.notices)}
        self.pipeline = Pipeline("ztf", lambda topic: reader, Judges(filters, 1000), 0.5, self.notices)
        self.refresh(*subscribed)

    def refresh(self, *subscribed: Subscription) -> None:
        with self.store.read() as tx:
            self.notices.refresh(tx, subscriptions(*subscribed), self.now)

    def take(self, *payloads: bytes) -> Made:
        """A batch of these messages, stored."""
        outcome = self.pipeline.process([message(payload, n) for n, payload in enumerate(payloads)])
        assert not outcome.dead_letters
        with self.store.write() as tx:
            self.pipeline.store(tx, Batch([], {}), outcome, self.now)
        self.pipeline.committed(outcome)
        return outcome

    def rows(self, object_id: str = OID) -> list[Row]:
        with self.store.read() as tx:
            return outbox.of_object(tx, object_id)

    def recorded(self) -> list[tuple[str, str, str]]:
        """(subscription, filter, alert)."""
        return sorted((row.subscription, row.filter, row.alert_id) for row in self.rows())


TEAM = subscription("team", "first")


def test_a_match_and_its_rows_are_stored_together_or_not_at_all(store: Store) -> None:
    desk = Desk(store, TEAM)
    outcome = desk.pipeline.process([message(packet())])
    with suppress(KeyboardInterrupt), store.write() as tx:
        assert desk.pipeline.store(tx, Batch([], {}), outcome, NOW)
        raise KeyboardInterrupt
    assert desk.rows() == []
    with store.read() as tx:
        assert queries.matches(tx) == []
    desk.take(packet())
    (row,) = desk.rows()
    with store.read() as tx:
        (match,) = queries.matches(tx, Selection(filter="first"))
    assert (row.subscription, row.filter, row.alert_id, row.match_id) == ("team", "first", candid(), match.id)
    assert (row.state, row.due, row.facts.mag, row.facts.ra) == ("new", NOW, 18.5, 185.7288)
    assert desk.notices.wake.is_set()


def test_a_replay_adds_nothing(store: Store) -> None:
    desk = Desk(store, TEAM)
    desk.take(packet(), packet(1))
    desk.take(packet(1))
    before = desk.rows()
    Desk(store, TEAM).take(packet(), packet(1))
    assert desk.rows() == before


def test_each_subscription_has_a_row_for_each_of_its_filters_also_while_it_is_paused(store: Store) -> None:
    both = subscription("both", "first", "second")
    desk = Desk(store, TEAM, both, subscription("paused", "second", paused_at=1.0), subscription("no", "other"))
    desk.take(packet())
    assert desk.recorded() == [
        ("both", "first", candid()),
        ("both", "second", candid()),
        ("paused", "second", candid()),
        ("team", "first", candid()),
    ]


def test_without_subscriptions_nothing_is_recorded_and_nobody_is_woken(store: Store) -> None:
    desk = Desk(store)
    desk.take(packet())
    assert desk.take(packet(1)).judged[0].verdicts[-1].filter != FOLLOWED
    assert desk.rows() == []
    with store.read() as tx:
        assert followed.load(tx, 0.0) == {}
    assert not desk.notices.wake.is_set()


def test_later_alerts_of_what_matched_are_noted_with_all_that_is_known(store: Store) -> None:
    desk = Desk(store, TEAM)
    desk.take(packet())
    desk.notices.wake.clear()
    desk.take(packet(3, mag=17.5))
    assert desk.recorded() == [("team", "first", candid()), ("team", FOLLOWED, candid(3))]
    assert desk.notices.wake.is_set()
    row = next(row for row in desk.rows() if row.filter == FOLLOWED)
    assert (row.match_id, row.facts.mag, row.facts.age_days) == (None, 17.5, 3.0)
    with store.read() as tx:
        known = followed.get(tx, [("ztf", OID)])[("ztf", OID)]
        assert (known.facts.mag, known.filters) == (17.5, {"first": NOW})
        assert [d.mag for d in queries.light_curve(tx, "ztf", OID).detections] == [18.5, 17.5]
        summary = queries.object_summary(tx, "ztf", OID)
    assert summary is not None
    assert (summary.last_mjd, summary.ra) == (MJD + 3, 185.7288)
    assert [(c.catalog, c.distance) for c in summary.crossmatches] == [("PS1", 0.8)]


def test_an_object_is_followed_by_whom_its_match_concerns_for_as_long_as_they_say(store: Store) -> None:
    short, long_ = subscription("short", "first", follow_days=10), subscription("long", "first", "second")
    others = subscription("others", "broken")
    desk = Desk(store, short, long_, others)
    desk.take(packet())
    for day in (9, 30, 61):
        desk.now = NOW + day * DAY
        desk.refresh(short, long_, others)
        desk.take(packet(day))
    noted = [(row.subscription, row.alert_id) for row in desk.rows() if row.filter == FOLLOWED]
    assert sorted(noted) == [("long", candid(9)), ("long", candid(30)), ("short", candid(9))]


def test_an_object_is_followed_anew_when_it_matches_again(store: Store) -> None:
    desk = Desk(store, TEAM)
    with store.write() as tx:
        for day in (0, 40):
            new = verdicts.save(tx, [judged(an_alert(OID, str(day)), a_verdict("first"))], NOW)
            desk.notices.record(tx, [], new, NOW + day * DAY)
    desk.now = NOW + 99 * DAY
    desk.refresh(TEAM)
    desk.take(packet(99))
    assert desk.recorded()[-1] == ("team", FOLLOWED, candid(99))


def test_what_one_process_follows_another_sees_after_a_refresh(store: Store) -> None:
    desk, another = Desk(store, TEAM), Desk(store, TEAM)
    desk.take(packet())
    another.take(packet(1))
    assert len(another.rows()) == 1
    another.refresh(TEAM)
    another.take(packet(2))
    assert [alert for _, _, alert in desk.recorded()] == [candid(), candid(2)]


def test_what_is_followed_for_a_short_time_is_seen_by_others_as_well(store: Store) -> None:
    both = subscription("short", "first", follow_days=0.1), subscription("long", "broken", follow_days=60)
    desk, another = Desk(store, *both), Desk(store, *both)
    for process in (desk, another):
        process.now += 60
    desk.take(packet())
    another.now += 60
    another.refresh(*both)
    assert another.notices.follows(ZtfPacket().glance(packet(1)))


def test_a_refresh_between_match_and_commit_forgets_nothing(store: Store) -> None:
    desk = Desk(store, TEAM)
    outcome = desk.pipeline.process([message(packet())])
    with store.write() as tx:
        desk.pipeline.store(tx, Batch([], {}), outcome, NOW)
        other_thread = threading.Thread(target=desk.refresh, args=(TEAM,))
        other_thread.start()
        other_thread.join()
    desk.take(packet(1))
    assert len(desk.rows()) == 2


def test_what_was_rolled_back_is_looked_at_in_vain_and_forgotten_later(store: Store) -> None:
    desk = Desk(store, TEAM)
    outcome = desk.pipeline.process([message(packet())])
    with suppress(KeyboardInterrupt), store.write() as tx:
        desk.pipeline.store(tx, Batch([], {}), outcome, NOW)
        raise KeyboardInterrupt
    desk.take(packet(1))
    assert desk.rows() == []
    desk.now = NOW + 3600
    desk.refresh(TEAM)
    assert not desk.notices.follows(ZtfPacket().glance(packet(1)))


def test_a_subscription_that_is_gone_is_told_nothing_more(store: Store) -> None:
    desk = Desk(store, TEAM)
    desk.take(packet())
    desk.now += 3600
    desk.refresh(subscription("late", "first"))
    desk.take(packet(1))
    assert desk.recorded()[0] == ("late", FOLLOWED, candid(1))
    desk.refresh()
    desk.take(packet(2))
    assert len(desk.rows()) == 2


def test_a_subscription_may_go_while_a_match_is_recorded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, get = Desk(store, TEAM), followed.get

    def slowly(tx: Connection, keys: Collection[followed.Key]) -> dict[followed.Key, followed.Followed]:
        desk.refresh()
        return get(tx, keys)

    monkeypatch.setattr(followed, "get", slowly)
    desk.take(packet())
    assert desk.recorded() == [("team", "first", candid())]


def test_alerts_from_before_the_match_are_no_news(store: Store) -> None:
    desk = Desk(store, TEAM)
    desk.take(packet())
    desk.take(packet(-5, mag=15.0), packet())
    assert desk.recorded() == [("team", "first", candid())]


def test_a_class_once_known_stays_known_where_packets_tell_none(store: Store) -> None:
    desk = Desk(store, TEAM, reader="ztf_stamp")
    desk.take(messages.stamp(0))
    another = Desk(store, TEAM)
    another.take(packet(200, object_id=messages.oid(0)))
    match, later = desk.rows(messages.oid(0))
    assert (match.facts.class_name, later.facts.class_name) == ("SN", "SN")
    assert later.facts.probability == pytest.approx(0.8)
    assert later.facts.mag == 18.5


def test_a_filter_that_raises_does_not_keep_an_object_from_being_followed(store: Store) -> None:
    desk = Desk(store, TEAM, subscription("sad", "broken"))
    with capture_logs():
        desk.take(packet(), packet(1), packet(2))
        desk.take(packet(3))
    assert desk.recorded()[-1] == ("team", FOLLOWED, candid(3))


def test_verdicts_on_followed_objects_are_nobodys_explanation(store: Store) -> None:
    desk = Desk(store, TEAM)
    desk.take(packet())
    desk.take(packet(1))
    with store.read() as tx:
        assert {verdict.filter for verdict in queries.verdicts_of(tx, "ztf", OID)} == {
            "first",
            "second",
            "broken",
        }


def test_no_filter_may_take_the_name() -> None:
    with pytest.raises(ValueError, match="'followed' is what later alerts of matched objects"):
        Settings(filters={FOLLOWED: FilterSettings()})


def test_images_of_what_matched_and_of_what_is_followed_are_kept_and_no_others(store: Store) -> None:
    desk = Desk(store, TEAM)
    desk.take(packet(), packet(0, object_id="ZTF26bbbbbbb"), packet(5, object_id="ZTF26ccccccc"))
    desk.take(packet(4))
    with store.read() as tx:
        assert cutouts.load(tx, "ztf", OID, candid()) == (
            candid(),
            Cutouts(science=b"science 0", template=b"template 0", difference=b"difference 0"),
        )
        newest = cutouts.load(tx, "ztf", OID, candid(4))
        assert newest is not None
        assert newest[1].science == b"science 4"
        assert cutouts.load(tx, "ztf", "ZTF26ccccccc") is None


def test_images_that_cannot_be_read_cost_no_match(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(self: ZtfPacket, payload: bytes) -> Cutouts:
        raise DecodeError("cut short")

    monkeypatch.setattr(ZtfPacket, "cutouts", damaged)
    desk = Desk(store, TEAM)
    with capture_logs() as logs:
        desk.take(packet())
    assert len(desk.rows()) == 1
    assert [log["event"] for log in logs if "cutouts" in log["event"]] == ["cutouts cannot be read"]


def test_neighbours_once_known_stay_known(store: Store) -> None:
    desk = Desk(store, TEAM)
    desk.take(packet())
    bare = an_alert(OID, "later", mjd=MJD + 1, summary=None, detections=())
    with store.write() as tx:
        verdicts.save(tx, [judged(bare, a_verdict("first"))], NOW)
        summary = queries.object_summary(tx, "ztf", OID)
    assert summary is not None
    assert [c.catalog for c in summary.crossmatches] == ["PS1"]
    with store.read() as tx:
        assert queries.object_summary(tx, "ztf", "nobody") is None


def test_a_followed_object_is_looked_up_whatever_its_class_and_once(store: Store) -> None:
    desk = Desk(store, TEAM, reader="ztf_stamp")
    desk.take(messages.stamp(0))
    bogus = wire.ztf_stamp(messages.oid(0), "77", {**dict.fromkeys(wire.STAMP_CLASSES, 0.1), "bogus": 0.6})
    (candidate,) = desk.take(bogus, messages.stamp(1)).candidates
    assert (candidate.object_id, candidate.alert_id, list(candidate.filters)) == (
        messages.oid(0),
        "77",
        [FOLLOWED],
    )
    alert = an_alert(messages.oid(0), "77", mjd=61200.0)
    with store.write() as tx:
        candidates.remove(tx, candidates.claim(tx, "me", 1, NOW, 60)[0])
        verdicts.save(tx, [judged(alert, Following(desk.notices).judge(alert))], NOW)
    desk.take(bogus)
    with store.read() as tx:
        assert candidates.list(tx) == []


def test_where_nobody_can_be_asked_what_the_message_tells_has_to_do() -> None:
    assert Following(Notices()).needs == {Part.DETECTIONS}
    assert Following(Notices(), looks_up=False).needs == frozenset()


def test_facts_without_numbers_are_stored_as_unknown(store: Store) -> None:
    desk = Desk(store, TEAM)
    nan = float("nan")
    alert = an_alert(OID, "1", mjd=None, ra=nan, dec=nan, detections=(), summary=None)
    with store.write() as tx:
        new = verdicts.save(tx, [judged(alert, a_verdict("first", grade="gold"))], NOW)
        desk.notices.record(tx, [], new, NOW)
    (row,) = desk.rows()
    assert row.facts == Facts(class_name="SN", classifier="stamp_classifier", probability=0.8, grade="gold")
