"""What a person sees of the nights on which an object was looked at."""

from __future__ import annotations

import math

from alertwatch.alert import ForcedPhotometry, LightCurve, NonDetection
from alertwatch.plots import cadence, png
from alertwatch.plots.cadence import night
from tests.plots.figures import seen, words

CURVE = LightCurve(
    (seen(61110.2, 19.3), seen(61110.3, 19.3), seen(61114.2, 18.6, "r")),
    (NonDetection(mjd=61107.2, band="g", limit=20.5), NonDetection(mjd=61100.2, band="r", limit=20.5)),
    (ForcedPhotometry(mjd=61110.2, band="g", flux=1.0), ForcedPhotometry(mjd=61102.2, band="g", flux=1.0)),
)


def visits(axes, gid: str) -> dict[float, float]:
    """The heights of the bars by the night that they stand on."""
    found = [bar for bar in axes.patches if bar.get_gid() == gid]
    return {round(p.get_x() + p.get_width() / 2): p.get_height() for p in found if p.get_height()}


def test_each_band_has_a_row_with_its_visits_of_each_night():
    green, red = cadence(CURVE).axes
    assert visits(green, "seen") == {61110: 2}
    assert visits(green, "unseen") == {61102: 1, 61107: 1}
    assert visits(red, "seen") == {61114: 1}


def test_an_exposure_that_is_told_twice_is_one_visit():
    assert "2 of 4 detected" in words(cadence(CURVE))


def test_the_gaps_are_told():
    assert "gap 4 d, longest 5 d" in words(cadence(CURVE))


def test_a_night_is_one_at_palomar_and_at_cerro_pachon():
    assert {night(61110.10), night(61110.54)} == {61110}  # 02:24 to 13:00 UT
    assert {night(61109.96), night(61110.42)} == {61110}  # 23:00 to 10:00 UT


def test_axes_say_nights_and_dates():
    figure = cadence(CURVE, title="ZTF24abcdefg")
    png(figure)
    assert "night [MJD of its morning, UTC]" in words(figure)
    assert "visits per night" in words(figure)
    assert "2026-03-0" in words(figure)


def test_one_band_and_no_visit_at_all_are_drawn():
    assert len(cadence(LightCurve((seen(1.0, 19.0),))).axes) == 1
    assert "no visit known" in words(cadence(LightCurve((seen(math.nan, 19.0),))))
