"""The policy at work, day after day, by an injected clock."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from alertwatch.store import Store, deliveries, labels, mutes
from alertwatch.store.labels import Label
from alertwatch.store.mutes import NewMute
from alertwatch.store.outbox import State
from consumer.notify import policy
from consumer.notify.policy import Case, Skip, Tell
from tests.notify.desk import DAY, HOUR, MINUTE, Desk, at

NEW = "match New SN ZTF26a: g = 19.3, P = 0.80"


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def states(desk: Desk, object_id: str = "ZTF26a") -> list[State]:
    return [row.state for row in desk.rows(object_id)]


# -- once, and again ------------------------------------------------------------------------------------------


def test_a_match_is_told_at_once_on_every_channel(desk: Desk) -> None:
    desk.subscribe(channels=["team", "pi"])
    desk.match()
    assert desk.plan() == [NEW, NEW]
    assert {one.channel for one in desk.ledger()} == {"team", "pi"}
    assert len({one.key for one in desk.ledger()}) == 2
    assert desk.fate() == "told: new"


def test_the_same_object_and_filter_are_told_once(desk: Desk) -> None:
    desk.subscribe()
    desk.match()
    desk.plan()
    desk.now += DAY
    desk.match()
    assert desk.plan() == []
    assert desk.fate() == "skipped: nothing new since it was told"


def test_planning_again_makes_nothing_twice(desk: Desk) -> None:
    desk.subscribe()
    desk.match()
    assert len(desk.plan() + desk.plan()) == 1


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


def test_each_step_of_brightening_is_told_against_the_brightest_told(desk: Desk) -> None:
    desk.subscribe(again={"brighter_by_mag": 0.5})
    desk.match(mag=19.3)
    desk.plan()
    told = []
    for band, mag in (("g", 19.0), ("r", 18.0), ("g", 18.8), ("g", 18.4), ("r", 17.6), ("r", 17.4)):
        desk.now += HOUR
        desk.alert(band=band, mag=mag)
        told += desk.plan()
    assert told == [
        "update SN ZTF26a: brighter by 0.5 mag: g 19.3 → 18.8",
        "update SN ZTF26a: brighter by 0.6 mag: r 18.0 → 17.4",
    ]


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


def test_a_source_of_two_surveys_is_told_as_one(desk: Desk) -> None:
    desk.subscribe()
    desk.match("ZTF26a", ra=150.0, dec=2.0)
    desk.plan()
    desk.match("170000000000000001", ra=150.0, dec=2.0 + 1.2 / 3600)
    assert desk.plan() == []
    desk.match("170000000000000002", ra=150.0, dec=2.0 + 5 / 3600)
    assert len(desk.plan()) == 1


def test_two_ids_of_a_source_that_come_together_are_one_message(desk: Desk) -> None:
    desk.subscribe()
    desk.match("ZTF26a", ra=150.0, dec=2.0)
    desk.match("ZTF26b", ra=150.0 + 1.0 / 3600, dec=2.0)
    assert desk.plan() == [NEW]
    assert len(desk.told_rows()) == 2


# -- silence --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"),
    [("object", "ZTF26a"), ("object", "ztf:ZTF26a"), ("filter", "young_sn"), ("region", "150 2 10")],
)
def test_what_is_muted_is_not_told_and_is_when_that_ends(desk: Desk, kind: str, value: str) -> None:
    desk.subscribe()
    with desk.store.write() as tx:
        mutes.add(tx, NewMute(kind=kind, value=value, until_at=desk.now + DAY, reason="a star"), desk.now)
    desk.match(ra=150.0, dec=2.0)
    assert desk.plan() == []
    assert desk.fate() == f"skipped: the {kind} {value} is muted: a star"
    desk.now += DAY
    desk.alert()
    assert desk.plan() == [NEW]


def test_a_rejection_silences_a_source_and_a_claim_takes_that_back(desk: Desk) -> None:
    desk.subscribe()
    desk.match()
    desk.plan()
    desk.now += HOUR
    say(desk, "reject", "a satellite")
    desk.alert(class_name="SNIa")
    assert desk.plan() == []
    assert desk.fate() == "skipped: rejected by ana: a satellite"
    desk.now += HOUR
    say(desk, "claim")
    desk.alert(class_name="SNIa")
    assert desk.plan() == ["update SNIa ZTF26a: class SN → SNIa"]


def say(desk: Desk, word: str, reason: str | None = None) -> None:
    label = Label(
        survey="ztf",
        object_id="ZTF26a",
        label=word,
        reason=reason,
        by="ana",
        via="slack",
        added_at=desk.now,
    )
    with desk.store.write() as tx:
        labels.add(tx, label)


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


def test_matches_that_are_planned_together_share_a_window(desk: Desk) -> None:
    desk.subscribe(group_minutes=30)
    for name in "abcd":
        desk.match(f"ZTF26{name}")
        desk.now += MINUTE
    assert desk.until("2026-03-16 04:00", step=MINUTE) == ["02:30 summary 4 objects of sn"]


def test_a_row_that_cannot_be_decided_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = policy.decide

    def broken(case: Case) -> Skip | Tell:
        if case.facts.band == "odd":
            raise ZeroDivisionError("no such band")
        return decide(case)

    desk.subscribe()
    desk.match("ZTF26z", band="odd")
    desk.match("ZTF26a")
    with monkeypatch.context() as patch:
        patch.setattr(policy, "decide", broken)
        assert desk.plan() == [NEW]
        assert desk.fate("ZTF26z") == "waiting: cannot be decided: ZeroDivisionError: no such band"
    assert len(desk.until("2026-03-16 02:20")) == 1  # once that is mended


def test_a_paused_subscription_waits_and_is_judged_anew_on_resume(desk: Desk) -> None:
    desk.subscribe(where={"classes": ["SN"]})
    desk.pause()
    desk.match("ZTF26a")
    desk.match("ZTF26b")
    assert desk.until("2026-03-18 02:00", step=HOUR) == []
    assert desk.fate() == "waiting: paused"
    desk.alert("ZTF26b", class_name="AGN")
    desk.resume()
    assert desk.plan() == [NEW]
    assert desk.fate("ZTF26b") == "skipped: class AGN is not SN"


def test_what_cannot_be_told_until_the_subscription_is_mended_waits(desk: Desk) -> None:
    desk.subscribe()
    good = desk.subscriptions["sn"]
    desk.subscriptions["sn"] = replace(good, problem="no channel 'team' is configured")
    desk.match()
    assert desk.plan() == []
    desk.subscriptions["sn"] = good
    assert desk.until("2026-03-16 03:30") == [f"03:00 {NEW}"]


# -- floods and company ---------------------------------------------------------------------------------------


def test_a_flood_is_merged_and_nothing_is_dropped(desk: Desk) -> None:
    desk.budgets["team"] = 10
    desk.subscribe()
    desk.flood(650)
    desk.plan()
    kinds = [one.kind for one in desk.ledger()]
    assert kinds.count("match") == 10
    assert kinds.count("summary") == 4  # 640 in messages of at most 200
    assert sorted(desk.told_rows()) == list(range(1, 651))
    assert all(one.due <= desk.now + 15 * MINUTE for one in desk.ledger())


def test_a_summary_grows_until_it_is_under_way(desk: Desk) -> None:
    desk.budgets["team"] = 1
    desk.subscribe()
    for name in "abc":
        desk.match(f"ZTF26{name}")
        desk.plan()
        desk.now += MINUTE
    assert [one.kind for one in desk.ledger()] == ["match", "summary"]
    with desk.store.write() as tx:
        while deliveries.claim(tx, "team", "me", desk.now + HOUR, 60):
            pass
    desk.match("ZTF26d")
    desk.plan()
    assert [one.kind for one in desk.ledger()] == ["match", "summary", "summary"]
    assert len(desk.told_rows()) == 4


def test_the_summary_of_a_flood_is_due_when_the_budget_has_room(desk: Desk) -> None:
    desk.budgets["team"] = 1
    desk.subscribe()
    desk.match("ZTF26a")
    desk.plan()
    first = desk.now
    desk.now += 50 * MINUTE
    desk.match("ZTF26b")
    desk.plan()
    assert desk.ledger()[-1].due == first + HOUR
    desk.now = first + HOUR
    desk.match("ZTF26c", ra=10.0)
    desk.plan()
    assert desk.ledger()[-1].kind == "summary"  # which was made within the hour, and counts


def test_urgent_messages_have_a_budget_of_their_own(desk: Desk) -> None:
    desk.budgets["team"] = 2
    desk.subscribe(urgent={"min_probability": 0.9})
    for name, p in (("a", 0.5), ("b", 0.5), ("c", 0.5), ("d", 0.95), ("e", 0.95), ("f", 0.95)):
        desk.match(f"ZTF26{name}", probability=p)
    desk.plan()
    assert sorted((one.kind, one.urgent) for one in desk.ledger()) == [
        ("match", False),
        ("match", False),
        ("match", True),
        ("match", True),
        ("summary", False),
        ("summary", True),
    ]
    assert len(desk.told_rows()) == 6


def test_two_planners_at_once_send_once(desk: Desk) -> None:
    desk.subscribe()
    desk.flood(1_200)
    start = threading.Barrier(2)
    totals: list[int] = []

    def plan() -> None:
        planner = desk.planner()
        start.wait()
        totals.append(planner.plan())

    threads = [threading.Thread(target=plan) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(totals) == 1_200
    assert sorted(desk.told_rows()) == list(range(1, 1_201))
