"""ALeRCE's light-curve classifier on ZTF: object id, features and probabilities; no candid, no time.

Schemaless since 2023, with the features in a map; before, a container with a record of 178 features and a
candid. The first byte tells the two apart: a schemaless message begins with the length of an object id.
"""

from __future__ import annotations

import hashlib
from typing import Any

from alertwatch.alert import Alert, Classification, Part, Survey
from alertwatch.errors import DecodeError
from consumer.avro import Frame, Schema, View
from consumer.readers.framed import FramedReader
from consumer.readers.values import checked_oid, checked_probabilities, finite
from consumer.schemas import load

CLASSIFIER, VERSION = "lc_classifier", "1.1.13"

_CLASSES = {"oid": None, "lc_classification": {"probabilities": None, "class": None}}
GLANCE = View(_CLASSES, whole=True)
READ = View({**_CLASSES, "features": None}, whole=True)


class ZtfLc(FramedReader):
    """Reads ``lc_classifier_ztf_{date}`` of ALeRCE's ZTF cluster.

    ``alert_id`` is a hash of the payload. A feature that is null or NaN is ``None``.
    """

    def __init__(self) -> None:
        super().__init__()
        self._schema = Schema(load("lc_classifier_ztf"))

    def _glance(self, frame: Frame, received: float | None) -> Alert:
        return self._alert(frame, frame.view(GLANCE), received)

    def _read(self, frame: Frame, received: float | None) -> Alert:
        return self._alert(frame, frame.view(READ), received)

    def _bare(self, payload: bytes) -> Frame:
        return Frame(payload, self._schema, payload, 0, len(payload))

    def _alert(self, frame: Frame, message: dict[str, Any], received: float | None) -> Alert:
        return Alert(
            survey=Survey.ZTF,
            stream=self.name,
            object_id=checked_oid(message["oid"]),
            alert_id="sha256-" + hashlib.sha256(frame.payload).hexdigest()[:32],
            received=received,
            classifications=(_classification(message["lc_classification"]),),
            features={name: finite(value) for name, value in (message.get("features") or {}).items()},
            parts=_PARTS_READ if "features" in message else _PARTS_GLANCE,
        )


_PARTS_GLANCE = frozenset({Part.CLASSIFICATIONS})
_PARTS_READ = _PARTS_GLANCE | {Part.FEATURES}


def _classification(found: dict[str, Any]) -> Classification:
    probabilities = checked_probabilities(found["probabilities"])
    if found["class"] not in probabilities:
        raise DecodeError(f"class {found['class']!r} is none of those with a probability: wrong schema")
    return Classification(classifier=CLASSIFIER, version=VERSION, probabilities=probabilities)
