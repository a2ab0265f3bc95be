"""What people ask of the database."""

from __future__ import annotations

from itertools import pairwise
from math import asin, atan2, degrees, hypot, radians, sin

import pytest
from astropy_healpix import HEALPix
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertwatch import sky
from alertwatch.alert import Classification
from alertwatch.filter import Result
from alertwatch.query.selection import Cone, Selection
from alertwatch.store import Store, healpix, queries, verdicts
from tests.store.examples import a_verdict, an_alert, judged


def names(matches: list[queries.Match]) -> list[str]:
    return [match.object_id for match in matches]


@pytest.fixture
def night(store: Store) -> Store:
    """Three matches on a sky that has poles and a meridian."""
    agn = (Classification(classifier="stamp_classifier", probabilities={"AGN": 0.9}),)
    with store.write() as tx:
        verdicts.save(
            tx,
            [
                judged(an_alert("pole", "1", mjd=60001.0, ra=200.0, dec=89.99)),
                judged(an_alert("meridian", "2", mjd=60002.0, ra=359.99, dec=0.0)),
                judged(
                    an_alert("nowhere", "3", mjd=60003.0, ra=None, dec=None, classifications=agn),
                    a_verdict("agn_flare"),
                    a_verdict(result=Result.NO_MATCH),
                ),
            ],
            now=1.0,
        )
    return store


def test_matches_come_newest_first(night: Store) -> None:
    with night.read() as tx:
        assert names(queries.matches(tx)) == ["nowhere", "meridian", "pole"]
        assert names(queries.matches(tx, Selection(limit=1))) == ["nowhere"]


def test_matches_are_narrowed_by_filter_class_time_and_object(night: Store) -> None:
    with night.read() as tx:
        assert names(queries.matches(tx, Selection(filter="agn_flare"))) == ["nowhere"]
        assert names(queries.matches(tx, Selection(class_name="sn"))) == ["meridian", "pole"]
        assert names(queries.matches(tx, Selection(since=60002.0))) == ["nowhere", "meridian"]
        assert names(queries.matches(tx, Selection(since=60001.0, until=60002.0))) == ["pole"]
        assert names(queries.matches(tx, Selection(objects=("pole",)))) == ["pole"]
        assert names(queries.matches(tx, Selection(filter="agn_flare", class_name="SN"))) == []


def test_a_cone_reaches_across_the_pole_and_the_meridian(night: Store) -> None:
    with night.read() as tx:
        assert names(queries.matches(tx, Selection(cone=Cone(20.0, 89.99, 0.021)))) == ["pole"]
        assert names(queries.matches(tx, Selection(cone=Cone(20.0, 89.99, 0.019)))) == []
        assert names(queries.matches(tx, Selection(cone=Cone(0.01, 0.0, 0.021)))) == ["meridian"]
        assert names(queries.matches(tx, Selection(cone=Cone(0.01, 0.0, 0.019)))) == []
        assert names(queries.matches(tx, Selection(cone=Cone(0.0, 0.0, 180.0)))) == ["meridian", "pole"]
        assert names(queries.matches(tx, Selection(cone=Cone(0.0, 0.0, 180.0), limit=1))) == ["meridian"]


def test_an_empty_database_answers_everything_with_nothing(store: Store) -> None:
    with store.read() as tx:
        assert queries.matches(tx, Selection(cone=Cone(0.0, 0.0, 1.0))) == []
        assert queries.verdicts_of(tx, None, "X") == []
        assert queries.light_curve(tx, "ztf", "X") == queries.LightCurve((), (), ())


def test_the_verdicts_on_an_object_come_newest_alert_first(night: Store) -> None:
    with night.read() as tx:
        found = [(v.filter, v.result) for v in queries.verdicts_of(tx, "ztf", "nowhere")]
        assert queries.verdicts_of(tx, "lsst", "nowhere") == []
    assert found == [("agn_flare", Result.MATCH), ("young_sn", Result.NO_MATCH)]


def test_a_light_curve_comes_back_in_the_order_of_time(night: Store) -> None:
    with night.read() as tx:
        curve = queries.light_curve(tx, "ztf", "pole")
    assert [(d.mjd, d.band, d.mag) for d in curve.detections] == [(59999.25, "r", 19.5), (60000.25, "g", 18.5)]
    assert [(n.mjd, n.limit) for n in curve.non_detections] == [(59990.0, 20.5)]
    assert [(f.mjd, f.flux) for f in curve.forced_photometry] == [(59990.0, 120.0)]


ra = st.one_of(st.floats(0, 360), st.sampled_from([0.0, 45.0, 90.0, 135.0, 180.0, 270.0, 360.0]))
dec = st.one_of(
    st.floats(-90, 90), st.sampled_from([-90.0, -89.9999, 0.0, 89.9999, 90.0, degrees(asin(2 / 3))])
)
offset = st.floats(-1, 1)


@settings(deadline=None, max_examples=300)
@given(ra, dec, st.floats(-4.5, 2.25), offset, offset)
def test_no_position_inside_a_cone_is_missed(
    ra: float, dec: float, log_radius: float, x: float, y: float
) -> None:
    radius = min(180.0, 10**log_radius)
    near_dec = max(-90.0, min(90.0, dec + y * radius))
    near_ra = (ra + x * radius) % 360.0
    if sky.separation(ra, dec, near_ra, near_dec) <= 3600 * radius:
        pixel = healpix.pixel(near_ra, near_dec)
        assert any(first <= pixel <= last for first, last in healpix.ranges(ra, dec, radius))


@settings(deadline=None, max_examples=300)
@given(ra, dec)
def test_the_healpix_integer_is_the_one_of_astropy(ra: float, dec: float) -> None:
    level, drop = 20, 2 * (healpix.LEVEL - 20)  # rounding decides at the edges of the finest pixels
    grid = HEALPix(nside=2**level, order="nested")
    x, y, z = grid.healpix_to_xyz(healpix.pixel(ra, dec) >> drop)
    found_dec, found_ra = degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x))
    assert sky.separation(ra, dec, found_ra, found_dec) < 1e-4 * 3600
    assert 0 <= healpix.pixel(ra, dec) < 12 * 4**healpix.LEVEL


@settings(deadline=None, max_examples=100)
@given(ra, dec, st.floats(-4.5, 2.25))
def test_a_cone_is_few_ranges(ra: float, dec: float, log_radius: float) -> None:
    found = healpix.ranges(ra, dec, min(180.0, 10**log_radius))
    assert len(found) <= 100
    assert all(a[1] + 1 < b[0] for a, b in pairwise(found))


@settings(deadline=None, max_examples=100)
@example(0.0, 0.0, 0.0)
@given(ra, dec, st.floats(-3, 1.5))
def test_little_else_than_the_cone_is_covered(ra: float, dec: float, log_radius: float) -> None:
    found = healpix.ranges(ra, dec, 10**log_radius)
    covered = sum(last - first + 1 for first, last in found) / (12 * 4**healpix.LEVEL)
    assert covered < 2 * sin(radians(10**log_radius / 2)) ** 2
