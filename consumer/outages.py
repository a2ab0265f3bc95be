"""Notices when the service was away for longer than a broker keeps its messages."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from sqlalchemy import Connection

from alertwatch.settings import SourceSettings
from alertwatch.store import gaps, positions
from alertwatch.store.gaps import Gap
from alertwatch.times import from_unix_ms

log = structlog.get_logger(__name__)


def note(tx: Connection, sources: Mapping[str, SourceSettings], now: float) -> None:
    """Record and say what is surely lost: from the last sign of life to the oldest message still kept.

    ``now`` is seconds since 1970. To be called before a source is read.
    """
    for name, settings in sources.items():
        last = positions.last_update(tx, name)
        kept_since = now - 3600 * settings.retention_hours
        if last is None or last >= kept_since:
            continue
        gap = _gap(name, last, kept_since)
        if gaps.add(tx, gap):
            log.warning("gap", source=name, reason=gap.reason, from_mjd=gap.from_time, to_mjd=gap.to_time)


def _gap(source: str, last: float, kept_since: float) -> Gap:
    hours = (kept_since - last) / 3600
    return Gap(
        source=source,
        topic="",
        partition=None,
        from_offset=None,
        to_offset=None,
        from_time=from_unix_ms(round(1000 * last)),
        to_time=from_unix_ms(round(1000 * kept_since)),
        reason=f"the service did not run: {hours:.1f} h of messages are older than the broker keeps them",
    )
