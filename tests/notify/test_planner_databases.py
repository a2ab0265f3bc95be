"""Planning where the database matters: sources, memory, floods, two planners at once; on each database."""

from __future__ import annotations

import threading

import pytest

from alertwatch.store import Store, deliveries, labels, mutes
from alertwatch.store.labels import Label
from alertwatch.store.mutes import NewMute
from consumer.notify import policy
from consumer.notify.policy import Case, Skip, Tell
from tests.notify.desk import DAY, HOUR, MINUTE, Desk

NEW = "match New SN ZTF26a: g = 19.3, P = 0.80"


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_a_match_is_told_at_once_on_every_channel(desk: Desk) -> None:
    desk.subscribe(channels=["team", "pi"])
    desk.match()
    assert desk.plan() == [NEW, NEW]
    assert {one.channel for one in desk.ledger()} == {"team", "pi"}
    assert len({one.key for one in desk.ledger()}) == 2
    assert desk.fate() == "told: new"


def test_planning_again_makes_nothing_twice(desk: Desk) -> None:
    desk.subscribe()
    desk.match()
    assert len(desk.plan() + desk.plan()) == 1


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


def test_a_flood_is_merged_and_nothing_is_dropped(desk: Desk) -> None:
    desk.budgets["team"] = 10
    desk.subscribe()
    desk.flood(450)
    desk.plan()
    kinds = [one.kind for one in desk.ledger()]
    assert kinds.count("match") == 10
    assert kinds.count("summary") == 3  # 440 in messages of at most 200
    assert sorted(desk.told_rows()) == list(range(1, 451))
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
    desk.flood(600)
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
    assert sum(totals) == 600
    assert sorted(desk.told_rows()) == list(range(1, 601))
