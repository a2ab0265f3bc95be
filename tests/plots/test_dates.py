"""The calendar dates above an axis are right, and few enough to be read."""

from __future__ import annotations

import pytest
from astropy.time import Time

from alertwatch.alert import LightCurve
from alertwatch.plots import light_curve, png
from alertwatch.plots.dates import in_words, ticks
from tests.plots.figures import seen

SPANS = {
    "a night": (61110.1, 61110.4, [":00"]),
    "two days": (61109.7, 61111.8, ["2026-03-11", "2026-03-12", ":00"]),
    "a week": (61108.0, 61115.0, ["2026-03-09", "2026-03-15"]),
    "a month": (61090.0, 61120.0, ["2026-03-01", "2026-03-11", "2026-03-21"]),
    "two months": (61090.0, 61150.0, ["2026-03-01", "2026-03-16", "2026-04-01"]),
    "a season": (61090.0, 61230.0, ["2026-03-01", "2026-04-01", "2026-07-01"]),
    "years": (58200.0, 60200.0, ["2019-01-01", "2023-01-01"]),
    "decades": (45000.0, 60000.0, ["1990-01-01", "2020-01-01"]),
}


@pytest.mark.parametrize(("first", "last", "some"), SPANS.values(), ids=SPANS)
def test_dates_are_beginnings_of_what_fits_and_those_of_astropy(first, last, some):
    found = ticks(first, last)
    assert 2 <= len(found) <= 6
    assert first <= found[0] <= found[-1] <= last
    told = [in_words(mjd) for mjd in found]
    assert [text for text in some if not any(one.endswith(text) for one in told)] == []
    for mjd, text in zip(found, told, strict=True):
        assert text in Time(mjd, format="mjd", scale="utc").iso


@pytest.mark.parametrize("span", [(-1e9, 1e9), (5e6, 5.0001e6), (61110.1, 61110.1 + 1e-6)])
def test_where_the_calendar_has_no_date_none_is_written(span):
    assert ticks(*span) == []


@pytest.mark.parametrize("since_first", [False, True])
def test_dates_stand_over_their_times_and_inside_of_the_picture(since_first):
    curve = LightCurve((seen(61090.0, 19.0), seen(61120.0, 18.0)))
    figure = light_curve(curve, since_first=since_first, days=None)
    png(figure)
    (above,) = figure.axes[0].child_axes
    labels = [label for label in above.get_xticklabels() if label.get_text()]
    zero = 61090.0 if since_first else 0.0
    assert {label.get_text(): label.get_position()[0] + zero for label in labels} == {
        "2026-02-21": 61092.0,
        "2026-03-01": 61100.0,
        "2026-03-11": 61110.0,
    }
    assert all(label.get_window_extent().x1 < figure.bbox.x1 for label in labels)
