"""The classifiers' messages, byte by byte: what they read to, and what each guard refuses."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import pytest

from alertwatch.alert import Part
from alertwatch.errors import DecodeError, SettingsError
from consumer import readers
from tests.readers.examples import (
    LIGHT_CURVE,
    RUBIN,
    RUBIN_OLD,
    RUBIN_SOLAR_SYSTEM,
    STAMP_FIVE,
    STAMP_SIX,
    container,
    schema,
    schemaless,
)

FIVE = ["SN", "AGN", "VS", "asteroid", "bogus"]
SN = {"SN": 0.5, "AGN": 0.25, "VS": 0.125, "asteroid": 0.0625, "bogus": 0.0625}
STAMP = {"objectId": "ZTF26abcdefg", "candid": 3_044_341_005_815_015_012, "probabilities": SN}
RUBIN_MESSAGE = {
    "diaObjectId": 170_103_253_174_321_229,
    "ssObjectId": 0,
    "diaSourceId": 170_595_945_463_939_107,
    "probabilities": SN,
    "midpointMjdTai": 61_219.5,
    "ra": 62.5,
    "dec": -47.25,
}
LC_MESSAGE = {
    "oid": "ZTF18abcdefg",
    "features": {"Amplitude_1": 0.5},
    "lc_classification": {"probabilities": {"SNIa": 0.75, "QSO": 0.25}, "class": "SNIa", "hierarchical": {}},
}


def stamp_schema(classes: list[str]) -> dict[str, Any]:
    probabilities = [{"name": name, "type": "float"} for name in classes]
    return {
        "type": "record",
        "name": "stamp_probabilities",
        "fields": [
            {"name": "objectId", "type": "string"},
            {"name": "candid", "type": "long"},
            {"name": "probabilities", "type": {"type": "record", "name": "p", "fields": probabilities}},
        ],
    }


def stamp(**changes: Any) -> bytes:
    message = {**STAMP, **changes}
    return container(stamp_schema(list(message["probabilities"])), [message])


def rubin(**changes: Any) -> bytes:
    return schemaless(schema("rubin_stamp_classifier"), {**RUBIN_MESSAGE, **changes})


def light_curve(**changes: Any) -> bytes:
    return schemaless(schema("lc_classifier_ztf"), {**LC_MESSAGE, **changes})


# -- what they read to ------------------------------------------------------------------------------------


def test_a_stamp_message_is_ids_and_probabilities_and_no_more() -> None:
    alert = readers.get("ztf_stamp").read(STAMP_FIVE, received=61_000.25)
    assert (alert.survey, alert.stream) == ("ztf", "ztf_stamp")
    assert (alert.object_id, alert.alert_id) == ("ZTF26abcdefg", "3044341005815015012")
    assert (alert.mjd, alert.ra, alert.dec, alert.time) == (None, None, None, 61_000.25)
    assert alert.parts == {Part.CLASSIFICATIONS}
    classification = alert.classification
    assert classification is not None
    assert (classification.classifier, classification.version) == ("stamp_classifier", "1.0.4")
    assert classification.probabilities == SN
    assert list(classification.probabilities) == FIVE


def test_six_classes_are_of_the_classifier_of_2025() -> None:
    classification = readers.get("ztf_stamp").glance(STAMP_SIX).classification
    assert classification is not None
    assert (classification.classifier, classification.version) == ("stamp_classifier_2025_beta", "2.1.1")
    assert classification.probabilities == {**SN, "bogus": 0.03125, "satellite": 0.03125}


def test_a_light_curve_message_has_features_and_a_hash_for_an_id() -> None:
    reader = readers.get("ztf_lc")
    alert, glance = reader.read(LIGHT_CURVE), reader.glance(LIGHT_CURVE)
    assert alert.object_id == "ZTF18abcdefg"
    assert alert.alert_id == "sha256-" + hashlib.sha256(LIGHT_CURVE).hexdigest()[:32] == glance.alert_id
    assert alert.features == {"Amplitude_1": 0.5, "W1_W2": None, "n_det_1": 12.0, "flag": 1.0, "Period": None}
    assert alert.classifications == glance.classifications
    assert alert.classification is not None
    assert alert.classification.probabilities == {"SNIa": 0.75, "QSO": 0.25}
    assert (alert.classification.classifier, alert.classification.version) == ("lc_classifier", "1.1.13")
    assert alert.parts == {Part.CLASSIFICATIONS, Part.FEATURES}
    assert (glance.features, glance.parts) == ({}, {Part.CLASSIFICATIONS})


def test_a_light_curve_message_without_features_is_known_to_have_none() -> None:
    alert = readers.get("ztf_lc").read(light_curve(features=None))
    assert alert.features == {}
    assert Part.FEATURES in alert.parts


def test_the_container_of_2022_with_a_record_of_features_reads_too() -> None:
    now = schema("lc_classifier_ztf")
    features = [{"name": name, "type": ["float", "null"]} for name in ("W1-W2", "g-r_max", "Power_rate_1/2")]
    then = {
        **now,
        "fields": [
            now["fields"][0],
            {"name": "candid", "type": "long"},
            {"name": "features", "type": {"type": "record", "name": "features_record", "fields": features}},
            now["fields"][2],
        ],
    }
    message = {**LC_MESSAGE, "candid": 7, "features": {"W1-W2": None, "g-r_max": 0.5, "Power_rate_1/2": 0.25}}
    alert = readers.get("ztf_lc").read(container(then, [message]))
    assert alert.features == {"W1-W2": None, "g-r_max": 0.5, "Power_rate_1/2": 0.25}
    assert alert.object_id == "ZTF18abcdefg"


def test_a_rubin_message_carries_time_and_position() -> None:
    alert = readers.get("rubin_stamp").read(RUBIN)
    assert (alert.survey, alert.object_id, alert.alert_id) == (
        "lsst",
        "170103253174321229",
        "170595945463939107",
    )
    assert alert.mjd == pytest.approx(61_219.5 - 37 / 86_400, abs=1e-9)
    assert (alert.ra, alert.dec, alert.solar_system) == (62.5, -47.25, False)
    assert alert.classification is not None
    assert alert.classification.classifier == "stamp_classifier_rubin_beta"
    assert alert.classification.version == "2.0.2"
    assert alert.classification.probabilities == SN


def test_a_rubin_message_that_begins_with_zero_is_of_the_solar_system_not_of_confluent() -> None:
    assert RUBIN_SOLAR_SYSTEM[0] == 0
    alert = readers.get("rubin_stamp").read(RUBIN_SOLAR_SYSTEM)
    assert (alert.object_id, alert.solar_system) == ("21164736943044929", True)


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1])
def test_ids_beyond_2_53_survive(number: int) -> None:
    assert readers.get("ztf_stamp").glance(stamp(candid=number)).alert_id == str(number)
    alert = readers.get("rubin_stamp").glance(rubin(diaObjectId=number, diaSourceId=number - 1))
    assert (alert.object_id, alert.alert_id) == (str(number), str(number - 1))


# -- what is refused --------------------------------------------------------------------------------------

REFUSED = {
    "an older Rubin message, one id off": ("rubin_stamp", RUBIN_OLD, "begins with alertId"),
    "Rubin ids that are both absent": ("rubin_stamp", rubin(diaObjectId=0), "one of them must be 0"),
    "a negative Rubin id": ("rubin_stamp", rubin(diaObjectId=-5), "diaObjectId -5 is not a plausible id"),
    "a Rubin time in days since 2000": ("rubin_stamp", rubin(midpointMjdTai=9_000.0), "not a plausible time"),
    "a Rubin time that is not a number": (
        "rubin_stamp",
        rubin(midpointMjdTai=math.nan),
        "not a plausible time",
    ),
    "a place below the pole": ("rubin_stamp", rubin(dec=-91.0), "not on the sky"),
    "a place that is not a number": ("rubin_stamp", rubin(ra=math.nan), "not on the sky"),
    "probabilities of half": ("rubin_stamp", rubin(probabilities={"SN": 0.25, "AGN": 0.25}), "add up to 0.5"),
    "no probabilities": ("rubin_stamp", rubin(probabilities={}), "add up to 0"),
    "a probability above one": (
        "rubin_stamp",
        rubin(probabilities={"SN": 1.5, "VS": -0.5}),
        "negative probability",
    ),
    "a probability that is not a number": ("ztf_stamp", stamp(probabilities={**SN, "SN": math.nan}), "nan"),
    "bytes after a Rubin message": ("rubin_stamp", RUBIN + b"\0", "1 bytes are left over"),
    "a Rubin message cut short": ("rubin_stamp", RUBIN[:-1], "error|cut short"),
    "a light-curve message cut short": ("ztf_lc", LIGHT_CURVE[:-1], "IndexError"),
    "bytes after a light-curve message": ("ztf_lc", LIGHT_CURVE + b"\0\0", "2 bytes are left over"),
    "a class without a probability": (
        "ztf_lc",
        light_curve(lc_classification={"probabilities": {"QSO": 1.0}, "class": "SNIa", "hierarchical": {}}),
        "'SNIa' is none of those",
    ),
    "an object id of another survey": ("ztf_lc", light_curve(oid="ATLAS24abc"), "not a ZTF object id"),
    "a stamp message of unknown classes": (
        "ztf_stamp",
        stamp(probabilities={"SN": 0.5, "TDE": 0.5}),
        "SN, TDE",
    ),
    "a stamp message without an id": ("ztf_stamp", stamp(candid=0), "candid 0"),
    "a stamp message without its container": ("ztf_stamp", STAMP_FIVE[-60:], "not an Avro container"),
    "a stamp message cut short": ("ztf_stamp", STAMP_FIVE[:-1], "not one whole record"),
    "a stamp message for the light-curve reader": ("ztf_lc", STAMP_FIVE, "has no field oid"),
    "a light-curve message for the Rubin reader": ("rubin_stamp", LIGHT_CURVE, "wrong schema"),
    "a Rubin message for the light-curve reader": ("ztf_lc", RUBIN, "wrong schema"),
    "an empty message": ("ztf_lc", b"", "IndexError"),
    "an empty container message": ("ztf_stamp", b"", "0 bytes"),
    "an empty packet": ("lsst_packet", b"", "0 bytes"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_implausible_is_refused_with_a_reason(what: str) -> None:
    name, payload, reason = REFUSED[what]
    for look in (readers.get(name).glance, readers.get(name).read):
        with pytest.raises(DecodeError, match=reason):
            look(payload)


def test_six_class_bytes_under_the_five_class_schema_are_noticed() -> None:
    """The schema travels in the container; were it the wrong one, a byte count would tell."""
    body = schemaless(stamp_schema([*FIVE, "satellite"]), {**STAMP, "probabilities": {**SN, "satellite": 0.0}})
    five = container(stamp_schema(FIVE), [STAMP], sync_marker=bytes(16))
    own = schemaless(stamp_schema(FIVE), STAMP)
    mixed = five.replace(bytes([2, 2 * len(own)]) + own, bytes([2, 2 * len(body)]) + body)
    assert mixed != five
    with pytest.raises(DecodeError, match="4 bytes are left over"):
        readers.get("ztf_stamp").glance(mixed)


def test_readers_are_the_files_of_their_folder_and_a_misspelt_one_is_told() -> None:
    assert readers.names() == ["lsst_packet", "rubin_stamp", "ztf_lc", "ztf_packet", "ztf_stamp"]
    assert all(readers.get(name).name == name for name in readers.names())
    with pytest.raises(SettingsError, match="did you mean 'ztf_stamp'"):
        readers.get("ztf_stmap")
    with pytest.raises(SettingsError, match="known are: lsst_packet"):
        readers.get("x")


@pytest.mark.parametrize(("name", "payload"), [("ztf_stamp", STAMP_FIVE), ("rubin_stamp", RUBIN)])
def test_messages_of_one_record_are_not_split_and_have_no_cutouts(name: str, payload: bytes) -> None:
    reader = readers.get(name)
    assert reader.split(payload) == (payload,)
    assert reader.cutouts(payload) is None
    assert reader.record(payload)["probabilities"] == SN
