"""A filter for the benchmark: judges on the packet alone, passes the 1 % that are most surely real."""

from __future__ import annotations

from collections.abc import Iterable

from alertwatch.alert import Alert, Part
from alertwatch.cuts import at_least
from alertwatch.filter import Criterion, Filter, Parameters, parameter


class SurelyRealParameters(Parameters):
    """What counts as sure."""

    min_real_bogus: float = parameter(0.999, "least drb")


class SurelyReal(Filter[SurelyRealParameters]):
    """A detection with a high real-bogus score."""

    streams = frozenset({"ztf_packet"})
    needs = frozenset({Part.DETECTIONS})

    def wants(self, alert: Alert) -> bool:
        """Whether the alert's own detection is surely real."""
        own = alert.detection
        score = own.real_bogus if own else None
        return score is not None and score >= self.parameters.min_real_bogus

    def criteria(self, alert: Alert) -> Iterable[Criterion]:
        """The same again, as a criterion."""
        own = alert.detection
        yield at_least("drb", own.real_bogus if own else None, self.parameters.min_real_bogus)
