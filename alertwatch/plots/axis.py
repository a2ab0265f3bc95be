"""The horizontal axis of a light curve (MJD, days since the first detection, phase), and the words of both."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from alertwatch import times
from alertwatch.plots.points import Kind, Points, epoch_of, phase


@dataclass(frozen=True)
class Axis:
    """Where times [MJD UTC] go. ``zero``: the time at the axis' 0; ``period`` [d] of a folded light curve."""

    kind: Kind
    label: str
    zero: float = 0.0
    period: float | None = None

    @property
    def folded(self) -> bool:
        """Whether the axis shows phases."""
        return self.period is not None

    @property
    def empty(self) -> str:
        """What is said where there is nothing to draw."""
        if self.kind == "apparent":
            return "no apparent magnitude known"
        return "no photometry known"

    def place(self, mjd: float) -> float:
        """Where a time is drawn first."""
        return mjd - self.zero if self.period is None else phase(mjd, self.period, self.zero)

    def places(self, mjd: float) -> tuple[float, ...]:
        """Everywhere that a time is drawn: in two cycles where phases are shown."""
        first = self.place(mjd)
        return (first, first + 1.0) if self.folded else (first,)

    def shown(self, found: Points) -> Points:
        """The points without what has no meaning on this axis: limits of single nights at a phase."""
        return replace(found, limits=()) if self.folded else found

    def titled(self, title: str) -> str:
        """The title, with the period."""
        return title if self.period is None else f"{title}{' · ' if title else ''}period {self.period:.7g} d"


def axis_of(found: Points, *, period: float | None = None, since_first: bool = False) -> Axis:
    """The axis for these points. Raises `ValueError` for a period that is none, or with ``since_first``."""
    if period is not None:
        if not (math.isfinite(period) and period > 0):
            raise ValueError(f"{period} is no period; give days, more than 0")
        if since_first:
            raise ValueError("a folded light curve has no days since the first detection; give one of the two")
        zero = epoch_of(found)
        return Axis(found.kind, f"phase [cycles; 0 is MJD {zero:.5f} UTC]", zero, period)
    if since_first and found.seen:
        zero = min(p.mjd for p in found.seen)
        return Axis(found.kind, f"days since the first detection [d; MJD {zero:.5f}{_date(zero)}]", zero)
    return Axis(found.kind, "MJD [d, UTC]")


def y_label(kind: Kind, unit: str) -> str:
    """What the vertical axis shows, with its unit."""
    if kind == "flux":
        return f"difference flux [{unit}]"
    return f"{kind} magnitude [AB mag]"


def _date(mjd: float) -> str:
    try:
        return f", {times.to_datetime(mjd):%Y-%m-%d}"
    except (OverflowError, ValueError):
        return ""
