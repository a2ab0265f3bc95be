"""Every real packet of both surveys, field by field, against a second mapping of fastavro's full record."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alertwatch.alert import Alert
from alertwatch.errors import DecodeError
from consumer import readers
from tests.readers import mapping
from tests.readers.examples import EXCEPTIONS, full, packets
from tests.support.data import DATA, manifest, needs_data

LOOKED_AT = 60  # of ZTF's many files of one and the same schema, cutouts are compared for so many


def builtins(alert: Alert) -> dict[str, Any]:
    found = msgspec.to_builtins(alert)
    found["parts"] = sorted(found["parts"])
    return found


def assert_same(found: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, value in expected.items():
            assert_same(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for index, value in enumerate(expected):
            assert_same(found[index], value, f"{where}[{index}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-12, abs=0), where
    else:
        assert found == expected, where
        assert type(found) is type(expected), where


@needs_data
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_every_real_packet_reads_to_what_fastavro_gives(survey: str) -> None:
    reader, expected = readers.get(f"{survey}_packet"), getattr(mapping, survey)
    paths = packets(survey)
    for path in paths:
        payload = path.read_bytes()
        payloads, records = reader.split(payload), full(payload)
        assert len(payloads) == len(records)
        for one, record in zip(payloads, records, strict=True):
            assert_same(builtins(reader.read(one)), expected(record), path.name)
    assert len(paths) > {"ztf": 300, "lsst": 20}[survey]


@needs_data
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_glance_tells_what_a_read_tells_of_the_alert_itself(survey: str) -> None:
    reader = readers.get(f"{survey}_packet")
    for path in packets(survey):
        for payload in reader.split(path.read_bytes()):
            glance, read = reader.glance(payload, 60_000.5), reader.read(payload, 60_000.5)
            for field in ("survey", "stream", "object_id", "alert_id", "mjd", "received", "ra", "dec"):
                assert getattr(glance, field) == getattr(read, field), (path.name, field)
            assert glance.solar_system == read.solar_system, path.name
            assert glance.detection == read.detection, path.name
            assert glance.detections == (glance.detection,), path.name
            assert glance.parts == frozenset(), path.name


@needs_data
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_the_whole_record_is_fastavros_and_cutouts_are_its_bytes(survey: str) -> None:
    reader = readers.get(f"{survey}_packet")
    for path in packets(survey)[:LOOKED_AT]:
        payload = path.read_bytes()
        for one, record in zip(reader.split(payload), full(payload), strict=True):
            assert repr(reader.record(one)) == repr(record), path.name  # NaN is not equal to itself
            cutouts = reader.cutouts(one)
            assert cutouts is not None
            for kind in ("science", "template", "difference"):
                image = record.get(f"cutout{kind.title()}")
                expected = image["stampData"] if isinstance(image, dict) else image
                assert getattr(cutouts, kind) == expected, (path.name, kind)


@needs_data
@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_the_exceptions_are_refused_with_a_reason(name: str) -> None:
    rows = [row for row in manifest() if row["path"].endswith("/" + name)]
    for row in rows:
        for reader in (readers.get("ztf_packet"), readers.get("lsst_packet")):
            for payload in reader.split((DATA / row["path"]).read_bytes()):
                with pytest.raises(DecodeError, match=r"has no field|is not known here|not an Avro"):
                    reader.glance(payload)


@needs_data
def test_packets_of_one_survey_are_not_taken_for_the_others() -> None:
    for survey, other in (("ztf", "lsst"), ("lsst", "ztf")):
        for path in packets(survey):
            with pytest.raises(DecodeError):
                readers.get(f"{other}_packet").glance(path.read_bytes())


@needs_data
@pytest.mark.parametrize("row", manifest(survey="bad"), ids=lambda row: row["path"].replace("/", ":"))
def test_every_broken_file_is_refused_by_every_reader(row: dict[str, str]) -> None:
    payload = (DATA / row["path"]).read_bytes()
    for name in readers.names():
        reader = readers.get(name)
        for one in reader.split(payload):
            for look in (reader.glance, reader.read):
                with pytest.raises(DecodeError):
                    look(one)
