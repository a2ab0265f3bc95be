"""A filter that judges on the bare message: every stamp with SN on top matches, without a look-up."""

from __future__ import annotations

from collections.abc import Iterable

from alertwatch.alert import Alert
from alertwatch.filter import Criterion, Filter, Outcome, Parameters


class SnMessageParameters(Parameters):
    """No parameters."""


class SnMessage(Filter[SnMessageParameters]):
    """SN on top of the stamp classifier."""

    streams = frozenset({"ztf_stamp"})
    classes = frozenset({"SN"})

    def criteria(self, alert: Alert) -> Iterable[Criterion]:
        """Nothing more is asked."""
        yield Criterion(name="class", outcome=Outcome.PASS, value=alert.classifications[0].best)
