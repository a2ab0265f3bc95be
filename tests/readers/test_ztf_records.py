"""ZTF's values: sentinels, corrected magnitudes, signs, and what JSON makes of a packet."""

from __future__ import annotations

import math
from typing import Any

import pytest

from alertwatch.alert import Part
from alertwatch.errors import DecodeError
from consumer.readers import ztf_records

CANDIDATE: dict[str, Any] = {
    "candid": 2_345_678_901_234_567_801,
    "jd": 2_460_000.5,
    "fid": 1,
    "isdiffpos": "t",
    "ra": 10.0,
    "dec": -5.0,
    "magpsf": 19.0,
    "sigmapsf": 0.1,
    "magnr": 18.0,
    "sigmagnr": 0.02,
    "distnr": 0.5,
    "rb": 0.9,
    "drb": 0.99,
    "ssdistnr": -999.0,
    "ssmagnr": -999.0,
    "ssnamenr": "null",
    "distpsnr1": 0.3,
    "sgscore1": 0.02,
    "sgmag1": 20.5,
    "srmag1": -999.0,
    "objectidps1": 123_456_789_012_345_678,
    "jdstarthist": 2_459_990.5,
    "ndethist": 4,
}


def detection(**changes: Any) -> Any:
    return ztf_records.detection({**CANDIDATE, **changes})


def packet(**changes: Any) -> dict[str, Any]:
    return {"objectId": "ZTF26abcdefg", "candid": CANDIDATE["candid"], "candidate": {**CANDIDATE, **changes}}


@pytest.mark.parametrize("sentinel", [None, -999.0, -99_999.0, 100.0, math.inf, -math.inf, math.nan])
def test_a_sentinel_is_no_magnitude(sentinel: float | None) -> None:
    found = detection(magpsf=sentinel, sigmapsf=sentinel, magnr=sentinel)
    assert (found.mag, found.e_mag, found.mag_ref, found.mag_corr) == (None, None, None, None)


@pytest.mark.parametrize("sentinel", [None, -999.0, -99_999.0, math.inf, math.nan])
def test_a_sentinel_is_no_distance_and_no_score(sentinel: float | None) -> None:
    found = detection(distnr=sentinel, drb=sentinel, rb=sentinel)
    assert (found.dist_ref, found.real_bogus, found.rb, found.mag_corr) == (None, None, None, None)
    assert ztf_records.crossmatches({**CANDIDATE, "distpsnr1": sentinel}) == ()


@pytest.mark.parametrize(
    ("value", "positive"),
    [("t", True), ("1", True), (1, True), ("f", False), ("0", False), (0, False), (None, None), ("?", None)],
)
def test_the_sign_of_a_difference_is_written_in_many_ways(value: Any, positive: bool | None) -> None:
    assert detection(isdiffpos=value).positive is positive


def test_the_corrected_magnitude_is_the_reference_plus_or_minus_the_difference() -> None:
    brighter, fainter = detection(), detection(isdiffpos="f")
    assert brighter.mag_corr == pytest.approx(-2.5 * math.log10(10**-7.2 + 10**-7.6))
    assert fainter.mag_corr == pytest.approx(-2.5 * math.log10(10**-7.2 - 10**-7.6))
    assert brighter.e_mag_corr == pytest.approx(0.1 * 10**-7.6 / (10**-7.2 + 10**-7.6))
    assert brighter.mag_corr < 18.0 < fainter.mag_corr


@pytest.mark.parametrize("changes", [{"distnr": 1.4}, {"isdiffpos": "f", "magpsf": 17.0}, {"isdiffpos": None}])
def test_there_is_no_corrected_magnitude_where_it_is_not_valid(changes: dict[str, Any]) -> None:
    found = detection(**changes)
    assert (found.mag_corr, found.e_mag_corr) == (None, None)


def test_forced_counts_become_nanojansky_by_their_zero_point() -> None:
    counts = {
        "jd": 2_460_000.5,
        "fid": 2,
        "forcediffimflux": 100.0,
        "forcediffimfluxunc": 10.0,
        "magzpsci": 26.4,
    }
    found = ztf_records.forced_photometry(counts)
    assert found is not None
    assert (found.mjd, found.band) == (60_000.0, "r")
    assert (found.flux, found.e_flux) == (pytest.approx(10_000.0), pytest.approx(1_000.0))
    for failed in ({"forcediffimflux": -99_999.0}, {"forcediffimflux": None}, {"magzpsci": -999.0}, {"fid": 9}):
        assert ztf_records.forced_photometry({**counts, **failed}) is None
    assert ztf_records.forced_photometry({**counts, "forcediffimflux": -5.0}) is not None


def test_neighbours_are_told_without_their_sentinels() -> None:
    near = {"ssdistnr": 2.5, "ssnamenr": "1234", "ssmagnr": 18.5, "neargaia": 3.0, "maggaia": 17.0}
    star, asteroid, gaia = ztf_records.crossmatches({**CANDIDATE, **near})
    assert (star.catalog, star.source_id, star.distance, star.star_score) == (
        "PS1",
        "123456789012345678",
        0.3,
        0.02,
    )
    assert star.mag == {"g": 20.5}
    assert (asteroid.catalog, asteroid.source_id, asteroid.mag) == ("MPC", "1234", {"V": 18.5})
    assert (gaia.catalog, gaia.distance, gaia.mag) == ("Gaia", 3.0, {"G": 17.0})


@pytest.mark.parametrize(("distance", "expected"), [(-999.0, False), (0.0, True), (12.0, True), (None, None)])
def test_a_known_object_near_is_known_absent_or_not_known(
    distance: float | None, expected: bool | None
) -> None:
    assert ztf_records.solar_system({"ssdistnr": distance}) is expected


def test_a_packet_as_json_reads_like_one_as_avro() -> None:
    """ALeRCE's JSON leaves nulls out and may give ids as text."""
    previous = [
        {"jd": 2_459_999.5, "fid": 1, "diffmaglim": 20.5},
        {**CANDIDATE, "candid": 7, "jd": 2_459_995.5},
    ]
    avro = ztf_records.alert({**packet(), "prv_candidates": previous}, "ztf_packet")
    sparse = {key: value for key, value in CANDIDATE.items() if value is not None} | {"ndethist": "4"}
    json = {"objectId": "ZTF26abcdefg", "candid": str(CANDIDATE["candid"]), "candidate": sparse}
    assert ztf_records.alert({**json, "prv_candidates": previous}, "ztf_packet") == avro
    assert [d.alert_id for d in avro.detections] == ["7", str(CANDIDATE["candid"])]
    assert (avro.non_detections[0].limit, avro.non_detections[0].mjd) == (20.5, 59_999.0)
    assert avro.summary is not None
    assert (avro.summary.n_hist, avro.summary.first_hist_mjd) == (4, 59_990.0)


def test_the_alerts_own_candidate_among_its_history_is_not_counted_twice() -> None:
    alert = ztf_records.alert({**packet(), "prv_candidates": [{**CANDIDATE, "magpsf": 19.5}]}, "ztf_packet")
    assert [d.mag for d in alert.detections] == [19.0]


def test_parts_that_the_schema_has_are_known_even_when_empty() -> None:
    first = ztf_records.alert({**packet(), "prv_candidates": None, "fp_hists": None}, "ztf_packet")
    assert {Part.DETECTIONS, Part.NON_DETECTIONS, Part.FORCED_PHOTOMETRY, Part.CROSSMATCHES} <= first.parts
    assert Part.CLASSIFICATIONS not in first.parts
    assert Part.FORCED_PHOTOMETRY not in ztf_records.alert(packet(), "ztf_packet").parts


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ra": -1.0}, "not on the sky"),
        ({"dec": math.nan}, "not on the sky"),
        ({"fid": 4}, "is no detection"),
        ({"jd": -999.0}, "is no detection"),
    ],
)
def test_an_implausible_candidate_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        ztf_records.alert(packet(**changes), "ztf_packet")


@pytest.mark.parametrize("changes", [{"objectId": "None.20"}, {"objectId": None}, {"candid": 0}])
def test_a_packet_without_proper_ids_is_refused(changes: dict[str, Any]) -> None:
    bare = {key: value for key, value in CANDIDATE.items() if key != "candid"}
    with pytest.raises(DecodeError, match="id"):
        ztf_records.alert({**packet(), "candidate": bare, **changes}, "ztf_packet")
