"""What a person sees in the figure of a light curve."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from alertwatch.alert import Detection, ForcedPhotometry, LightCurve, NonDetection
from alertwatch.plots import light_curve, png
from alertwatch.plots.style import BANDS
from tests.plots.figures import drawn, seen, words

CURVE = LightCurve(
    detections=(seen(61110.2, 19.3), seen(61112.2, 18.9), seen(61114.2, 18.6), seen(61114.3, 18.8, "r")),
    non_detections=(
        NonDetection(mjd=61107.2, band="g", limit=20.5),
        NonDetection(mjd=61108.2, band="r", limit=20.3),
    ),
    forced_photometry=(
        ForcedPhotometry(mjd=61109.2, band="g", flux=30_000.0, e_flux=3_000.0),
        ForcedPhotometry(mjd=61108.2, band="g", flux=5_000.0, e_flux=3_000.0),
    ),
)


def test_brighter_is_up() -> None:
    bottom, top = light_curve(CURVE).axes[0].get_ylim()
    assert bottom > top


def test_axes_say_what_they_show_and_in_which_unit() -> None:
    axes = light_curve(CURVE).axes[0]
    assert axes.get_xlabel() == "MJD [d, UTC]"
    assert axes.get_ylabel() == "difference magnitude [AB mag]"


def test_calendar_dates_are_above() -> None:
    figure = light_curve(CURVE)
    png(figure)
    assert "2026-03-1" in words(figure)


def test_every_point_is_drawn_once() -> None:
    figure = light_curve(CURVE)
    assert sorted(drawn(figure, "detections")) == [(d.mjd, d.mag) for d in CURVE.detections]
    assert sorted(drawn(figure, "limits")) == [(n.mjd, n.limit) for n in CURVE.non_detections]
    (point,) = drawn(figure, "forced")  # the other is below 3 sigma
    assert point == pytest.approx((61109.2, 31.4 - 2.5 * math.log10(30_000)))


def test_detections_have_error_bars() -> None:
    assert len(light_curve(CURVE).axes[0].findobj(LineCollection)) >= 2


def test_the_legend_names_bands_limits_and_the_alert() -> None:
    legend = light_curve(CURVE, mark_mjd=61114.3).axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["g", "r", "5σ limit", "forced", "this alert"]


def test_fainter_than_the_reference_is_told_apart() -> None:
    figure = light_curve(
        LightCurve((seen(1, 18.0), seen(2, 18.0, positive=False), seen(3, 18.0, dubious=True)))
    )
    assert "negative or dubious" in words(figure)
    assert len(drawn(figure, "detections")) == 3


def test_every_band_has_its_own_colour_and_marker() -> None:
    colors, markers = zip(*BANDS.values(), strict=True)
    assert len(set(colors)) == len(set(markers)) == len("ugrizy")
    assert "v" not in markers  # a limit's


def as_deuteranopes_see(color: str) -> np.ndarray[Any, Any]:
    """Linear RGB under deuteranopia: Viénot, Brettel & Mollon (1999)."""
    rgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]) ** 2.2
    seen_as = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]) @ rgb
    result: np.ndarray[Any, Any] = np.clip(seen_as, 0, 1) ** (1 / 2.2)
    return result


def test_the_colour_blind_tell_g_from_r() -> None:
    g, r = (as_deuteranopes_see(BANDS[band][0]) for band in "gr")
    assert np.abs(g - r).max() > 0.15


def test_nothing_to_draw_is_said() -> None:
    assert "no photometry known" in words(light_curve(LightCurve(), title="ZTF24abcdefg"))


def test_only_the_last_sixty_days_are_shown_unless_all_are_wanted() -> None:
    long = LightCurve(tuple(seen(61000.0 + day, 18.0) for day in range(0, 120, 10)))
    assert len(drawn(light_curve(long), "detections")) == 7
    assert len(drawn(light_curve(long, days=None), "detections")) == 12


def test_one_wild_point_does_not_flatten_the_others() -> None:
    points = [seen(61100.0 + day, 19.0 - 0.1 * day) for day in range(8)]
    wild = LightCurve((*points[:4], seen(61103.5, 9.0), *points[4:]))
    bottom, top = light_curve(wild).axes[0].get_ylim()
    assert 17 < top < bottom < 20


def test_the_error_bar_of_a_single_detection_is_in_the_picture() -> None:
    one = Detection(mjd=61110.2, band="g", mag=20.3, e_mag=0.4, positive=True)
    bottom, top = light_curve(LightCurve((one,))).axes[0].get_ylim()
    assert top < 19.9
    assert bottom > 20.7


def test_shallow_limits_do_not_flatten_the_light_curve() -> None:
    shallow = tuple(NonDetection(mjd=61100.0 + day, band="r", limit=15.0) for day in range(9))
    _, top = light_curve(LightCurve(CURVE.detections, shallow)).axes[0].get_ylim()
    assert top > 18


@pytest.mark.parametrize(
    "curve",
    [
        LightCurve((seen(61110.2, None), seen(math.nan, 18.0), seen(61110.2, math.inf))),
        LightCurve(
            (seen(61110.2, 18.0, "超$x^2$"), seen(1e9, 18.0), Detection(mjd=-1e9, band="g", mag=18.0, e_mag=-1))
        ),
        LightCurve((), (NonDetection(mjd=61110.0, band="", limit=20.0),)),
        LightCurve((), (), (ForcedPhotometry(mjd=61110.0, band="r", flux=-4.0, e_flux=0.0),)),
    ],
    ids=["not finite", "strange", "only a limit", "only negative flux"],
)
def test_strange_light_curves_are_drawn_all_the_same(curve: LightCurve) -> None:
    figure = light_curve(curve, title="$\\frac{ <b> \x00 超 " + "A" * 1000, mark_mjd=math.nan)
    assert png(figure).startswith(b"\x89PNG")


def test_the_picture_is_sharp_and_small() -> None:
    image = png(light_curve(CURVE, title="ZTF24abcdefg", mark_mjd=61114.3))
    assert (int.from_bytes(image[16:20]), int.from_bytes(image[20:24])) == (1200, 700)
    assert len(image) < 80_000


def test_figures_leave_no_trace_in_matplotlibs_global_state() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    figures = list(itertools.starmap(light_curve, [(CURVE,)] * 2))
    assert len(figures) == 2
    assert dict(mpl.rcParams) == before
