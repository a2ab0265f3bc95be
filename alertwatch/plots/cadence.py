"""The figure of when an object was looked at: visits of every night, one row for each band."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import floor, isfinite
from statistics import median
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from alertwatch.alert import LightCurve
from alertwatch.plots import columns, dates, style
from alertwatch.plots.curves import curve_of
from alertwatch.plots.style import FONT, INK, SOFT

if TYPE_CHECKING:
    from alertwatch.plots.curves import Curve

WIDTH, ROW = 6.0, 0.85  # inches
TOP, BOTTOM = 0.72, 0.48  # inches
LEFT, RIGHT = 0.095, 0.74  # of the width; what is said of a band stands on the right
NIGHT_ENDS = 0.7  # of a UT day (16:48): when both Palomar and Cerro Pachón have daylight
SAME_VISIT = 4  # decimals of the MJD: two measurements within 9 s are of one exposure


@dataclass(frozen=True)
class Visits:
    """The visits of a band: how many of each night (MJD of its morning) saw the object, how many not."""

    seen: Counter[int]
    unseen: Counter[int]

    @property
    def nights(self) -> list[int]:
        """The nights with a visit."""
        return sorted({*self.seen, *self.unseen})


def cadence(curve: Curve, *, title: str = "") -> Figure:
    """Draw visits per night and band over MJD: filled bars with, pale ones without a detection.

    Visits are detections, limits and forced photometry, each exposure once. A night is named after the MJD of
    its morning; beside each row stand the number of nights and the median and longest gap between them.
    """
    found = visits(curve_of(curve))
    height = TOP + BOTTOM + ROW * max(len(found), 2)
    figure = Figure(figsize=(WIDTH, height), dpi=style.DPI, facecolor="white")
    style.headline(figure, title, LEFT)
    row = (height - TOP - BOTTOM) / max(len(found), 1)
    for number, (band, looked) in enumerate(found.items()):
        low = BOTTOM + row * (len(found) - 1 - number)
        axes = figure.add_axes((LEFT, low / height, RIGHT - LEFT, (row - 0.1) / height))
        style.frame(axes)
        _row(axes, band, looked, _span(found))
        axes.tick_params(labelbottom=number == len(found) - 1)
        if number == len(found) - 1:
            style.labels(axes, "night [MJD of its morning, UTC]", "")
        if number == 0:
            dates.above(axes)
            _legend(figure)
    if not found:
        axes = figure.add_axes((LEFT, 0.2, RIGHT, 0.5))
        axes.set_axis_off()
        style.say_empty(axes, "no visit known")
    else:
        figure.text(
            0.022, 0.5, "visits per night", rotation=90, va="center", ha="center", fontsize=8, color=INK,
            fontfamily=FONT,
        )  # fmt: skip
    return figure


def visits(curve: LightCurve) -> dict[str, Visits]:
    """The visits by band, the bluest first."""
    seen = _exposures(curve.detections)
    unseen = _exposures([*curve.non_detections, *curve.forced_photometry]) - seen
    found = {band for band, _ in seen | unseen}
    return {band: Visits(_nights(seen, band), _nights(unseen, band)) for band in style.in_order(found)}


def night(mjd: float) -> int:
    """The night of a time, as the MJD of its morning."""
    return floor(mjd + 1.0 - NIGHT_ENDS)


def in_words(looked: Visits) -> str:
    """How often and how regularly a band was looked at."""
    nights = looked.nights
    count = looked.seen.total() + looked.unseen.total()
    lines = [f"{looked.seen.total():,} of {count:,} detected", columns.counted(len(nights), "night")]
    if len(nights) > 1:
        gaps = [after - before for before, after in pairwise(nights)]
        lines.append(f"gap {median(gaps):g} d, longest {max(gaps)} d")
    return "\n".join(lines)


def _exposures(measured: Iterable[object]) -> set[tuple[str, float]]:
    rows = ((getattr(m, "band", ""), float(getattr(m, "mjd", float("nan")))) for m in measured)
    return {(band, round(mjd, SAME_VISIT)) for band, mjd in rows if isfinite(mjd)}


def _nights(exposures: Iterable[tuple[str, float]], band: str) -> Counter[int]:
    return Counter(night(mjd) for own, mjd in exposures if own == band)


def _span(found: dict[str, Visits]) -> tuple[float, float]:
    nights = [n for looked in found.values() for n in looked.nights]
    first, last = min(nights), max(nights)
    room = max(0.03 * (last - first), 2.0)
    return first - room, last + room


def _row(axes: Axes, band: str, looked: Visits, span: tuple[float, float]) -> None:
    color, _ = style.band(band)
    width = max(0.9, (span[1] - span[0]) / 250)  # a night stays visible among hundreds
    nights = looked.nights
    seen, unseen = [looked.seen[n] for n in nights], [looked.unseen[n] for n in nights]
    axes.bar(nights, unseen, width, bottom=seen, color=color, alpha=0.28, linewidth=0, gid="unseen")
    axes.bar(nights, seen, width, color=color, linewidth=0, gid="seen")
    axes.set_xlim(*span)
    axes.set_ylim(0, 1.12 * max(a + b for a, b in zip(seen, unseen, strict=True)))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    where: dict[str, Any] = {"transform": axes.transAxes, "fontfamily": FONT, "parse_math": False}
    axes.text(1.025, 0.98, style.drawable(band, 12), va="top", weight="bold", fontsize=9, color=color, **where)
    axes.text(1.085, 0.96, in_words(looked), va="top", fontsize=7, color=SOFT, linespacing=1.45, **where)


def _legend(figure: Figure) -> None:
    handles = [
        Patch(color=SOFT, label="detected"),
        Patch(color=SOFT, alpha=0.3, linewidth=0, label="not detected"),
    ]
    figure.legend(
        handles=handles, loc="upper right", ncols=2, columnspacing=1.0, frameon=False, labelcolor=INK,
        prop={"family": FONT, "size": 7.5}, handlelength=0.9, handletextpad=0.5, borderpad=0.2,
    )  # fmt: skip
