"""What a person sees of classes and periods."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from alertwatch.alert import Classification
from alertwatch.plots import class_probabilities, period_amplitude, png
from alertwatch.plots.probabilities import rows
from alertwatch.plots.style import CLASSES
from alertwatch.taxonomy import CANONICAL
from tests.plots.figures import objects, words


def contrast(colour: str) -> float:
    """With white: WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


STAMP = {"SN": 0.71, "AGN": 0.2, "VS": 0.05, "asteroid": 0.02, "bogus": 0.02}


def test_the_most_probable_class_is_on_top_with_its_value():
    (axes,) = class_probabilities({"stamp_classifier": STAMP}).axes
    bars = {patch.get_y(): patch.get_width() for patch in axes.patches}
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert bars[min(bars)] == 0.71
    assert axes.get_xlim() == (0.0, 1.0)
    assert axes.get_xlabel() == "probability"
    assert "0.71" in words(axes.figure)


def test_each_classifier_has_a_panel_with_its_version():
    told = [Classification(classifier=f"classifier {n}", version="1.1", probabilities=STAMP) for n in range(2)]
    figure = class_probabilities(told, title="ZTF24abcdefg")
    assert len(figure.axes) == 2
    assert "classifier 1 1.1" in words(figure)


def test_many_classes_are_summed_up():
    many = {f"class{n}": 0.05 for n in range(20)}
    found = rows(many)
    assert found[-1] == ("13 others", pytest.approx(0.65))
    assert sum(p for _, p in found) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "told", [{}, {"stamp_classifier": {}}, {"stamp_classifier": {"SN": None, "AGN": math.nan}}]
)
def test_no_class_is_said(told):
    figure = class_probabilities(told)
    assert png(figure)
    assert "no classification known" in words(figure) or "says nothing" in words(figure)


def test_periods_are_logarithmic_and_amplitudes_start_at_zero():
    frame = pd.DataFrame(
        {"period": [0.3, 40.0, None, -1.0], "amplitude": [0.5, 1.2, 0.3, 0.1], "class_name": "RRL"}
    )
    figure = period_amplitude(frame)
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("period [d]", "amplitude [mag]")
    assert axes.get_ylim()[0] == 0.0
    assert len(objects(figure)) == 2
    assert "2 without a period or an amplitude" in words(figure)


def test_other_names_of_the_columns_can_be_given_and_none_is_said():
    frame = pd.DataFrame({"Multiband_period": [0.5], "Amplitude": [0.4]})
    assert len(objects(period_amplitude(frame, period="Multiband_period", amplitude="Amplitude"))) == 1
    assert "no period known" in words(period_amplitude(pd.DataFrame({"period": [], "amplitude": []})))


def test_every_class_of_every_taxonomy_has_a_colour_of_its_own_that_stands_out_from_white():
    assert set(CLASSES) == CANONICAL
    assert len(set(CLASSES.values())) == len(CLASSES)
    assert min(contrast(colour) for colour in CLASSES.values()) >= 3.0
