"""What a person sees on the map of the sky."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest

from alertwatch import sky
from alertwatch.plots import mollweide, png, sky_map
from tests.plots.figures import objects, words


def positions(number: int, **more) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, number)))
    return pd.DataFrame({"ra": rng.uniform(0, 360, number), "dec": dec, **more})


def test_right_ascension_increases_to_the_left_and_declination_upwards():
    x, y = mollweide.project([90.0, 180.0, 270.0], [0.0, 0.0, 0.0])
    assert x == pytest.approx([1.0, 0.0, -1.0])
    assert y == pytest.approx([0.0, 0.0, 0.0])
    assert mollweide.project(10.0, 90.0) == pytest.approx((0.0, 1.0), abs=1e-6)
    assert "RA increases to the left" in words(sky_map(positions(1)))


def test_areas_are_true():
    frame = positions(20_000)
    x, y = mollweide.project(frame["ra"], frame["dec"])
    inner = (x / 2) ** 2 + y**2 < 0.25  # a quarter of the ellipse
    assert inner.mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(("name", "of"), [("galactic plane", sky.galactic), ("ecliptic", sky.ecliptic)])
def test_the_planes_are_where_our_coordinates_put_them(name, of):
    x, y = mollweide.plane(mollweide.PLANES[name])
    on_line = [
        (ra, dec) for ra in range(0, 360, 5) for dec in np.arange(-88, 88, 1.0) if abs(of(ra, dec)[1]) < 0.3
    ]
    assert on_line
    for ra, dec in on_line:
        here = mollweide.project(ra, dec)
        assert np.nanmin(np.hypot(x - here[0], y - here[1])) < 0.02
    assert name in words(sky_map(positions(1)))


@pytest.mark.parametrize("number", [1, 300])
def test_every_position_is_a_point_coloured_by_class(number):
    figure = sky_map(positions(number, class_name=["SN", *["AGN"] * (number - 1)]))
    assert len(objects(figure)) == number
    assert "SN (1)" in words(figure)


def test_a_hundred_thousand_become_counts_that_add_up():
    figure = sky_map(positions(100_000))
    (cells,) = figure.axes[0].findobj(lambda artist: artist.get_gid() == "objects")
    assert cells.get_array().sum() == 100_000
    assert "matches per hexagon" in words(figure)
    assert len(png(figure)) < 600_000


def test_a_column_can_be_chosen_and_what_is_not_known_is_grey():
    frame = positions(3, filter=["young_sn", "tde", None], class_name="SN")
    assert "young_sn (1)" in words(sky_map(frame, by="filter"))
    assert "not known (1)" in words(sky_map(frame, by="filter"))
    assert "SN (3)" in words(sky_map(frame))


def test_more_classes_than_colours_are_gathered():
    names = [f"class{n}" for n in range(20)]
    assert "other (13)" in words(sky_map(positions(20, class_name=names)))


def test_a_class_has_the_same_colour_whatever_else_is_there():
    alone, among = (
        objects(sky_map(positions(len(names), class_name=names)), color=True)[0]
        for names in (["SN"], ["SN", "AGN", "VS"])
    )
    assert tuple(alone) == tuple(among)


def test_positions_that_are_not_known_are_counted_not_drawn():
    figure = sky_map(pd.DataFrame({"ra": [10.0, None, 20.0], "dec": [5.0, 5.0, math.nan]}))
    assert len(objects(figure)) == 1
    assert "2 without a position" in words(figure)


def test_no_position_is_said():
    assert "no position known" in words(sky_map(pd.DataFrame({"ra": [], "dec": []})))


def test_a_missing_column_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match=re.escape("no column 'dec' in the table; it has: ra, mag")):
        sky_map(pd.DataFrame({"ra": [1.0], "mag": [2.0]}))
