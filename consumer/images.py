"""The images of what is kept: taken from the message while it is at hand."""

from __future__ import annotations

import structlog
from msgspec.structs import replace

from alertwatch.filter import Judged
from consumer.readers import Reader

log = structlog.get_logger(__name__)


def with_cutouts(judged: Judged, reader: Reader, payload: bytes) -> Judged:
    """The same with the images of its message, if it is kept and the message has any.

    Images that cannot be read are no reason to lose a match.
    """
    if not any(verdict.is_kept for verdict in judged.verdicts):
        return judged
    try:
        return replace(judged, cutouts=reader.cutouts(payload))
    except Exception as error:
        log.warning("cutouts cannot be read", object=judged.alert.object_id, error=repr(error))
        return judged
