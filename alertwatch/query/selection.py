"""Which matches: one value that the Python functions and the command line share, and SQL is made of.

Every part narrows the answer; what a match does not know meets no condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from alertwatch.query.moc import Moc


class Order(StrEnum):
    """What comes first; what is not known comes last."""

    NEWEST = "newest"
    OLDEST = "oldest"
    BRIGHTEST = "brightest"
    PROBABILITY = "probability"  # the most probable


class Cone(NamedTuple):
    """A circle on the sky, degrees."""

    ra: float
    dec: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Matches of a ``filter``; of a ``class_name`` or group of classes (SN finds SNIa, SLSN, …); and so on.

    ``since`` ≤ time of the alert < ``until``, MJD UTC; ``brighter`` > difference magnitude > ``fainter``;
    ``min_probability`` of the class that the match has; ``objects``: ids, any of them; ``label``: objects of
    which somebody has said so, ``tag``: that have it, both in any case. ``limit``: at most so many, the first
    by ``order``.
    """

    filter: str | None = None
    class_name: str | None = None
    min_probability: float | None = None
    since: float | None = None
    until: float | None = None
    brighter: float | None = None
    fainter: float | None = None
    cone: Cone | None = None
    moc: Moc | None = None
    objects: tuple[str, ...] | None = None
    label: str | None = None
    tag: str | None = None
    survey: str | None = None
    numbers: tuple[int, ...] | None = None  # rows of the table of matches
    limit: int | None = None
    order: Order = Order.NEWEST


EVERYTHING = Selection()
