"""Apparent magnitudes, fluxes, phases: what a person sees of the same measurements."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertwatch.alert import Detection, ForcedPhotometry, LightCurve, NonDetection
from alertwatch.plots import light_curve, png
from alertwatch.plots.points import KINDS
from tests.plots.figures import drawn, seen, words

VARIABLE = LightCurve(
    tuple(
        seen(61000.0 + 0.3 * n, 19.0, "gr"[n % 2], mag_corr=17.0 + n / 10, e_mag_corr=0.02) for n in range(8)
    ),
    (NonDetection(mjd=61000.1, band="g", limit=20.5),),
    (ForcedPhotometry(mjd=61000.2, band="g", flux=-4_000.0, e_flux=500.0),),
)


def label(figure) -> str:
    return figure.axes[0].get_ylabel()


def test_the_label_tells_difference_from_apparent():
    assert label(light_curve(VARIABLE)) == "difference magnitude [AB mag]"
    assert label(light_curve(VARIABLE, kind="apparent")) == "apparent magnitude [AB mag]"


def test_apparent_magnitudes_are_the_corrected_ones_and_brighter_is_up():
    figure = light_curve(VARIABLE, kind="apparent")
    mags = sorted(mag for _, mag in drawn(figure, "detections"))
    assert mags == pytest.approx([17.0 + n / 10 for n in range(8)])
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top


def test_limits_of_the_difference_image_are_no_apparent_magnitudes():
    assert drawn(light_curve(VARIABLE, kind="apparent"), "limits") == []


def test_forced_photometry_is_added_to_the_reference_to_be_apparent():
    measured = ForcedPhotometry(mjd=61001.0, band="g", flux=10_000.0, e_flux=100.0)
    known = seen(61000.0, 20.0, mag_ref=19.0, dist_ref=0.2)
    reference = 10 ** (0.4 * (31.4 - 19.0))
    ((_, mag),) = drawn(light_curve(LightCurve((known,), (), (measured,)), kind="apparent"), "forced")
    assert mag == pytest.approx(31.4 - 2.5 * math.log10(reference + 10_000.0))


def test_the_reference_is_a_line_and_on_the_scale_with_what_was_measured_before():
    rise = tuple(seen(61000.0 + n, 18.0 - n / 10, mag_ref=19.5, dist_ref=0.2) for n in range(6))
    before = tuple(ForcedPhotometry(mjd=60980.0 + n, band="g", flux=100.0, e_flux=100.0) for n in range(5))
    axes = light_curve(LightCurve(rise, (), before), kind="apparent").axes[0]
    (line,) = [line for line in axes.lines if line.get_gid() == "reference"]
    assert set(line.get_ydata()) == {19.5}
    assert "reference" in words(axes.figure)
    assert "off the scale" not in words(axes.figure)
    assert axes.get_ylim()[0] > 19.5


def test_without_the_object_in_it_the_reference_image_tells_nothing():
    far = seen(61000.0, 19.0, mag_ref=16.0, dist_ref=3.0)
    forced = ForcedPhotometry(mjd=61001.0, band="g", flux=90_000.0, e_flux=100.0)
    figure = light_curve(LightCurve((far,), (), (forced,)), kind="apparent")
    assert drawn(figure, "forced") == []
    assert "no apparent magnitude known" in words(figure)


def test_detections_that_have_no_magnitude_are_counted():
    negative = seen(61000.0, None, positive=False, flux=-900.0, e_flux=100.0)
    curve = LightCurve((negative, seen(61001.0, 22.0)))
    assert "1 detection without a difference magnitude" in words(light_curve(curve))
    assert "without" not in words(light_curve(curve, kind="flux"))


def test_a_reference_that_is_another_source_makes_an_apparent_magnitude_doubtful():
    blended = seen(61000.0, 19.0, mag_corr=17.0, e_mag_corr=0.02, dist_ref=3.0)
    assert "dubious or blended" in words(light_curve(LightCurve((blended,)), kind="apparent"))


def test_fluxes_are_signed_and_forced_photometry_below_zero_is_shown():
    curve = LightCurve((seen(1.0, 19.0), seen(2.0, 19.0, positive=False)), (), VARIABLE.forced_photometry)
    figure = light_curve(curve, kind="flux", days=None)
    flux = 10 ** (0.4 * (31.4 - 19.0)) / 1000
    assert [value for _, value in drawn(figure, "detections")] == pytest.approx([flux, -flux])
    assert [value for _, value in drawn(figure, "forced")] == pytest.approx([-4.0])
    bottom, top = figure.axes[0].get_ylim()
    assert bottom < 0 < top


@pytest.mark.parametrize(("mag", "unit"), [(24.0, "nJy"), (19.0, "µJy"), (12.0, "mJy")])
def test_fluxes_have_the_unit_in_which_they_read_well(mag, unit):
    assert label(light_curve(LightCurve((seen(1.0, mag),)), kind="flux")) == f"difference flux [{unit}]"


def test_a_folded_light_curve_shows_two_cycles_and_says_its_period():
    figure = light_curve(VARIABLE, kind="apparent", period=0.7, title="ZTF18abcdefg", days=None)
    assert "ZTF18abcdefg · period 0.7 d" in words(figure)
    assert figure.axes[0].get_xlim() == (0.0, 2.0)
    phases = sorted(x for x, _ in drawn(figure, "detections"))
    assert len(phases) == 16
    assert phases[:8] == pytest.approx([phase - 1 for phase in phases[8:]])
    assert "phase [cycles; 0 is MJD 61000.00000 UTC]" in words(figure)  # the brightest


@pytest.mark.parametrize("period", [0.0, -1.0, math.nan, math.inf])
def test_a_period_that_is_none_is_refused(period):
    with pytest.raises(ValueError, match="is no period; give days, more than 0"):
        light_curve(VARIABLE, period=period)


def test_an_unknown_kind_is_refused_with_the_choice():
    with pytest.raises(ValueError, match="choose difference, apparent or flux"):
        light_curve(VARIABLE, kind="magnitude")  # type: ignore[arg-type]


def test_days_count_from_the_first_detection_and_the_date_is_said():
    figure = light_curve(VARIABLE, since_first=True)
    assert "days since the first detection [d; MJD 61000.00000, 2025-11-21]" in words(figure)
    assert min(x for x, _ in drawn(figure, "detections")) == 0.0


def test_what_is_off_the_scale_is_counted():
    curve = LightCurve(
        (*(seen(61100.0 + n, 19.0 - 0.1 * n) for n in range(8)), seen(61103.5, 9.0), seen(61109, 18.5))
    )
    assert "1 measurement off the scale" in words(light_curve(curve))
    assert "off the scale" not in words(light_curve(VARIABLE))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_that_is_no_number_leaves_the_point_without_a_bar(kind):
    strange = Detection(mjd=61000.0, band="g", mag=19.0, e_mag=math.nan, positive=True, mag_corr=18.0)
    assert len(drawn(light_curve(LightCurve((strange,)), kind=kind), "detections")) == 1


def test_nothing_of_a_kind_is_said():
    nothing = LightCurve((seen(61000.0, 19.0),))
    assert "no apparent magnitude known" in words(light_curve(nothing, kind="apparent"))
    assert "no photometry known" in words(light_curve(LightCurve(), kind="flux"))


def test_two_detections_far_apart_are_both_drawn():
    assert len(drawn(light_curve(LightCurve((seen(1.0, 9.0), seen(2.0, 21.0)))), "detections")) == 2


numbers = st.none() | st.floats(-50, 50) | st.just(math.nan)
times = st.floats(55_000, 65_000) | st.just(math.nan)
bands = st.sampled_from(["g", "r", "y", "", "$x$"])
detections = st.builds(
    Detection, mjd=times, band=bands, mag=numbers, e_mag=numbers, positive=st.none() | st.booleans(),
    flux=numbers, e_flux=numbers, mag_corr=numbers, e_mag_corr=numbers, mag_ref=numbers, dist_ref=numbers,
    dubious=st.none() | st.booleans(),
)  # fmt: skip
curves = st.builds(
    LightCurve,
    st.lists(detections, max_size=6).map(tuple),
    st.lists(st.builds(NonDetection, mjd=times, band=bands, limit=st.floats(-50, 50)), max_size=3).map(tuple),
    st.lists(
        st.builds(ForcedPhotometry, mjd=times, band=bands, flux=st.floats(-1e6, 1e6), e_flux=numbers),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=20, deadline=None)
@given(
    curve=curves,
    kind=st.sampled_from(KINDS),
    period=st.none() | st.floats(1e-3, 1e3),
    mark=st.none() | times,
    title=st.text(max_size=30),
)
def test_any_light_curve_can_be_drawn(curve, kind, period, mark, title):
    figure = light_curve(curve, kind=kind, period=period, mark_mjd=mark, title=title, days=None)
    assert png(figure).startswith(b"\x89PNG")
    bottom, top = figure.axes[0].get_ylim()
    assert bool(bottom < top) == (kind == "flux")
