"""The policy at work, day after day, by an injected clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store
from alertwatch.store.outbox import State
from consumer.notify import twilight
from tests.notify.desk import DAY, HOUR, MINUTE, Desk, at

NEW = "match New SN ZTF26a: g = 19.3, P = 0.80"


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    """What depends on the database is tested in `test_planner_databases`."""
    with Store.open(DatabaseSettings(url=sqlite_url)) as store:
        yield Desk(store)


def states(desk: Desk, object_id: str = "ZTF26a") -> list[State]:
    return [row.state for row in desk.rows(object_id)]


# -- once, and again ------------------------------------------------------------------------------------------


def test_the_same_object_and_filter_are_told_once(desk: Desk) -> None:
    desk.subscribe()
    desk.match()
    desk.plan()
    desk.now += DAY
    desk.match()
    assert desk.plan() == []
    assert desk.fate() == "skipped: nothing new since it was told"


def test_another_filter_that_matches_is_news(desk: Desk) -> None:
    desk.subscribe()
    desk.match()
    desk.plan()
    desk.match(filter_="agn_flare")
    assert desk.plan() == ["update SN ZTF26a: also matches agn_flare"]


def test_a_class_change_is_told_once_and_the_way_back_is_none(desk: Desk) -> None:
    desk.subscribe()
    desk.match()
    desk.plan()
    told = []
    for class_name in ("SN", "SNIa", "SN", "SNIa", "AGN", "SN"):
        desk.now += DAY
        desk.alert(class_name=class_name, probability=0.5)
        told += desk.plan()
    assert told == ["update SNIa ZTF26a: class SN → SNIa", "update AGN ZTF26a: class SNIa → AGN"]


def test_the_first_crossing_of_a_limit_notifies_twenty_days_later(desk: Desk) -> None:
    desk.subscribe(where={"brighter_than": 19.0})
    desk.match(mag=20.5)
    assert desk.plan() == []
    assert desk.fate() == "skipped: mag 20.5 is not brighter than 19.0"
    for day in range(1, 22):
        desk.now += DAY
        desk.alert(band="r", mag=20.5 - day * 0.078)
        told = desk.plan()
        assert bool(told) == (day == 20)
    assert desk.rows()[-2].reason == "now mag 18.94 is brighter than 19.0"


def test_what_is_not_known_is_looked_at_again_with_the_next_alert(desk: Desk) -> None:
    desk.subscribe(where={"min_probability": 0.6})
    desk.match(class_name=None, probability=None)
    assert desk.plan() == []
    assert desk.fate() == "skipped: the probability is not known"
    desk.alert(class_name="SN", probability=0.9)
    assert desk.plan() == [NEW.replace("0.80", "0.90")]


def test_rows_of_a_subscription_that_was_removed_are_skipped(desk: Desk) -> None:
    desk.subscribe(digest="daily")
    desk.match("ZTF26a")
    desk.plan()
    desk.match("ZTF26b")
    desk.subscriptions.clear()
    assert desk.until("2026-03-17 09:00", step=HOUR) == []
    assert desk.fate("ZTF26a") == desk.fate("ZTF26b") == "skipped: the subscription was removed"


# -- waiting --------------------------------------------------------------------------------------------------


def test_quiet_hours_hold_until_they_end(desk: Desk) -> None:
    desk.now = at("2026-06-15 09:00", "America/Santiago")
    desk.subscribe(quiet="09:00-18:00 America/Santiago")
    desk.match()
    assert desk.plan() == []
    assert desk.fate() == "waiting: quiet hours"
    assert desk.until("2026-06-15 23:00", "America/Santiago") == [f"22:00 {NEW}"]


def test_what_was_held_is_judged_anew_by_the_newest(desk: Desk) -> None:
    desk.subscribe(quiet="00:00-06:00", where={"classes": ["SN"]})
    desk.match("ZTF26a", mag=19.3)
    desk.match("ZTF26b")
    desk.plan()
    desk.now += HOUR
    desk.alert("ZTF26a", band="g", mag=18.7)
    desk.alert("ZTF26b", class_name="AGN", probability=0.9)
    assert desk.until("2026-03-16 07:00") == ["06:00 match New SN ZTF26a: g = 18.7, P = 0.80"]
    assert states(desk, "ZTF26a") == ["told", "told"]
    assert [row.reason for row in desk.rows("ZTF26b")] == ["class AGN is not SN"] * 2


def test_urgent_goes_out_in_quiet_hours_and_past_digests(desk: Desk) -> None:
    desk.subscribe(quiet="00:00-06:00", digest="daily", urgent={"min_probability": 0.9, "max_age_days": 2})
    desk.match("ZTF26a", probability=0.95)
    desk.match("ZTF26b", probability=0.85)
    desk.match("ZTF26c", probability=0.95, age_days=None)
    assert desk.plan() == [NEW.replace("0.80", "0.95")]
    assert [one.urgent for one in desk.ledger()] == [True]
    assert desk.until("2026-03-16 09:00") == ["08:00 digest Daily digest of sn: 2 objects"]


def test_more_than_three_that_were_held_become_one_summary(desk: Desk) -> None:
    desk.subscribe(quiet="00:00-06:00")
    for name in "abcd":
        desk.match(f"ZTF26{name}")
    assert desk.until("2026-03-16 07:00") == ["06:00 summary 4 objects of sn"]
    assert len(desk.told_rows()) == 4


@pytest.mark.parametrize(
    ("digest", "due"),
    [
        ("hourly", "03:00"),
        ("daily", "08:00"),
        ("weekly", "08:00"),  # 16 March 2026 is a Monday
        ("evening", "00:00"),  # at Cerro Pachón
        ("morning", "10:00"),
    ],
)
def test_a_digest_is_one_message_at_its_time(desk: Desk, digest: str, due: str) -> None:
    desk.subscribe(digest=digest)
    for name in "abc":
        desk.match(f"ZTF26{name}")
    said = desk.until("2026-03-18 00:00", step=20 * MINUTE)
    assert said == [f"{due} digest {digest.capitalize()} digest of sn: 3 objects"]
    assert states(desk) == ["told"]


def test_a_twilight_is_computed_before_a_transaction_begins(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.subscribe(digest="evening")
    due = desk.now + HOUR
    planner = desk.planner()
    monkeypatch.setattr(twilight, "after", lambda *_: due)
    planner.foresee(desk.subscriptions.values())
    monkeypatch.setattr(twilight, "after", lambda *_: pytest.fail("astropy takes seconds to load"))
    desk.match()
    planner.plan()
    assert [(row.reason, row.due) for row in desk.rows()] == [("digest", due)]


def test_a_digest_that_was_missed_is_caught_up_once(desk: Desk) -> None:
    desk.subscribe(digest="daily")
    desk.match("ZTF26a")
    desk.plan()
    desk.match("ZTF26b")  # and nothing runs for days
    desk.now += 3 * DAY
    assert desk.plan() == ["digest Daily digest of sn: 2 objects"]
    assert desk.until("2026-03-22 00:00", step=HOUR) == []


def test_a_digest_in_quiet_hours_comes_when_they_end(desk: Desk) -> None:
    desk.subscribe(digest="daily", quiet="07:00-10:00")
    desk.match()
    assert desk.until("2026-03-16 12:00") == ["10:00 digest Daily digest of sn: 1 object"]


def test_several_alerts_of_a_source_are_one_entry_of_a_digest(desk: Desk) -> None:
    desk.subscribe(digest="daily")
    desk.match(mag=19.3)
    desk.now += HOUR
    desk.alert(band="g", mag=18.9)
    assert desk.until("2026-03-16 09:00") == ["08:00 digest Daily digest of sn: 1 object"]
    assert len(desk.told_rows()) == 2


def test_a_digest_of_very_many_is_several_messages(desk: Desk) -> None:
    desk.subscribe(digest="daily")
    desk.flood(250)
    assert desk.until("2026-03-16 09:00", step=HOUR) == [
        "08:00 digest Daily digest of sn: 200 objects",
        "08:00 digest Daily digest of sn: 50 objects",
    ]


def test_matches_within_a_window_are_grouped(desk: Desk) -> None:
    desk.subscribe(group_minutes=30)
    for minute, name in enumerate("abcd"):
        desk.match(f"ZTF26{name}")
        assert desk.until(f"2026-03-16 02:0{minute + 1}", step=MINUTE) == []
    assert desk.until("2026-03-16 03:00", step=MINUTE) == ["02:30 summary 4 objects of sn"]
    desk.match("ZTF26e")
    assert desk.until("2026-03-16 04:00", step=MINUTE)[0].startswith("03:30 match New SN ZTF26e")


def test_what_cannot_be_told_until_the_subscription_is_mended_waits(desk: Desk) -> None:
    desk.subscribe()
    good = desk.subscriptions["sn"]
    desk.subscriptions["sn"] = replace(good, problem="no channel 'team' is configured")
    desk.match()
    assert desk.plan() == []
    desk.subscriptions["sn"] = good
    assert desk.until("2026-03-16 03:30") == [f"03:00 {NEW}"]
