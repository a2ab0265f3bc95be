"""Verdicts and matches: stored once, whatever is replayed."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from alertwatch.alert import Detection, NonDetection, ObjectSummary
from alertwatch.filter import Criterion, Judged, Outcome, Result
from alertwatch.query.selection import Cone, Selection
from alertwatch.store import Store, queries, tables, verdicts
from alertwatch.store.verdicts import NewMatch
from tests.store.examples import BIG_ID, a_verdict, an_alert, judged


def save(store: Store, *what: Judged, now: float = 1.0) -> list[NewMatch]:
    with store.write() as tx:
        return verdicts.save(tx, what, now)


def contents(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.read() as tx:
        return {t.name: sorted(map(repr, tx.execute(select(t)).all())) for t in tables.metadata.sorted_tables}


def test_a_match_is_new_once(store: Store) -> None:
    (new,) = save(store, judged())
    assert (new.verdict.filter, new.alert.object_id, new.alert.alert_id) == ("young_sn", "ZTF21aaaaaaa", BIG_ID)
    assert save(store, judged()) == []


def test_only_the_new_ones_of_a_batch_are_given_back(store: Store) -> None:
    save(store, judged(an_alert("A")))
    new = save(store, *(judged(an_alert(name)) for name in "CBA"))
    assert sorted(match.alert.object_id for match in new) == ["B", "C"]
    with store.read() as tx:
        stored = {m.object_id: m.id for m in queries.matches(tx)}
    assert {match.alert.object_id: match.id for match in new}.items() <= stored.items()


def test_replaying_changes_nothing_at_all(store: Store) -> None:
    batch = [judged(an_alert("A")), judged(an_alert("B"), a_verdict(), a_verdict("agn_flare", Result.NO_MATCH))]
    save(store, *batch, now=1.0)
    before = contents(store)
    save(store, *reversed(batch), now=2.0)
    assert contents(store) == before


def test_the_same_alert_twice_in_one_batch_is_one_match(store: Store) -> None:
    assert len(save(store, judged(), judged())) == 1


def test_two_filters_match_the_same_alert_each(store: Store) -> None:
    assert len(save(store, judged(an_alert(), a_verdict("a"), a_verdict("b")))) == 2


def test_a_verdict_under_other_parameters_replaces_the_old_one(store: Store) -> None:
    save(store, judged(None, a_verdict(result=Result.NO_MATCH)))
    save(store, judged(None, a_verdict(parameters_hash="h2", grade="gold")), now=5.0)
    with store.read() as tx:
        (stored,) = queries.verdicts_of(tx, "ztf", "ZTF21aaaaaaa")
    assert (stored.result, stored.parameters_hash, stored.grade, stored.judged_at) == (
        "match",
        "h2",
        "gold",
        5.0,
    )


def test_what_was_unknown_becomes_known_and_not_the_other_way_round(store: Store) -> None:
    for result, now in ((Result.UNKNOWN, 1.0), (Result.NO_MATCH, 2.0), (Result.UNKNOWN, 3.0)):
        save(store, judged(None, a_verdict(result=result)), now=now)
    with store.read() as tx:
        (stored,) = queries.verdicts_of(tx, None, "ZTF21aaaaaaa")
    assert (stored.result, stored.judged_at) == (Result.NO_MATCH, 2.0)


def test_a_match_stays_with_its_reasons_when_other_parameters_reject_it(store: Store) -> None:
    save(store, judged())
    save(store, judged(None, a_verdict(result=Result.NO_MATCH, parameters_hash="h2", criteria=())))
    with store.read() as tx:
        (match,) = queries.matches(tx)
    assert match.parameters_hash == "h1"
    assert [c.name for c in match.criteria] == ["age"]


def test_ids_beyond_two_to_the_53_survive(store: Store) -> None:
    save(store, judged(an_alert(object_id=BIG_ID, alert_id=BIG_ID)))
    with store.read() as tx:
        (match,) = queries.matches(tx, Selection(objects=(BIG_ID,)))
        light_curve = queries.light_curve(tx, "ztf", BIG_ID)
    assert (match.object_id, match.alert_id) == (BIG_ID, BIG_ID)
    assert light_curve.detections[-1].alert_id == BIG_ID


def test_criteria_come_back_as_they_were(store: Store) -> None:
    criteria = (
        Criterion(name="b", outcome=Outcome.PASS, value="−12.5", threshold="|b| > 10", unit="deg"),
        Criterion(name="host", outcome=Outcome.UNKNOWN, required=False, note="no PS1 source: \0 \\u0000 ☄"),
    )
    save(store, judged(None, a_verdict(criteria=criteria)))
    with store.read() as tx:
        (stored,) = queries.verdicts_of(tx, "ztf", "ZTF21aaaaaaa")
    assert stored.criteria == criteria


def test_json_columns_are_json(store: Store) -> None:
    with store.write() as tx:
        row = {"survey": "ztf", "object_id": "A", "alert_id": "1", "stream": "s", "source": "s", "topic": "t"}
        row |= {"partition": 0, "offset": 0, "payload": b"", "added_at": 0.0, "due": 0.0, "attempts": 0}
        tx.execute(tables.candidates.insert().values(filters={"nan": float("nan")}, **row))
        text = tx.exec_driver_sql("SELECT CAST(filters AS TEXT) FROM candidates").scalar_one()
    assert json.loads(text, parse_constant=pytest.fail) == {"nan": None}


def test_a_number_that_is_none_is_stored_as_unknown(store: Store) -> None:
    nan = float("nan")
    alert = an_alert(
        ra=nan,
        mjd=nan,
        detections=(Detection(mjd=1.0, band="g", mag=nan, e_mag=float("inf")), Detection(mjd=nan, band="g")),
        non_detections=(NonDetection(mjd=1.0, band="g", limit=nan),),
    )
    save(store, judged(alert))
    with store.read() as tx:
        (match,) = queries.matches(tx)
        light_curve = queries.light_curve(tx, "ztf", "ZTF21aaaaaaa")
    assert (match.ra, match.mjd, match.mag) == (None, None, None)
    assert [(d.mag, d.e_mag) for d in light_curve.detections] == [(None, None)]
    assert light_curve.non_detections == ()


def test_an_alert_of_unknown_time_and_place_is_stored(store: Store) -> None:
    bare = an_alert(mjd=None, ra=None, dec=None, classifications=(), detections=(), summary=None)
    assert len(save(store, judged(bare))) == 1
    with store.read() as tx:
        (match,) = queries.matches(tx)
    assert (match.mjd, match.ra, match.class_name, match.mag) == (None, None, None, None)


def test_a_match_shows_the_class_and_the_magnitude_of_its_alert(store: Store) -> None:
    save(store, judged())
    with store.read() as tx:
        (match,) = queries.matches(tx)
    assert (match.class_name, match.probability, match.classifier) == ("SN", 0.8, "stamp_classifier")
    assert (match.band, match.mag, match.mjd, match.ra, match.dec) == ("g", 18.5, 60000.25, 150.0, 2.0)


def test_the_position_of_a_match_may_come_from_its_detection(store: Store) -> None:
    seen = Detection(mjd=60000.0, band="g", alert_id=BIG_ID, ra=10.0, dec=-5.0)
    save(store, judged(an_alert(ra=None, dec=None, detections=(seen,))))
    with store.read() as tx:
        assert len(queries.matches(tx, Selection(cone=Cone(10.0, -5.0, 0.01)))) == 1


def test_a_light_curve_grows_and_keeps_what_it_knew(store: Store) -> None:
    first = Detection(mjd=59999.25, band="r", alert_id="1", mag=19.5)
    save(store, judged(an_alert(alert_id="1", detections=(first,))))
    told_later = Detection(mjd=59999.25, band="r", alert_id="1", mag=11.1, mag_corr=17.0)
    second = Detection(mjd=60002.0, band="r", alert_id="2", mag=18.5)
    save(store, judged(an_alert(alert_id="2", mjd=60002.0, detections=(told_later, second))))
    with store.read() as tx:
        detections = queries.light_curve(tx, "ztf", "ZTF21aaaaaaa").detections
    assert [(d.alert_id, d.mag, d.mag_corr) for d in detections] == [("1", 19.5, 17.0), ("2", 18.5, None)]


def test_of_alerts_that_match_nothing_the_verdict_alone_is_kept(store: Store) -> None:
    assert save(store, judged(None, a_verdict(result=Result.NO_MATCH))) == []
    with store.read() as tx:
        assert len(queries.verdicts_of(tx, "ztf", "ZTF21aaaaaaa")) == 1
        assert queries.light_curve(tx, "ztf", "ZTF21aaaaaaa").detections == ()
        assert tx.scalar(select(func.count()).select_from(tables.objects)) == 0


def test_an_object_shows_its_newest_state_in_whatever_order_alerts_come(store: Store) -> None:
    def seen(last_mjd: float, n_det: int) -> Judged:
        summary = ObjectSummary(first_mjd=59000.0, last_mjd=last_mjd, n_det=n_det)
        return judged(an_alert(alert_id=str(n_det), mjd=last_mjd, summary=summary))

    save(store, seen(60005.0, 9))
    save(store, seen(60001.0, 3), seen(60009.0, 12), seen(60002.0, 4))
    save(store, seen(60003.0, 5))
    with store.read() as tx:
        assert tx.scalar(select(tables.objects.c.n_det)) == 12


def test_a_batch_of_hundreds_is_stored_whole(store: Store) -> None:
    batch = [judged(an_alert(f"Z{i}", str(i)), a_verdict("a"), a_verdict("b")) for i in range(600)]
    assert len(save(store, *batch)) == 1200
    assert save(store, *batch) == []
