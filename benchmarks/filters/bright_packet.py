"""A filter for the benchmark: judges on the packet alone, passes the brightest 1 %."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from alertwatch.alert import Alert, Part
from alertwatch.filter import Criterion, Filter, Outcome, Parameters


class BrightPacketParameters(Parameters):
    """What counts as bright."""

    brighter_than: float = Field(description="difference magnitude", json_schema_extra={"unit": "mag"})


class BrightPacket(Filter[BrightPacketParameters]):
    """Brighter than a limit on the difference image."""

    streams = frozenset({"ztf_packet"})
    needs = frozenset({Part.DETECTIONS})

    def wants(self, alert: Alert) -> bool:
        """Whether the alert's own detection is bright."""
        own = alert.detection
        return own is not None and own.mag is not None and own.mag < self.parameters.brighter_than

    def criteria(self, alert: Alert) -> Iterable[Criterion]:
        """The same again, as a criterion."""
        passed = Outcome.PASS if self.wants(alert) else Outcome.FAIL
        yield Criterion(name="brightness", outcome=passed, threshold=f"< {self.parameters.brighter_than}")
