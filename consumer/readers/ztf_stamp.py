"""ALeRCE's stamp classifier on ZTF: an Avro container with object id, candid and probabilities, no more.

Five classes are of version 1.0.4, which sends no message for what it vetoes; six (with satellite) of
2025_beta, which vetoes nothing. The classes are those of the schema in the container.
"""

from __future__ import annotations

from alertwatch.alert import Alert, Classification, Part, Survey
from alertwatch.errors import DecodeError
from consumer.avro import Frame, View
from consumer.readers.framed import FramedReader
from consumer.readers.values import checked_id, checked_oid, checked_probabilities

VIEW = View({"objectId": None, "candid": None, "probabilities": None}, whole=True)
PARTS = frozenset({Part.CLASSIFICATIONS})

FIVE = frozenset({"SN", "AGN", "VS", "asteroid", "bogus"})
CLASSIFIERS = {
    FIVE: ("stamp_classifier", "1.0.4"),
    FIVE | {"satellite"}: ("stamp_classifier_2025_beta", "2.1.1"),
}


class ZtfStamp(FramedReader):
    """Reads ``stamp_classifier_{date}`` of ALeRCE's ZTF cluster."""

    def _glance(self, frame: Frame, received: float | None) -> Alert:
        message = frame.view(VIEW)
        return Alert(
            survey=Survey.ZTF,
            stream=self.name,
            object_id=checked_oid(message["objectId"]),
            alert_id=checked_id("candid", message["candid"]),
            received=received,
            classifications=(_classification(message["probabilities"]),),
            parts=PARTS,
        )

    _read = _glance  # it is all there is


def _classification(probabilities: dict[str, float]) -> Classification:
    known = CLASSIFIERS.get(frozenset(probabilities))
    if known is None:
        raise DecodeError(f"no stamp classifier is known with the classes {', '.join(sorted(probabilities))}")
    name, version = known
    return Classification(classifier=name, version=version, probabilities=checked_probabilities(probabilities))
