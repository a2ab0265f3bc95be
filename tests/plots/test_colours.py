"""Colours of pairs of measurements, and the diagrams made of them."""

from __future__ import annotations

import numpy as np
import pytest

from alertwatch.alert import LightCurve
from alertwatch.plots import colour_colour, colour_magnitude
from alertwatch.plots.pairs import colours
from tests.plots.figures import objects, seen, words

NIGHTS = tuple(
    seen(61000.0 + night + hour, 19.0 + 0.1 * night + shift, band)
    for night in range(4)
    for band, hour, shift in (("g", 0.0, 0.3), ("r", 0.05, 0.0), ("i", 0.1, -0.1))
)
CURVE = LightCurve(NIGHTS)


def test_a_colour_is_of_the_nearest_measurements_of_both_bands():
    found = colours(CURVE, "g", "r")
    assert [c.value for c in found] == pytest.approx([0.3] * 4)
    assert [c.mag for c in found] == pytest.approx([19.0, 19.1, 19.2, 19.3])
    assert found[0].error == pytest.approx(0.05 * 2**0.5)
    assert found[0].mjd == pytest.approx(61000.025)


def test_measurements_further_apart_than_the_window_have_no_colour():
    far = LightCurve((seen(61000.0, 19.0, "g"), seen(61000.6, 18.8, "r")))
    assert colours(far, "g", "r") == []
    assert len(colours(far, "g", "r", window=1.0)) == 1


def test_no_measurement_is_in_two_pairs():
    crowd = LightCurve((seen(1.00, 19.0, "g"), seen(1.02, 19.1, "g"), seen(1.03, 18.8, "r")))
    (pair,) = colours(crowd, "g", "r")
    assert pair.value == pytest.approx(0.3)


def test_doubtful_measurements_have_no_colour():
    assert colours(LightCurve((seen(1.0, 19.0, "g", positive=False), seen(1.0, 18.8, "r"))), "g", "r") == []


def test_a_colour_magnitude_diagram_has_its_magnitudes_upside_down_and_its_kind_in_the_labels():
    figure = colour_magnitude(CURVE)
    axes = figure.axes[0]
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert axes.get_xlabel() == "g − r (difference) [AB mag]"
    assert axes.get_ylabel() == "r difference magnitude [AB mag]"
    assert len(objects(figure)) == 4
    assert "days since MJD 61000.03 [d]" in words(figure)


def test_a_colour_colour_diagram_takes_three_bands_of_one_night():
    figure = colour_colour(CURVE)
    assert objects(figure) == pytest.approx(np.array([[0.3, 0.1]] * 4))
    assert figure.axes[0].get_ylabel() == "r − i (difference) [AB mag]"


def test_many_objects_are_a_point_each_coloured_by_class():
    figure = colour_magnitude({"a": CURVE, "b": CURVE, "c": LightCurve()}, classes={"a": "SN", "b": "AGN"})
    assert objects(figure) == pytest.approx(np.array([[0.3, 19.15]] * 2))
    assert "SN (1)" in words(figure)
    assert "AGN (1)" in words(figure)


@pytest.mark.parametrize("curve", [LightCurve(), LightCurve(NIGHTS[:1]), {}], ids=["empty", "one band", "none"])
def test_no_pair_is_said(curve):
    assert "no g and r within 0.5 d" in words(colour_magnitude(curve))
    assert "no g, r, i within 0.5 d" in words(colour_colour(curve))
