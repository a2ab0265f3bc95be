"""What a person sees, and reads when hovering, on the interactive plots."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from alertwatch.alert import LightCurve
from alertwatch.errors import AlertwatchError
from alertwatch.plots import interactive
from alertwatch.plots.style import BANDS
from tests.plots.figures import seen
from tests.plots.test_light_curve import CURVE


def traces(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def test_every_measurement_is_a_point_that_tells_its_numbers_and_both_dates():
    found = traces(interactive.light_curve(CURVE, title="ZTF24abcdefg"))
    assert list(found) == ["g", "g 5σ limit", "g forced", "r", "r 5σ limit"]
    assert list(found["g"].x) == [61110.2, 61112.2, 61114.2]
    assert found["g"].text[0] == "19.300 ± 0.050 mag<br>MJD 61110.20000<br>2026-03-11 04:48:00 UTC"
    assert found["r 5σ limit"].text[0].startswith("not seen; limit 20.300 mag")


def test_hovering_tells_the_alert_and_why_a_point_is_doubtful():
    curve = LightCurve((seen(61110.2, 19.3, positive=False, alert_id="361158471105"),))
    (trace,) = interactive.light_curve(curve).data
    assert trace.text[0].split("<br>") == [
        "19.300 ± 0.050 mag", "fainter than the reference", "MJD 61110.20000", "2026-03-11 04:48:00 UTC",
        "alert 361158471105",
    ]  # fmt: skip


def test_the_reference_is_a_line_with_its_name():
    curve = LightCurve((seen(61110.2, 19.3, mag_ref=18.5, dist_ref=0.2),))
    layout = interactive.light_curve(curve, kind="apparent").layout
    assert [line.y0 for line in layout.shapes] == [18.5]
    assert [note.text for note in layout.annotations] == ["g reference"]


def test_bands_have_the_colours_of_the_printed_plots_and_can_be_switched_off_one_by_one():
    figure = interactive.light_curve(CURVE)
    assert traces(figure)["r"].marker.color == BANDS["r"][0]
    assert figure.layout.legend.groupclick == "toggleitem"


def test_brighter_is_up_and_axes_have_units():
    layout = interactive.light_curve(CURVE).layout
    bottom, top = layout.yaxis.range
    assert bottom > top
    assert layout.yaxis.title.text == "difference magnitude [AB mag]"
    assert layout.xaxis.title.text == "MJD [d, UTC]"


def test_a_switch_turns_mjd_into_dates():
    (menu,) = interactive.light_curve(CURVE, mark_mjd=61114.2).layout.updatemenus
    mjd, date = menu.buttons
    assert mjd.args[0]["x"][0][0] == 61110.2
    assert date.args[0]["x"][0][0] == "2026-03-11 04:48:00"
    assert date.args[1]["xaxis.type"] == "date"


def test_flux_and_phase_are_as_on_paper():
    figure = interactive.light_curve(CURVE, kind="flux", period=3.0, title="ZTF24abcdefg")
    assert figure.layout.yaxis.title.text == "difference flux [µJy]"
    assert "period 3 d" in figure.layout.title.text
    assert len(traces(figure)["g"].x) == 6
    bottom, top = figure.layout.yaxis.range
    assert bottom < top


def test_nothing_to_draw_is_said():
    (note,) = interactive.light_curve(LightCurve()).layout.annotations
    assert note.text == "no photometry known"


def test_names_from_outside_are_shown_not_run():
    curve = LightCurve((seen(61000.0, 19.0, "<i>"),))
    page = interactive.html(interactive.light_curve(curve, title="</script><script>alert(1)"))
    assert "<script>alert(1)" not in page
    assert traces(interactive.light_curve(curve))["&lt;i&gt;"]


def test_the_page_is_called_after_the_object():
    page = interactive.html(interactive.light_curve(CURVE, title="ZTF24abcdefg"))
    assert "<title>ZTF24abcdefg</title>" in page.partition("</head>")[0]


def test_the_page_needs_no_network():
    page = interactive.html(interactive.light_curve(CURVE))
    assert '<script src="http' not in page
    assert len(page) < 6_000_000


def test_the_sky_map_tells_what_the_table_knows_of_a_point():
    frame = pd.DataFrame(
        {
            "object_id": ["ZTF24abcdefg", "ZTF24hijklmn"],
            "ra": [150.0, 30.0],
            "dec": [2.0, -20.0],
            "class_name": ["SN", None],
            "probability": [0.71, None],
            "mjd": [61110.2, 61111.2],
        }
    )
    found = traces(interactive.sky_map(frame))
    assert {"galactic plane", "ecliptic", "SN (1)", "not known (1)"} <= set(found)
    told = "<b>ZTF24abcdefg</b><br>SN<br>P = 0.71<br>MJD 61110.20000<br>RA 150.00000°<br>Dec +2.00000°"
    assert found["SN (1)"].text[0] == told
    assert found["SN (1)"].x[0] > 0  # RA 150 is right of the middle at 180: RA increases to the left
    assert found["not known (1)"].text[0].startswith("<b>ZTF24hijklmn</b><br>MJD")


def test_an_empty_sky_is_said():
    notes = interactive.sky_map(pd.DataFrame({"ra": [], "dec": []})).layout.annotations
    assert "no position known" in [note.text for note in notes]


def test_without_plotly_a_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(AlertwatchError, match=r"pip install 'alertwatch\[notebooks\]'"):
        interactive.light_curve(CURVE)
