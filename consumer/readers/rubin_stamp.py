"""ALeRCE's stamp classifier on Rubin alerts: schemaless Avro with ids, probabilities, time and position.

Exactly one of ``diaObjectId`` and ``ssObjectId`` is not 0. An older message had ``alertId`` and
``diaObjectId`` in their places: it decodes without an error, one id off, and is told by having both.
A message of a solar-system object begins with the byte 0, like Confluent's framing; there is none here.
"""

from __future__ import annotations

from typing import Any

from alertwatch import times
from alertwatch.alert import Alert, Classification, Part, Survey
from alertwatch.errors import DecodeError
from consumer.avro import Frame, Schema, View
from consumer.readers.framed import FramedReader
from consumer.readers.values import checked_id, checked_mjd, checked_position, checked_probabilities
from consumer.schemas import load

CLASSIFIER, VERSION = "stamp_classifier_rubin_beta", "2.0.2"
VIEW = View(None, whole=True)
PARTS = frozenset({Part.CLASSIFICATIONS})


class RubinStamp(FramedReader):
    """Reads ``stamp_classifier_{date}`` of ALeRCE's LSST cluster."""

    def __init__(self) -> None:
        super().__init__()
        self._schema = Schema(load("rubin_stamp_classifier"))

    def _glance(self, frame: Frame, received: float | None) -> Alert:
        message = frame.view(VIEW)
        object_id, solar_system = _object(message)
        ra, dec = checked_position(message["ra"], message["dec"])
        probabilities = checked_probabilities(message["probabilities"])
        return Alert(
            survey=Survey.LSST,
            stream=self.name,
            object_id=object_id,
            alert_id=checked_id("diaSourceId", message["diaSourceId"]),
            mjd=checked_mjd(times.from_tai(message["midpointMjdTai"])),
            received=received,
            ra=ra,
            dec=dec,
            solar_system=solar_system,
            classifications=(
                Classification(classifier=CLASSIFIER, version=VERSION, probabilities=probabilities),
            ),
            parts=PARTS,
        )

    _read = _glance  # it is all there is

    def _open(self, payload: bytes) -> Frame:
        return Frame(payload, self._schema, payload, 0, len(payload))


def _object(message: dict[str, Any]) -> tuple[str, bool]:
    dia, ss = message["diaObjectId"], message["ssObjectId"]
    if bool(dia) == bool(ss):
        raise DecodeError(
            f"diaObjectId {dia} and ssObjectId {ss}: one of them must be 0, the other not;"
            " messages of the older schema, which begins with alertId, look like this"
        )
    return (checked_id("ssObjectId", ss), True) if ss else (checked_id("diaObjectId", dia), False)
