"""The exact bytes of ALeRCE's messages: three Avro schemas, written from their field lists, two framings.

- ZTF stamp classifier: an Avro object container of one record, its schema in front.
- ZTF light-curve classifier: bare Avro, 209 features in a map. Its union of two unnamed maps is outside of
  the Avro specification; fastavro writes it all the same, as ALeRCE does.
- Rubin stamp classifier: bare Avro.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import fastavro

STAMP_CLASSES = ("SN", "AGN", "VS", "asteroid", "bogus")


def _record(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": key, "type": kind} for key, kind in fields.items()],
    }


def _map(*values: Any) -> dict[str, Any]:
    return {"type": "map", "values": values[0] if len(values) == 1 else list(values)}


ZTF_STAMP = _record(
    "stamp_probabilities",
    objectId="string",
    candid="long",
    probabilities=_record("probabilities", **dict.fromkeys(STAMP_CLASSES, "float")),
)
ZTF_LC = _record(
    "probabilities_and_features",
    oid="string",
    features=[_map("boolean", "float", "null", "int"), "null"],
    lc_classification=_record(
        "late_record",
        probabilities={"type": "map", "values": ["float"]},
        **{"class": "string"},
        hierarchical=_map(_map("float"), _map(_map("float"))),
    ),
)
RUBIN_STAMP = _record(
    "RubinStampClassifierOutput",
    diaObjectId="long",
    ssObjectId="long",
    diaSourceId="long",
    probabilities=_map("double"),
    midpointMjdTai="double",
    ra="double",
    dec="double",
)

SYNC = bytes(range(16))
PARSED = {
    name: fastavro.parse_schema(dict(schema))
    for name, schema in (("stamp", ZTF_STAMP), ("lc", ZTF_LC), ("rubin", RUBIN_STAMP))
}


def ztf_stamp(object_id: str, candid: str, probabilities: Mapping[str, float]) -> bytes:
    """A message of the ZTF stamp classifier."""
    body = _bare("stamp", objectId=object_id, candid=int(candid), probabilities=dict(probabilities))
    return _container_header() + _long(1) + _long(len(body)) + body + SYNC


def ztf_lc(
    object_id: str, features: Mapping[str, float | None], probabilities: Mapping[str, Mapping[str, float]]
) -> bytes:
    """A message of the light-curve classifier. ``probabilities``: "all", "top" and one level per branch."""
    everything = dict(probabilities["all"])
    children = {name: dict(level) for name, level in probabilities.items() if name not in {"all", "top"}}
    return _bare(
        "lc",
        oid=object_id,
        features=dict(features),
        lc_classification={
            "probabilities": everything,
            "class": max(everything, key=everything.__getitem__),
            "hierarchical": {"top": dict(probabilities["top"]), "children": children},
        },
    )


def rubin_stamp(
    object_id: str,
    source_id: str,
    probabilities: Mapping[str, float],
    *,
    mjd_tai: float,
    position: tuple[float, float],
    solar_system: bool,
) -> bytes:
    """A message of the Rubin stamp classifier: exactly one of diaObjectId and ssObjectId is not 0."""
    return _bare(
        "rubin",
        diaObjectId=0 if solar_system else int(object_id),
        ssObjectId=int(object_id) if solar_system else 0,
        diaSourceId=int(source_id),
        probabilities=dict(probabilities),
        midpointMjdTai=mjd_tai,
        ra=position[0],
        dec=position[1],
    )


def _bare(schema: str, **record: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, PARSED[schema], record)
    return out.getvalue()


@cache
def _container_header() -> bytes:
    out = io.BytesIO()
    fastavro.writer(out, ZTF_STAMP, [], sync_marker=SYNC)
    return out.getvalue()


def _long(number: int) -> bytes:
    """Avro's zig-zag integer (of a number that is not negative)."""
    number, out = number << 1, bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
