"""The bytes are those of ALeRCE: they decode with plain fastavro and ALeRCE's own schema files."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import pytest

from simulator.night import Night, SimMessage
from tests.support.data import DATA, needs_data

PIPELINE = DATA / "schemas" / "alercebroker__pipeline"


def of(night: Night, stream: str) -> list[SimMessage]:
    return [message for message in night.messages if message.stream == stream]


def schema(step: str, file: str = "output.avsc") -> Any:
    return fastavro.parse_schema(json.loads((PIPELINE / step / file).read_text()))


def decode(payload: bytes, with_schema: Any) -> Any:
    """One bare record that uses the payload up."""
    buffer = io.BytesIO(payload)
    record = fastavro.schemaless_reader(buffer, with_schema, None)
    assert not buffer.read()
    return record


def test_a_ztf_stamp_message_is_a_container_of_one_record(night: Night) -> None:
    for message in of(night, "ztf_stamp")[:200]:
        assert message.payload.startswith(b"Obj\x01")
        (record,) = list(fastavro.reader(io.BytesIO(message.payload)))
        assert (record["objectId"], str(record["candid"])) == (message.object_id, message.alert_id)
        assert sum(record["probabilities"].values()) == pytest.approx(1, abs=1e-5)


@needs_data
def test_a_ztf_stamp_message_reads_with_alerces_schema(night: Night) -> None:
    message = of(night, "ztf_stamp")[0]
    body = io.BytesIO(message.payload)
    (record,) = list(fastavro.reader(body, reader_schema=schema("early_classification_step")))
    assert list(record["probabilities"]) == ["SN", "AGN", "VS", "asteroid", "bogus"]


@needs_data
def test_a_light_curve_message_reads_with_alerces_schema_and_has_all_209_features(night: Night) -> None:
    names = json.loads((PIPELINE / "feature_step" / "features_record_ztf.avsc").read_text())["fields"]
    for message in of(night, "ztf_lc")[:50]:
        record = decode(message.payload, schema("lc_classification_step", "output_ztf.avsc"))
        assert set(record["features"]) == {field["name"] for field in names}
        assert record["lc_classification"]["class"] in record["lc_classification"]["probabilities"]
        assert set(record["lc_classification"]["hierarchical"]) == {"top", "children"}
        assert record["features"]["W1_W2"] is None


def test_a_rubin_message_names_a_dia_object_or_a_solar_system_object_but_not_both(night: Night) -> None:
    fields = ("diaObjectId", "ssObjectId", "diaSourceId")
    by_hand = {
        "type": "record",
        "name": "Rubin",
        "fields": [
            *({"name": name, "type": "long"} for name in fields),
            {"name": "probabilities", "type": {"type": "map", "values": "double"}},
            *({"name": name, "type": "double"} for name in ("midpointMjdTai", "ra", "dec")),
        ],
    }
    messages = of(night, "rubin_stamp")
    records = [decode(message.payload, fastavro.parse_schema(dict(by_hand))) for message in messages]
    assert all((r["diaObjectId"] == 0) != (r["ssObjectId"] == 0) for r in records)
    assert any(r["ssObjectId"] for r in records)
    for message, record in zip(messages, records, strict=True):
        assert str(record["diaObjectId"] or record["ssObjectId"]) == message.object_id
        assert record["midpointMjdTai"] == pytest.approx(message.mjd + 37 / 86400, abs=1e-9)


def test_ids_are_int64_above_what_a_float_can_hold(night: Night) -> None:
    ids = [int(m.alert_id) for m in night.messages if m.stream != "ztf_lc"]
    assert all(2**53 < number < 2**63 for number in ids)
