"""Which matches are new since the last look.

Rows are numbered when they are written, but appear when their transaction ends: on PostgreSQL a lower number
may appear after a higher one. So each look goes back by some numbers, and remembers which of those it has seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from alertwatch.query import asked
from alertwatch.query.selection import Order, Selection
from alertwatch.store.tables import matches

if TYPE_CHECKING:
    import pandas as pd

BACK = 1_000
"""So many numbers may be given before the first of them appears."""

AT_ONCE = 500
"""Matches in one table."""


class Arrivals:
    """The matches of a selection as they arrive; for one thread."""

    def __init__(self, selection: Selection) -> None:
        self._selection = replace(selection, limit=None, order=Order.OLDEST)
        self._seen: set[int] = set()
        self._highest = 0

    def begin(self, tx: Connection) -> pd.DataFrame:
        """What is there already counts as seen. Gives that of it which the selection's ``since`` asks for."""
        self._highest = tx.execute(select(func.max(matches.c.id))).scalar() or 0
        self._seen = self._numbers(tx)
        asks = self._selection.since is not None
        return asked.matches(tx, self._selection if asks else replace(self._selection, numbers=()))

    def look(self, tx: Connection) -> list[pd.DataFrame]:
        """What arrived since the last look, in tables of at most `AT_ONCE` rows; none of them is empty."""
        numbers = self._numbers(tx)
        new = sorted(numbers - self._seen)
        parts = [tuple(new[start : start + AT_ONCE]) for start in range(0, len(new), AT_ONCE)]
        tables = [asked.matches(tx, replace(self._selection, numbers=part)) for part in parts]
        self._seen, self._highest = numbers, max(numbers, default=self._highest)
        return [table for table in tables if len(table)]

    def _numbers(self, tx: Connection) -> set[int]:
        return set(tx.execute(select(matches.c.id).where(matches.c.id > self._highest - BACK)).scalars())
