"""The filters on real, labelled light curves: the published figures come out again."""

import pytest

from benchmarks import labelled
from benchmarks.completeness import Trial, report, trials
from tests.support.data import DATA, needs_data

pytestmark = needs_data


@pytest.fixture(scope="module")
def measured() -> list[Trial]:
    return list(trials())


def completeness(measured: list[Trial], filter_: str, assumption: str, **settings: float | bool) -> float:
    found = [t for t in measured if (t.filter, t.assumption, t.settings) == (filter_, assumption, settings)]
    value = found[0].completeness.value
    assert value is not None
    return value


def test_the_samples_are_whole() -> None:
    assert len(labelled.bts_sne_ia(DATA)) == 336
    assert len(labelled.nuclear_flares(DATA)) == 8
    assert len(labelled.reported_candidates(DATA)) > 100


@pytest.mark.parametrize(("assumption", "published"), [("P(SN) 0.72", 0.91), ("P(SN) 0.4", 0.79)])
def test_five_days_and_ten_degrees_keep_the_published_share_of_supernovae(
    measured: list[Trial], assumption: str, published: float
) -> None:
    assert completeness(measured, "young_sn", assumption, only_new_ids=False) == pytest.approx(
        published, abs=0.01
    )


@pytest.mark.parametrize(("assumption", "published"), [("P(SN) 0.72", 0.70), ("P(SN) 0.4", 0.40)])
def test_two_days_and_twenty_degrees_keep_the_published_share_of_supernovae(
    measured: list[Trial], assumption: str, published: float
) -> None:
    stricter = {"max_age_days": 2.0, "min_galactic_latitude": 20.0, "only_new_ids": False}
    assert completeness(measured, "young_sn", assumption, **stricter) == pytest.approx(published, abs=0.01)


def test_the_year_rule_costs_no_more_than_three_percent_of_the_supernovae(measured: list[Trial]) -> None:
    with_rule = completeness(measured, "young_sn", "P(SN) 0.72")
    assert with_rule > completeness(measured, "young_sn", "P(SN) 0.72", only_new_ids=False) - 0.03


def test_six_of_eight_nuclear_flares_are_found_and_at2019fdr_on_day_17(measured: list[Trial]) -> None:
    by_stamp = next(t for t in measured if t.filter == "agn_flare" and t.assumption == "stamp class AGN")
    assert (by_stamp.completeness.hits, by_stamp.completeness.total) == (6, 8)
    day = {r.object_id: r.after_days for r in by_stamp.reached}
    assert day["ZTF19aatubsj"] == pytest.approx(16.9, abs=0.1)


def test_the_light_curve_classifier_finds_the_same_flares_later(measured: list[Trial]) -> None:
    stamp, late = (t for t in measured if t.filter == "agn_flare")
    assert late.completeness == stamp.completeness
    for first, second in zip(stamp.reached, late.reached, strict=True):
        assert (first.after_days is None) == (second.after_days is None)
        if first.after_days is not None and second.after_days is not None:
            assert first.after_days <= second.after_days


def test_most_candidates_that_people_reported_are_found(measured: list[Trial]) -> None:
    reported = next(t for t in measured if t.sample.startswith("candidates"))
    assert (reported.completeness.value or 0) > 0.8


def test_the_report_says_what_was_assumed_the_interval_and_why_objects_were_missed(
    measured: list[Trial],
) -> None:
    text = "\n".join(report(measured[0], missed=True))
    assert "P(SN) 0.72 assumed" in text
    assert "[0.86, 0.92]" in text
    assert "missed for: seen twice or off the ecliptic" in text
    assert "new object id" in text
