"""A light curve as a table draws the same as the light curve itself."""

from __future__ import annotations

import msgspec
import pandas as pd
import pytest

from alertwatch.alert import LightCurve
from alertwatch.plots import cadence, light_curve, png
from alertwatch.plots.curves import curve_of
from tests.plots.test_light_curve import CURVE


def table(curve: LightCurve) -> pd.DataFrame:
    parts = {
        "detection": curve.detections,
        "non_detection": curve.non_detections,
        "forced": curve.forced_photometry,
    }
    rows = [{"kind": kind, **msgspec.structs.asdict(m)} for kind, members in parts.items() for m in members]
    return pd.DataFrame(rows).astype({"kind": "string", "positive": "boolean", "dubious": "boolean"})


def test_a_table_and_a_light_curve_give_the_same_picture():
    assert curve_of(table(CURVE)) == CURVE
    assert png(light_curve(table(CURVE))) == png(light_curve(CURVE))
    assert cadence(table(CURVE)).axes


def test_an_empty_table_is_an_empty_light_curve():
    assert curve_of(table(CURVE)[:0]) == LightCurve()


def test_a_table_of_something_else_is_refused():
    with pytest.raises(ValueError, match="no column 'kind'"):
        light_curve(pd.DataFrame({"mjd": [1.0], "band": ["g"]}))
