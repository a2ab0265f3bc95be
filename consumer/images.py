"""The images of what is kept: taken from the message while it is at hand, or asked for."""

from __future__ import annotations

import structlog
from msgspec.structs import replace

from alertwatch.alert import Alert, Cutouts
from alertwatch.filter import Judged, Result
from consumer.lookup.stamps import Stamps, source_id
from consumer.readers import Reader

log = structlog.get_logger(__name__)


def with_cutouts(judged: Judged, reader: Reader, payload: bytes, stamps: Stamps | None = None) -> Judged:
    """The same with the images of its message, if it is kept and the message has any.

    Those of a match whose message has none are asked of ``stamps``. Images that cannot be had are no reason to
    lose a match.
    """
    if not any(verdict.is_kept for verdict in judged.verdicts):
        return judged
    images = _of_message(judged, reader, payload)
    if images is None and stamps and any(verdict.result is Result.MATCH for verdict in judged.verdicts):
        images = _asked(stamps, judged.alert)
    return replace(judged, cutouts=images)


def _of_message(judged: Judged, reader: Reader, payload: bytes) -> Cutouts | None:
    try:
        return reader.cutouts(payload)
    except Exception as error:
        log.warning("cutouts cannot be read", object=judged.alert.object_id, error=repr(error))
        return None


def _asked(stamps: Stamps, alert: Alert) -> Cutouts | None:
    wanted = source_id(alert.alert_id, alert.detections)
    return stamps.cutouts(alert.survey, alert.object_id, wanted) if wanted else None
