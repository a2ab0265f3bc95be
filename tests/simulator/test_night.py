"""A night is reproducible, looks like one, and its truth agrees with its messages."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from itertools import pairwise
from pathlib import Path

import fastavro
import numpy as np
import pytest

from alertwatch.sky import ecliptic
from simulator import truth
from simulator.mixture import Mixture
from simulator.night import Night, SimMessage, last_complete_night
from simulator.survey import ZTF, history, lost_nights

DATE = dt.date(2026, 3, 15)


def stamps(night: Night) -> list[SimMessage]:
    return [message for message in night.messages if message.stream == "ztf_stamp"]


def sn_probabilities(night: Night) -> dict[str, float]:
    """SN-top ZTF objects with the probability of their first message."""
    found: dict[str, float] = {}
    for message in stamps(night):
        (record,) = fastavro.reader(io.BytesIO(message.payload))
        values = record["probabilities"]
        if max(values, key=values.__getitem__) == "SN":
            found.setdefault(message.object_id, values["SN"])
    return found


def test_the_same_arguments_give_the_same_night_bit_by_bit() -> None:
    one, other = Night(400, seed=5, date=DATE), Night(400, seed=5, date=DATE)
    assert one.messages == other.messages
    assert one.truth == other.truth


def test_another_seed_gives_another_night() -> None:
    assert Night(400, seed=5, date=DATE).messages != Night(400, seed=6, date=DATE).messages


def test_messages_are_in_the_order_of_their_time(night: Night) -> None:
    assert all(a.timestamp_ms <= b.timestamp_ms for a, b in pairwise(night.messages))


def test_the_number_of_messages_is_that_asked_for_and_little_more(night: Night) -> None:
    by_stream = Counter(message.stream for message in night.messages)
    assert by_stream["ztf_stamp"] == pytest.approx(1400, abs=12)
    assert by_stream["ztf_lc"] == 400
    assert 0 <= by_stream["rubin_stamp"] - 200 <= 2 + 2 * night.mixture.common


def test_both_surveys_see_some_young_supernovae_at_the_same_place_and_as_bright(night: Night) -> None:
    twins = [found for found in night.objects.values() if found.twin]
    assert 1 <= len(twins) <= night.mixture.common
    for rubin in twins:
        ztf = rubin.twin
        assert ztf is night.objects[ztf.object_id]
        assert (ztf.is_ztf, rubin.is_ztf) == (True, False)
        assert np.hypot((ztf.ra - rubin.ra) * np.cos(np.radians(ztf.dec)), ztf.dec - rubin.dec) < 1.0 / 3600
        curve = rubin.light_curve
        same = ztf.source.difference(curve.visits.mjd, curve.visits.band)
        assert np.all(np.abs(curve.flux - same) < 6 * curve.error)
    known = {t.object_id: t for t in night.truth}
    assert all(known[found.object_id].young_sn for found in twins)
    assert {known[found.object_id].same_as for found in twins} == {found.twin.object_id for found in twins}


def test_a_night_has_the_real_number_of_new_objects_called_sn_and_says_how_enriched_that_is(
    night: Night,
) -> None:
    new = [t for t in night.truth if t.survey == "ztf" and t.sn_top and t.story in {"new", "late"}]
    assert len(new) == night.mixture.new_sn_top == 23
    assert night.summary["enrichment"] == pytest.approx(23 / (23 * 1400 / 200_000), abs=0.1)
    assert Mixture.of(400_000, None).enrichment == pytest.approx(1, abs=0.05)


def test_objects_called_sn_have_probabilities_from_030_to_084_and_are_not_all_supernovae(night: Night) -> None:
    found = sn_probabilities(night)
    assert all(0.30 <= p <= 0.84 for p in found.values())
    classes = {t.truth_class for t in night.truth if t.object_id in found}
    assert classes == {"SN", "CV", "AGN", "TDE", "asteroid", "bogus"}


def test_truth_says_of_every_object_whether_its_messages_called_it_sn(night: Night) -> None:
    found = sn_probabilities(night)
    assert {t.object_id for t in night.truth if t.sn_top and t.survey == "ztf"} == set(found)


def test_what_is_called_sn_was_not_vetoed_by_the_broker(night: Night) -> None:
    for object_id in sn_probabilities(night):
        found = night.objects[object_id]
        star = found.host is not None and found.host.star_score > 0.5 and found.host.distance < 1
        assert not star
        curve = found.light_curve
        assert np.all(curve.flux[np.isin(curve.visits.mjd, found.alert_times)] > 0)


def test_most_of_the_night_is_dull_and_seen_before(night: Night) -> None:
    share = sum(t.story == "old" for t in night.truth) / len(night.truth)
    assert 0.4 < share < 0.8
    assert sum(t.sn_top for t in night.truth) / len(night.truth) < 0.1


def test_between_5_and_25_percent_of_the_objects_called_sn_have_recycled_ids() -> None:
    called = [t for t in Night(300, 1, DATE, new_sn_top=92).truth if t.sn_top and t.story in {"new", "late"}]
    recycled = [t for t in called if t.recycled and t.survey == "ztf"]
    assert 0.05 < len(recycled) / len([t for t in called if t.survey == "ztf"]) < 0.25
    assert all(
        int(t.object_id[3:5]) < 26 and t.first_ever < night_mjd() - 365 for t in recycled if t.first_ever
    )


def night_mjd() -> float:
    return float(DATE.toordinal() - dt.date(1858, 11, 17).toordinal())


def test_cataclysmic_variables_lie_near_the_plane_and_asteroids_near_the_ecliptic(night: Night) -> None:
    kinds = {kind: [t for t in night.truth if t.kind == kind] for kind in ("CV", "asteroid", "SN Ia")}
    assert np.median([abs(t.latitude) for t in kinds["CV"]]) < 12
    assert np.median([abs(t.latitude) for t in kinds["SN Ia"]]) > 20
    assert np.median([abs(ecliptic(t.ra, t.dec)[1]) for t in kinds["asteroid"]]) < 10


def test_asteroids_are_seen_once_and_artefacts_have_low_scores(night: Night) -> None:
    for found in night.objects.values():
        if found.kind == "asteroid":
            assert found.light_curve.detected.sum() == 1
        if found.kind == "bogus":
            assert found.drb < 0.5


def test_young_supernovae_are_before_their_peak_and_at_most_five_days_detected(night: Night) -> None:
    young = [t for t in night.truth if t.young_sn]
    assert len(young) >= 15
    assert {t.truth_class for t in young} == {"SN"}
    assert max(t.age or 0 for t in young) <= 5
    assert all((t.start or 1e9) < (t.first_detection or 0) <= t.first_alert for t in young)


def test_supernovae_caught_late_had_no_visits_for_weeks_and_are_not_young(night: Night) -> None:
    late = [t for t in night.truth if t.story == "late"]
    assert late
    for t in late:
        earlier = night.objects[t.object_id].visits.mjd
        assert t.first_alert - earlier[earlier < night.mjd].max(initial=0) > 27
        assert not t.young_sn


def test_flares_are_agn_and_well_above_their_baseline(night: Night) -> None:
    flares = [t for t in night.truth if t.flare]
    assert flares
    assert {t.truth_class for t in flares} == {"AGN"}


def test_a_few_messages_come_twice_under_two_topics_around_the_switch(night: Night) -> None:
    times = Counter((m.object_id, m.alert_id) for m in stamps(night))
    again = [key for key, number in times.items() if number == 3]
    assert again
    object_id, alert_id = again[0]
    copies = [m for m in stamps(night) if (m.object_id, m.alert_id) == (object_id, alert_id)]
    assert {m.topic for m in copies} == {"stamp_classifier_20260315", "stamp_classifier_20260316"}
    assert len({m.payload for m in copies}) == 1


def test_alerts_are_taken_in_the_night_and_sent_after_it_was_exposed(night: Night) -> None:
    for message in night.messages:
        assert night.mjd <= message.mjd < night.mjd + 0.6
        assert message.timestamp_ms / 86_400_000 + 40587 > message.mjd


def test_a_field_is_visited_every_two_or_three_nights_unless_the_weather_is_bad() -> None:
    night = int(night_mjd())
    rng = np.random.default_rng(1)
    nights = np.unique(history(ZTF, 180, 30, night=night, days=60, seed=1, rng=rng).mjd.astype(int))
    steps = np.diff(nights)
    assert np.median(steps) in {2, 3}
    assert not set(nights.tolist()) & lost_nights("ztf", 1, night, ZTF.lost)


def test_weather_takes_about_a_fifth_of_the_nights_and_is_the_same_for_all() -> None:
    lost = lost_nights("ztf", 7, 61000, 0.22)
    assert 0.2 < len(lost) / 2000 < 0.24
    assert lost == lost_nights("ztf", 7, 61000, 0.22)


def test_a_position_has_a_season() -> None:
    rng = np.random.default_rng(1)
    nights = history(ZTF, 180, 5, night=61114, days=700, seed=1, rng=rng).mjd
    assert np.diff(nights).max() > 60


def test_truth_survives_its_file(night: Night, tmp_path: Path) -> None:
    truth.write(tmp_path / "truth.jsonl", night.summary, night.truth)
    assert truth.read(tmp_path / "truth.jsonl") == (night.summary, night.truth)


def test_the_last_complete_night_has_ended() -> None:
    assert last_complete_night(dt.datetime(2026, 3, 15, 23, 1, tzinfo=dt.UTC)) == dt.date(2026, 3, 14)
    assert last_complete_night(dt.datetime(2026, 3, 15, 23, 3, tzinfo=dt.UTC)) == dt.date(2026, 3, 15)
