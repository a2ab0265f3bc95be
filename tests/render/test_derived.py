"""Positions in both notations, brightness and its change, links."""

from __future__ import annotations

import math
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertwatch.alert import Detection, LightCurve
from alertwatch.notification import Brightness
from alertwatch.render.derived import brightness, links, sexagesimal


@pytest.mark.parametrize(
    ("ra", "dec", "written"),
    [
        (150.1, -2.2, ("10:00:24.00", "-02:12:00.0")),
        (0.0, 0.0, ("00:00:00.00", "+00:00:00.0")),
        (359.99999999, 89.99999999, ("00:00:00.00", "+90:00:00.0")),
        (83.633083, -0.00001, ("05:34:31.94", "+00:00:00.0")),
        (83.633083, -0.5, ("05:34:31.94", "-00:30:00.0")),
    ],
)
def test_degrees_become_hours_and_arcseconds(ra: float, dec: float, written: tuple[str, str]) -> None:
    assert sexagesimal(ra, dec) == written


@given(st.floats(0, 359.9999), st.floats(-90, 90))
def test_what_is_written_is_the_position_to_a_tenth_of_an_arcsecond(ra: float, dec: float) -> None:
    hours, degrees = sexagesimal(ra, dec)
    h, m, s = map(float, hours.split(":"))
    apart = abs((h + m / 60 + s / 3600) * 15 - ra)
    assert min(apart, 360 - apart) * 3600 < 0.08
    d, m, s = map(float, degrees[1:].split(":"))
    assert abs((d + m / 60 + s / 3600) * (-1 if degrees[0] == "-" else 1) - dec) * 3600 < 0.051
    assert not hours.endswith(":60.00")


def seen(mjd: float, mag: float | None, band: str = "g", e_mag: float | None = 0.05, **more: bool) -> Detection:
    return Detection(mjd=mjd, band=band, mag=mag, e_mag=e_mag, **more)


def bands(*detections: Detection) -> dict[str, Brightness]:
    return {b.band: b for b in brightness(LightCurve(detections))}


def test_a_source_that_gets_brighter_has_a_positive_rate() -> None:
    found = bands(seen(2.0, 18.6), seen(0.0, 19.2), seen(1.0, 18.9))
    assert found["g"].mag == 18.6
    assert found["g"].rate == pytest.approx(0.3)


def test_each_band_has_its_own_latest_and_they_are_in_order_of_wavelength() -> None:
    found = brightness(LightCurve((seen(1, 18, "y"), seen(2, 19, "r"), seen(3, 20, "g"), seen(0, 17, "r"))))
    assert [(b.band, b.mag) for b in found] == [("g", 20), ("r", 19), ("y", 18)]


@pytest.mark.parametrize(
    "detections",
    [
        [seen(1.0, 18.6)],
        [seen(1.0, 18.6), seen(1.01, 18.5)],
        [seen(1.0, 18.6), seen(20.0, 18.5)],
        [seen(1.0, 20.6, e_mag=0.3), seen(2.0, 20.2, e_mag=0.3)],
    ],
    ids=["one", "too close together", "too long ago", "too uncertain"],
)
def test_no_rate_is_told_that_the_detections_do_not_determine(detections: list[Detection]) -> None:
    assert bands(*detections)["g"].rate is None


def test_a_fast_rise_is_told_even_if_it_is_uncertain() -> None:
    rate = bands(seen(1.0, 20.0), seen(1.1, 19.5))["g"].rate
    assert rate == pytest.approx(5.0)


def test_negative_dubious_and_missing_magnitudes_do_not_count() -> None:
    found = bands(
        seen(1, 18.0),
        seen(2, 15.0, positive=False),
        seen(3, 15.0, dubious=True),
        seen(4, None),
        seen(5, math.nan),
    )
    assert found["g"].mjd == 1


def test_certain_detections_weigh_more() -> None:
    rate = bands(seen(0, 19.0), seen(1, 18.5, e_mag=5.0), seen(2, 19.0))["g"].rate
    assert rate == pytest.approx(0.0, abs=0.01)


def test_links_lead_to_the_object_and_its_place() -> None:
    found = {link.name: link.url for link in links("ztf", "ZTF24abcdefg", 150.1, -2.2)}
    assert found["ALeRCE Explorer"] == "https://alerce.online/object/ZTF24abcdefg"
    assert parse_qs(urlsplit(found["TNS"]).query)["decl"] == ["-2.200000"]
    assert parse_qs(urlsplit(found["SIMBAD"]).query)["Coord"] == ["150.100000 -2.200000"]
    assert set(found) == {"ALeRCE Explorer", "TNS", "SIMBAD", "NED", "Finding chart", "Legacy Survey"}


def test_a_northern_declination_keeps_its_sign_in_an_address() -> None:
    found = {link.name: link.url for link in links("ztf", "ZTF24abcdefg", 150.1, 2.2)}
    assert parse_qs(urlsplit(found["SIMBAD"]).query)["Coord"] == ["150.100000 +2.200000"]
    assert parse_qs(urlsplit(found["Finding chart"]).query)["target"] == ["150.100000 +2.200000"]


def test_rubin_objects_have_an_explorer_of_their_own() -> None:
    assert (
        links("lsst", "170028485864063195")[0].url
        == "https://lsst.alerce.online/object/170028485864063195?survey=lsst"
    )


def test_an_id_cannot_break_out_of_its_address() -> None:
    (link,) = links("ztf", 'x/../"?a=b#<c>')
    assert link.url == "https://alerce.online/object/x%2F..%2F%22%3Fa%3Db%23%3Cc%3E"
    assert links("atlas", "x") == ()
