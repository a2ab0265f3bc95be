"""The outbox, followed objects and cutouts: written once, whatever is replayed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertwatch import sky
from alertwatch.alert import Cutouts
from alertwatch.facts import Facts
from alertwatch.store import Store, cutouts, followed, healpix, outbox
from alertwatch.store.followed import Followed
from alertwatch.store.outbox import NewRow
from tests.store.examples import BIG_ID
from tests.store.test_queries import dec, ra

FACTS = Facts(mjd=60000.25, class_name="SN", probability=0.8, band="g", mag=18.5, ra=150.0, dec=2.0)


def row(alert_id: str = BIG_ID, **other: Any) -> NewRow:
    values: dict[str, Any] = {"subscription": "team", "filter": "young_sn", "survey": "ztf", "match_id": 7}
    return NewRow(**{**values, "object_id": "ZTF26aaaaaaa", "alert_id": alert_id, "facts": FACTS, **other})


def an_object(object_id: str = "ZTF26aaaaaaa", **other: Any) -> Followed:
    values: dict[str, Any] = {"survey": "ztf", "filters": {"young_sn": 10.0}, "facts": FACTS}
    place = {"ra": 150.0, "dec": 2.0, "since": 10.0, "until_at": 100.0}
    return Followed(object_id=object_id, **{**values, **place, **other})


def follow(store: Store, *objects: Followed) -> None:
    with store.write() as tx:
        followed.add(tx, objects)


def states(store: Store) -> list[tuple[str, str, str | None, float]]:
    with store.read() as tx:
        return [(r.alert_id, r.state, r.reason, r.due) for r in outbox.of_object(tx, "ZTF26aaaaaaa")]


def test_a_row_is_written_once_and_comes_back_as_it_was(store: Store) -> None:
    with store.write() as tx:
        assert outbox.add(tx, [row(), row(), row("2", match_id=None, filter="followed")], 5.0) == 2
        assert outbox.add(tx, [row(facts=Facts()), row("3")], 6.0) == 1
    with store.read() as tx:
        rows = outbox.of_object(tx, "ZTF26aaaaaaa")
    written = {r.alert_id: (r.filter, r.match_id, r.facts) for r in rows}
    assert written["2"] == ("followed", None, FACTS)
    assert written[BIG_ID] == ("young_sn", 7, FACTS)
    assert sorted((r.alert_id, r.state, r.due) for r in rows) == [
        ("2", "new", 5.0),
        ("3", "new", 6.0),
        (BIG_ID, "new", 5.0),
    ]


def test_what_is_new_and_what_is_due_is_taken_the_oldest_first(store: Store) -> None:
    with store.write() as tx:
        for number in range(5):
            outbox.add(tx, [row(str(number))], float(number))
        ids = [r.id for r in outbox.take(tx, 0.0, 10)]
        outbox.settle(tx, ids[:1], "waiting", "quiet hours", due=50.0, urgent=True)
        outbox.settle(tx, ids[1:2], "told", None)
        outbox.settle(tx, ids[2:3], "waiting", "digest", due=60.0)
        assert outbox.next_due(tx) == 3.0
        assert [r.alert_id for r in outbox.take(tx, 49.0, 10)] == ["3", "4"]
        assert [r.alert_id for r in outbox.take(tx, 60.0, 3)] == ["3", "4", "0"]
        outbox.settle(tx, ids[3:], "skipped", "muted: \0")
        assert outbox.next_due(tx) == 50.0
        assert [(r.alert_id, r.urgent) for r in outbox.waiting(tx, "team")] == [("0", True), ("2", False)]
        assert outbox.waiting(tx, "nobody") == []
        outbox.settle(tx, ids, "told", None)
        assert outbox.next_due(tx) is None


def test_a_resumed_subscription_looks_again_at_what_waited_for_that(store: Store) -> None:
    with store.write() as tx:
        outbox.add(tx, [row("1"), row("2"), row("3", subscription="others")], 0.0)
        one, two, three = (r.id for r in sorted(outbox.take(tx, 0.0, 10), key=lambda r: r.alert_id))
        outbox.settle(tx, [one, three], "waiting", outbox.PAUSED, due=1e9)
        outbox.settle(tx, [two], "waiting", "digest", due=1e9)
        assert outbox.release_paused(tx, "team", 7.0) == 1
    assert {alert: due for alert, _, _, due in states(store)} == {"1": 7.0, "2": 1e9, "3": 1e9}


def test_an_object_that_matches_again_keeps_all_that_is_known(store: Store) -> None:
    follow(store, an_object(), an_object("ZTF26bbbbbbb"))
    with store.write() as tx:
        followed.set_sources(tx, {("ztf", "ZTF26aaaaaaa"): 4})
    late = Facts(mjd=60003.25, band="r", mag=17.5)
    again = an_object(filters={"agn": 20.0}, facts=late, ra=151.0, since=20.0, until_at=50.0)
    follow(store, again, an_object(filters={"young_sn": 5.0}, until_at=200.0))
    with store.read() as tx:
        known = followed.get(tx, [("ztf", "ZTF26aaaaaaa"), ("ztf", "nobody")])
    (found,) = known.values()
    assert found.filters == {"young_sn": 10.0, "agn": 20.0}
    assert (found.facts.mag, found.facts.band, found.facts.class_name) == (17.5, "r", "SN")
    assert (found.source_id, found.ra, found.since, found.until_at) == (4, 150.0, 10.0, 200.0)


def test_what_later_alerts_tell_is_learnt_and_older_ones_do_not_undo_it(store: Store) -> None:
    follow(store, an_object(facts=Facts(mjd=60000.0, mag=18.5, age_days=2.0)))
    for facts in (Facts(mjd=60004.0, mag=17.0), Facts(mjd=60001.0, mag=18.0, class_name="SN")):
        follow(store, an_object(facts=facts))
    with store.read() as tx:
        (found,) = followed.get(tx, [("ztf", "ZTF26aaaaaaa")]).values()
    assert found.facts == Facts(mjd=60004.0, mag=17.0, class_name="SN", age_days=6.0)


def test_two_processes_that_follow_the_same_objects_at_once_lose_nothing(store: Store) -> None:
    names = [f"ZTF26aaaaaa{letter}" for letter in "abcdefghij"]

    def work(name: str, order: list[str]) -> None:
        for _ in range(10):
            follow(store, *(an_object(one, filters={name: 10.0}) for one in order))

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(work, "a", names), pool.submit(work, "b", names[::-1])]
    assert [one.exception() for one in running] == [None, None]
    with store.read() as tx:
        assert [set(filters) for filters in followed.load(tx, 0.0).values()] == [{"a", "b"}] * len(names)


def test_following_ends_and_the_source_keeps_its_number(store: Store) -> None:
    follow(store, an_object(source_id=4), an_object("ZTF26bbbbbbb", until_at=300.0, source_id=4))
    with store.read() as tx:
        assert followed.load(tx, 200.0) == {("ztf", "ZTF26bbbbbbb"): {"young_sn": 10.0}}
        assert [f.object_id for f in followed.of_source(tx, 4)] == ["ZTF26aaaaaaa", "ZTF26bbbbbbb"]


def test_the_neighbours_within_a_circle_are_found_nearest_first(store: Store) -> None:
    arcsec = 1 / 3600
    follow(
        store,
        an_object("far", dec=2.0 + 1.6 * arcsec),
        an_object("north", dec=2.0 + 1.4 * arcsec),
        an_object("here"),
        an_object("nowhere", ra=None, dec=None),
        an_object("meridian", ra=0.0, dec=0.0),
    )
    with store.read() as tx:
        places = [(150.0, 2.0), (360 - arcsec, 0.0), (10.0, 10.0)]
        found = [[one.object_id for one in near] for near in followed.near(tx, places, 1.5)]
    assert found == [["here", "north"], ["meridian"], []]


@settings(deadline=None, max_examples=300)
@given(ra, dec, st.floats(0, 360), st.floats(0, 1), st.sampled_from([0.1, 1.5, 30.0]))
def test_no_position_inside_a_small_circle_is_missed(
    ra: float, dec: float, direction: float, share: float, radius: float
) -> None:
    near = healpix._offset(ra, dec, share * radius / 3600, direction)
    assert abs(sky.separation(ra, dec, *near) - share * radius) < 0.01
    assert any(first <= healpix.pixel(*near) <= last for first, last in healpix.around(ra, dec, radius))


def test_images_are_kept_once_for_each_alert(store: Store) -> None:
    images = Cutouts(science=b"\x00s", template=None, difference=b"d")
    with store.write() as tx:
        cutouts.save(tx, "ztf", "A", "1", images, 1.0)
        cutouts.save(tx, "ztf", "A", "1", Cutouts(science=b"other"), 2.0)
        cutouts.save(tx, "ztf", "A", "2", Cutouts(science=b"newer"), 3.0)
    with store.read() as tx:
        assert cutouts.load(tx, "ztf", "A", "1") == ("1", images)
        assert cutouts.load(tx, "ztf", "A") == ("2", Cutouts(science=b"newer"))
        assert cutouts.load(tx, "ztf", "A", "3") is None
        assert cutouts.load(tx, "lsst", "A") is None


@pytest.mark.parametrize(
    ("own", "earlier", "age"),
    [
        (Facts(mjd=10.0), Facts(mjd=8.0, age_days=0.0), 2.0),
        (Facts(mjd=10.0, age_days=1.0), Facts(mjd=8.0, age_days=30.0), 32.0),
        (Facts(mjd=10.0, age_days=0.0), Facts(mjd=8.0), 0.0),
        (Facts(mjd=8.0), Facts(mjd=10.0, age_days=1.0), 0.0),
        (Facts(), Facts(mjd=8.0, age_days=3.0), 3.0),
        (Facts(mjd=1.0), Facts(), None),
    ],
)
def test_the_age_is_counted_from_the_earliest_detection_known(
    own: Facts, earlier: Facts, age: float | None
) -> None:
    assert own.over(earlier).age_days == age
