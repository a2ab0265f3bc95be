"""A filter that every survey packet passes."""

from __future__ import annotations

from collections.abc import Iterable

from alertwatch.alert import Alert, Part
from alertwatch.filter import Criterion, Filter, Outcome, Parameters


class EveryPacketParameters(Parameters):
    """No parameters."""


class EveryPacket(Filter[EveryPacketParameters]):
    """Anything at all."""

    streams = frozenset({"ztf_packet", "lsst_packet"})
    needs = frozenset({Part.DETECTIONS})

    def criteria(self, alert: Alert) -> Iterable[Criterion]:
        """Say how much history there is."""
        yield Criterion(name="history", outcome=Outcome.PASS, value=str(len(alert.detections)))
