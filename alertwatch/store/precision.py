"""Precision: how many of a filter's objects were right, by what people said of them.

Right is what people call *real*, or by a class (or group of them) that the filter looks for; wrong is *bogus*,
rejected, or of another class. For a filter of any class every class is right. An object counts once for each
filter that it matched, by the latest word of anybody. A claim or a request to follow up says nothing of that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import sqrt

from sqlalchemy import Connection, select

from alertwatch import taxonomy
from alertwatch.store.labels import CLAIM, FOLLOW_UP, REJECT
from alertwatch.store.tables import labels, matches

_Z = 1.959964  # 95 %
_SUPERNOVA = re.compile(r"(SL)?SN(I|[^A-Z]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Precision:
    """Objects that people found right and wrong."""

    right: int = 0
    wrong: int = 0

    @property
    def share(self) -> float | None:
        """Of the objects that were judged, those that were right; ``None``: none was judged."""
        judged = self.right + self.wrong
        return self.right / judged if judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the share lies with 95 % confidence: Wilson (1927), good for few objects too."""
        judged, share = self.right + self.wrong, self.share
        if share is None:
            return None
        middle = share + _Z**2 / (2 * judged)
        half = _Z * sqrt(share * (1 - share) / judged + _Z**2 / (4 * judged**2))
        whole = 1 + _Z**2 / judged
        return max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)


def is_right(word: str, classes: Collection[str] | None) -> bool | None:
    """What a label says of a filter that looks for ``classes`` (``None``: any); ``None``: nothing."""
    if word in {CLAIM, FOLLOW_UP}:
        return None
    if word in {"bogus", REJECT}:
        return False
    if word == "real" or classes is None:
        return True
    wanted = frozenset[str]().union(*(taxonomy.members(name) for name in classes))  # a filter of SN finds SNIa
    return not taxonomy.members(_class(word)).isdisjoint(wanted)


def _class(word: str) -> str:
    """The class that a person means: people write "SN Ia", and types that no classifier has, as "SN Ic-BL"."""
    name = word.replace(" ", "").replace("/", "")
    if _SUPERNOVA.match(name):
        while taxonomy.canonical(name) not in taxonomy.CANONICAL:
            name = name[:-1]
    return name


def of(tx: Connection, filters: Mapping[str, Collection[str] | None]) -> dict[str, Precision]:
    """The precision of filters, given with the canonical classes that they look for."""
    latest = _latest_words(tx)
    found: dict[str, dict[bool, int]] = {name: {True: 0, False: 0} for name in filters}
    for name, key in _matched(tx, filters):
        verdict = None if key not in latest else is_right(latest[key], filters[name])
        if verdict is not None:
            found[name][verdict] += 1
    return {name: Precision(counted[True], counted[False]) for name, counted in found.items()}


def _latest_words(tx: Connection) -> dict[tuple[str, str], str]:
    """The latest label of each object that says whether it is what it was taken for."""
    query = select(labels.c.survey, labels.c.object_id, labels.c.label).order_by(labels.c.added_at, labels.c.id)
    words = tx.execute(query.where(labels.c.label.not_in((CLAIM, FOLLOW_UP))))
    return {(survey, object_id): word for survey, object_id, word in words}


def _matched(tx: Connection, filters: Collection[str]) -> set[tuple[str, tuple[str, str]]]:
    """Filter and object of the matches that somebody has labelled: labels are few, matches many."""
    columns = (matches.c.filter, matches.c.survey, matches.c.object_id)
    labelled = select(labels.c.object_id).distinct().subquery()
    query = (
        select(*columns).distinct().join_from(labelled, matches, matches.c.object_id == labelled.c.object_id)
    )
    rows = tx.execute(query.where(matches.c.filter.in_(filters)))
    return {(name, (survey, object_id)) for name, survey, object_id in rows}
