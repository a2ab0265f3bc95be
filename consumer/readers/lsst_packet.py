"""Rubin's own alert packets, schemas 7 to 11: with Confluent's framing on Kafka, in containers in files.

The framing is a byte 0 and the schema's number (four bytes, big-endian), which Rubin makes of the schema's
version: 703 is version 7.3, 1000 version 10.0. Those schemas are part of this package.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from alertwatch.alert import Alert, Cutouts, Survey
from alertwatch.errors import DecodeError
from consumer.avro import Frame, Schema, View
from consumer.readers import lsst_records
from consumer.readers.framed import FramedReader
from consumer.readers.values import checked_id, checked_position
from consumer.schemas import load

FRAMING = 5  # bytes


def _fields(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split())


_SOURCE = _fields(
    "diaSourceId diaObjectId ssObjectId midpointMjdTai ra dec band psfFlux psfFluxErr isNegative? snr"
    " scienceFlux? scienceFluxErr? templateFlux? templateFluxErr? reliability"
)
_OBJECT = _fields("diaObjectId firstDiaSourceMjdTai? lastDiaSourceMjdTai? nDiaSources?")

GLANCE = View({"diaSource": _SOURCE})
IDENTITY = View({"diaSource": _fields("diaObjectId ssObjectId"), "diaObject": _fields("diaObjectId")})
READ = View(
    {
        "diaSource": _SOURCE,
        "prvDiaSources": _SOURCE,
        "prvDiaForcedSources": _fields("midpointMjdTai band psfFlux psfFluxErr"),
        "prvDiaNondetectionLimits?": _fields("midpointMjdTai band diaNoise"),
        "diaObject": _OBJECT,
    },
    whole=True,
)
CUTOUTS = View(_fields("cutoutScience? cutoutTemplate? cutoutDifference?"), whole=True)


class LsstPacket(FramedReader):
    """Reads Rubin's alert packets."""

    def _glance(self, frame: Frame, received: float | None) -> Alert:
        source = frame.view(GLANCE)["diaSource"]
        object_id, solar_system = _identity(frame, source)
        ra, dec = checked_position(source["ra"], source["dec"])
        own = lsst_records.detection(source)
        return Alert(
            survey=Survey.LSST,
            stream=self.name,
            object_id=object_id,
            alert_id=checked_id("diaSourceId", source["diaSourceId"]),
            mjd=lsst_records.epoch(source["midpointMjdTai"]),
            received=received,
            ra=ra,
            dec=dec,
            solar_system=solar_system,
            detections=() if own is None else (own,),
        )

    def _read(self, frame: Frame, received: float | None) -> Alert:
        return lsst_records.alert(frame.view(READ), self.name, received)

    def cutouts(self, payload: bytes) -> Cutouts | None:
        """The three FITS images; a missing one is ``None``."""
        found = self._open(payload).view(CUTOUTS)
        return Cutouts(
            science=found.get("cutoutScience"),
            template=found.get("cutoutTemplate"),
            difference=found.get("cutoutDifference"),
        )

    def _bare(self, payload: bytes) -> Frame:
        if len(payload) <= FRAMING or payload[0] != 0:
            raise DecodeError(
                f"neither an Avro container nor Confluent's framing: {len(payload)} bytes"
                f" that begin with {payload[:8]!r}"
            )
        schema = _schema(int.from_bytes(payload[1:FRAMING], "big"))
        return Frame(payload, schema, payload, FRAMING, len(payload))


def _identity(frame: Frame, source: dict[str, Any]) -> tuple[str, bool]:
    """From the source; for the rare one not linked yet, from the object, which is behind the history."""
    if source["diaObjectId"] or source["ssObjectId"]:
        return lsst_records.identity(source)
    packet = frame.view(IDENTITY)
    return lsst_records.identity(packet["diaSource"], packet["diaObject"])


@cache
def _schema(number: int) -> Schema:
    version = f"lsst.v{number // 100}_{number % 100}"
    try:
        return Schema(load(version))
    except FileNotFoundError:
        raise DecodeError(f"schema {number} ({version}) of Rubin's registry is not known here") from None
