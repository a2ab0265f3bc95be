"""A filter that always raises."""

from __future__ import annotations

from collections.abc import Iterable

from alertwatch.alert import Alert
from alertwatch.filter import Criterion, Filter, Parameters


class RaisingParameters(Parameters):
    """No parameters."""


class Raising(Filter[RaisingParameters]):
    """Divides by zero."""

    streams = frozenset({"ztf_stamp"})

    def criteria(self, alert: Alert) -> Iterable[Criterion]:
        """Raise."""
        yield Criterion(name=str(1 / 0), outcome=None)  # type: ignore[arg-type]
