"""Completeness and purity are counted against the truth, with intervals and what they rest on."""

from __future__ import annotations

import pytest

from simulator.night import Night
from simulator.score import Share, score


def test_a_perfect_filter_scores_one_of_what_it_can_reach(night: Night) -> None:
    matches = [("young_sn", t.survey, t.object_id) for t in night.truth if t.young_sn]
    for report in (r for r in score(night.summary, night.truth, matches) if r.filter == "young_sn"):
        assert report.completeness.value == report.within_footprint.value == report.purity.value == 1
        assert not report.missed
        assert not report.false
        assert report.enrichment == night.summary["enrichment"]


def test_the_footprint_leaves_out_what_the_messages_never_called_sn(night: Night) -> None:
    called = [("young_sn", "ztf", t.object_id) for t in night.truth if t.young_sn and t.sn_top]
    report = next(
        r for r in score(night.summary, night.truth, called) if (r.filter, r.survey) == ("young_sn", "ztf")
    )
    assert report.outside["not called SN"] == 4
    assert report.completeness.hits < report.completeness.total
    assert report.within_footprint.value == 1


def test_wrong_matches_are_named_for_what_they_are(night: Night) -> None:
    cv = next(t for t in night.truth if t.kind == "CV" and t.survey == "ztf")
    matches = [("young_sn", "ztf", cv.object_id), ("young_sn", "ztf", "ZTF00unknown")]
    report = next(
        r for r in score(night.summary, night.truth, matches) if (r.filter, r.survey) == ("young_sn", "ztf")
    )
    assert report.false == {"CV (new)": 1, "not of this night": 1}
    assert report.purity.value == 0
    assert "1 CV (new)" in str(report)


def test_the_interval_is_wilsons() -> None:
    assert Share(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert Share(0, 10).interval == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert str(Share(0, 0)) == "none of 0"
    assert str(Share(8, 10)) == "0.80 [0.49, 0.94] (8 of 10)"
