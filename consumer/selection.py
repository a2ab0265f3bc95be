"""Who is interested in a message: one table look-up by (stream, class), then each filter's cheap cut."""

from __future__ import annotations

from typing import Any

from alertwatch.alert import Alert
from alertwatch.filter import Filter
from alertwatch.taxonomy import canonical
from consumer.judging import Judges

MOST_CLASS_NAMES = 1_000  # a bound on the table, should a topic invent class names


class Selection:
    """The table of interests. Nearly all alerts end here, so a miss costs one dictionary look-up."""

    def __init__(self, judges: Judges) -> None:
        self._judges = judges
        self._table: dict[tuple[str, str | None], tuple[Filter[Any], ...]] = {}

    def interested(self, alert: Alert) -> tuple[Filter[Any], ...]:
        """The filters, switched on, that want this alert."""
        key = (alert.stream, alert.classifications[0].best if alert.classifications else None)
        filters = self._table.get(key)
        if filters is None:
            filters = self._fill(key)
        if not filters:
            return ()
        judges = self._judges
        return tuple(f for f in filters if judges.is_on(f.name) and judges.wants(f, alert))

    def _fill(self, key: tuple[str, str | None]) -> tuple[Filter[Any], ...]:
        stream, best = key
        name = canonical(best) if best is not None else None
        filters = tuple(
            f
            for f in self._judges.filters.values()
            if stream in f.streams and (f.classes is None or name in f.classes)
        )
        if len(self._table) < MOST_CLASS_NAMES:
            self._table[key] = filters
        return filters
