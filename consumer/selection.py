"""Who is interested in a message: one table look-up by (stream, class), then each filter's cheap cut.

Whether the object is followed is asked last and of every message, so it is asked without a detour.
"""

from __future__ import annotations

from typing import Any

from alertwatch.alert import Alert
from alertwatch.filter import FOLLOWED, Filter
from alertwatch.taxonomy import canonical
from consumer.judging import Judges

MOST_CLASS_NAMES = 1_000  # a bound on the table, should a topic invent class names


class Selection:
    """The table of interests. Nearly all alerts end here, so a miss costs one dictionary look-up."""

    def __init__(self, judges: Judges) -> None:
        self._judges = judges
        self._following = judges.filters.get(FOLLOWED)
        self._table: dict[tuple[str, str | None], tuple[Filter[Any], ...]] = {}

    def interested(self, alert: Alert) -> tuple[Filter[Any], ...]:
        """The filters, switched on, that want this alert."""
        key = (alert.stream, alert.classifications[0].best if alert.classifications else None)
        filters = self._table.get(key)
        if filters is None:
            filters = self._fill(key)
        judges, following = self._judges, self._following
        wanting = (
            tuple(f for f in filters if judges.is_on(f.name) and judges.wants(f, alert)) if filters else ()
        )
        if following is not None and following.wants(alert):
            return (*wanting, following)
        return wanting

    def _fill(self, key: tuple[str, str | None]) -> tuple[Filter[Any], ...]:
        stream, best = key
        name = canonical(best) if best is not None else None
        filters = tuple(
            f
            for f in self._judges.filters.values()
            if f is not self._following and stream in f.streams and (f.classes is None or name in f.classes)
        )
        if len(self._table) < MOST_CLASS_NAMES:
            self._table[key] = filters
        return filters
