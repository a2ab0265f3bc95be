"""Following: a filter that nobody configures, which wants every alert of an object that matched.

So these alerts go the way of all others: looked up where the message lacks what must be known, tried again,
judged once, stored with light curve and images. The verdict itself says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from alertwatch.alert import Alert, Part
from alertwatch.filter import FOLLOWED, Criterion, Filter, Parameters, Result, Verdict
from consumer import readers
from consumer.notify.notices import Notices


class Following(Filter[Parameters]):
    """Wants the alerts, of any stream and class, whose object a subscription follows.

    Where nobody can be asked (``looks_up`` false), what the message tells has to do.
    """

    streams = frozenset(readers.names())

    def __init__(self, notices: Notices, *, looks_up: bool = True) -> None:
        super().__init__(FOLLOWED, Parameters())
        self.needs = frozenset({Part.DETECTIONS} if looks_up else ())  # type: ignore[misc]  # not of the class
        self.wants = notices.follows  # type: ignore[method-assign]  # asked of every alert: no call in between

    def criteria(self, alert: Alert) -> Iterator[Criterion]:  # noqa: ARG002 - there is nothing to ask
        """None."""
        return iter(())

    def judge(self, alert: Alert) -> Verdict:  # noqa: ARG002 - any will do
        """No match: the alert was looked at, and need not be again."""
        return Verdict(filter=FOLLOWED, result=Result.NO_MATCH, parameters_hash=self.parameters_hash)
