"""Rubin's values: fluxes to magnitudes, times to UTC, ids that are 0, null or elsewhere, and schemas."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import fastavro
import pytest

from alertwatch.alert import Part
from alertwatch.errors import DecodeError
from consumer import readers, schemas
from consumer.avro import MAGIC
from consumer.readers import lsst_records
from tests.readers.examples import packets, schema
from tests.support.data import needs_data

DRAFTS = {"v2_fakeAlert.avro"}  # version 10.0 before it had ssSource.diaDistanceRank

SOURCE: dict[str, Any] = {
    "diaSourceId": 170_595_945_463_939_107,
    "diaObjectId": 170_103_253_174_321_229,
    "ssObjectId": 0,
    "midpointMjdTai": 61_000.5,
    "ra": 10.0,
    "dec": -30.0,
    "band": "r",
    "psfFlux": 3630.780547701,
    "psfFluxErr": 36.0,
    "isNegative": False,
    "snr": 100.0,
    "scienceFlux": 36_307.80547701,
    "scienceFluxErr": 40.0,
    "templateFlux": 32_677.0,
    "templateFluxErr": 4.0,
    "reliability": 0.9,
}


def detection(**changes: Any) -> Any:
    return lsst_records.detection({**SOURCE, **changes})


def test_fluxes_become_ab_magnitudes() -> None:
    found = detection()
    assert (found.mag, found.mag_corr) == (pytest.approx(22.5), pytest.approx(20.0))
    assert found.e_mag == pytest.approx(2.5 / math.log(10) * 36.0 / 3630.780547701)
    assert found.mag_ref == pytest.approx(31.4 - 2.5 * math.log10(32_677.0))
    assert (found.flux, found.e_flux, found.snr, found.real_bogus) == (SOURCE["psfFlux"], 36.0, 100.0, 0.9)


@pytest.mark.parametrize("flux", [None, math.nan, 0.0, -50.0])
def test_a_flux_that_is_not_positive_has_no_magnitude(flux: float | None) -> None:
    found = detection(psfFlux=flux, scienceFlux=flux, templateFlux=flux)
    assert (found.mag, found.e_mag, found.mag_corr, found.mag_ref) == (None, None, None, None)


@pytest.mark.parametrize(
    ("negative", "flux", "positive"),
    [(False, -1.0, True), (True, 1.0, False), (None, 1.0, True), (None, -1.0, False), (None, None, None)],
)
def test_the_survey_tells_the_sign_else_the_flux_does(negative: Any, flux: Any, positive: bool | None) -> None:
    assert detection(isNegative=negative, psfFlux=flux).positive is positive


def test_atomic_time_becomes_utc() -> None:
    assert detection().mjd == pytest.approx(61_000.5 - 37 / 86_400, abs=1e-10)


@pytest.mark.parametrize("changes", [{"band": None}, {"band": ""}, {"midpointMjdTai": math.nan}])
def test_a_source_without_band_or_time_is_no_detection(changes: dict[str, Any]) -> None:
    assert detection(**changes) is None


@pytest.mark.parametrize(
    ("dia", "ss", "dia_object", "expected"),
    [
        (5, 0, None, ("5", False)),
        (5, None, {"diaObjectId": 5}, ("5", False)),
        (0, 7, None, ("7", True)),
        (None, 7, None, ("7", True)),
        (None, None, {"diaObjectId": 6}, ("6", False)),
        (5, 7, None, ("5", True)),
    ],
)
def test_an_object_is_of_the_sky_or_of_the_solar_system(
    dia: Any, ss: Any, dia_object: Any, expected: Any
) -> None:
    assert lsst_records.identity({"diaObjectId": dia, "ssObjectId": ss}, dia_object) == expected


@pytest.mark.parametrize(
    "source", [{"diaObjectId": 0, "ssObjectId": 0}, {"diaObjectId": None}, {"ssObjectId": -3}]
)
def test_a_source_of_no_object_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(DecodeError, match=r"diaObjectId|ssObjectId"):
        lsst_records.identity(source)


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [(60_990.0, 9, 60_990.0), (None, 2, 60_999.5), (math.nan, 2, 60_999.5), (None, 3, None)],
)
def test_the_first_time_is_the_surveys_or_that_of_a_complete_history(
    first: Any, count: int, expected: Any
) -> None:
    detections = (detection(midpointMjdTai=60_999.5), detection())
    found = lsst_records.summary({"firstDiaSourceMjdTai": first, "nDiaSources": count}, detections)
    assert found is not None
    assert found.n_det == count
    assert found.first_mjd == (None if expected is None else pytest.approx(expected - 37 / 86_400, abs=1e-9))


def test_a_limit_of_schema_7_is_five_times_its_noise() -> None:
    found = lsst_records.non_detection({"midpointMjdTai": 61_000.5, "band": "g", "diaNoise": 100.0})
    assert found is not None
    assert (found.limit, found.band) == (pytest.approx(31.4 - 2.5 * math.log10(500.0)), "g")


@needs_data
def test_parts_are_those_that_the_schema_has() -> None:
    reader = readers.get("lsst_packet")
    by_name = {path.name: reader.read(path.read_bytes()).parts for path in packets("lsst")}
    common = {Part.OBJECT, Part.DETECTIONS, Part.FORCED_PHOTOMETRY}
    assert by_name["v16_fakeAlert.avro"] == common | {Part.NON_DETECTIONS}  # schema 7
    assert by_name["sample_v9.avro"] == common


def test_every_schema_here_is_names_and_types_and_no_more() -> None:
    versions = {"7_0", "7_1", "7_2", "7_3", "7_4", "8_0", "9_0", "10_0", "10_1", "11_0", "11_1"}
    assert {name.removeprefix("lsst.v") for name in schemas.names() if name.startswith("lsst")} == versions
    for name in schemas.names():
        assert fastavro.parse_schema(schema(name))
        assert '"doc"' not in json.dumps(schema(name))


@needs_data
def test_the_schemas_here_are_those_that_containers_carry() -> None:
    """Canonical forms leave the names of types, and the names, order and types of fields."""
    checked = set()
    for path in packets("lsst"):
        payload = path.read_bytes()
        if not payload.startswith(MAGIC) or path.name in DRAFTS:
            continue
        own = fastavro.reader(io.BytesIO(payload)).writer_schema
        name = own["name"].removesuffix(".alert")
        if name in schemas.names():
            checked.add(name)
            assert shape(own) == shape(schema(name)), path.name
    assert checked == {
        f"lsst.v{version}" for version in ("7_0", "7_1", "7_3", "8_0", "9_0", "10_0", "10_1", "11_0")
    }


def shape(avsc: Any) -> Any:
    return json.loads(fastavro.schema.to_parsing_canonical_form(fastavro.parse_schema(avsc)))
