"""The figure of a light curve: magnitudes or fluxes over time or phase, with limits and forced photometry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from alertwatch.plots import dates, style
from alertwatch.plots.axis import Axis, axis_of, y_label
from alertwatch.plots.columns import counted
from alertwatch.plots.curves import curve_of
from alertwatch.plots.points import Kind, Point, Points, bands, points
from alertwatch.plots.scale import flux_range, flux_unit, magnitude_range, off_scale
from alertwatch.plots.style import SOFT

if TYPE_CHECKING:
    from alertwatch.plots.curves import Curve

SIZE = (6.0, 3.5)  # inches: 1200 × 700 pixels
BOX = (0.115, 0.135, 0.85, 0.68)
WINDOW_DAYS = 60.0
DASHES, REFERENCE = (0, (4, 3)), (0, (1.5, 2))
MARKER, SMALLEST = 5.5, 2.5  # points; of a few detections, and of thousands
FEW = 60  # detections up to which markers are large
MANY = 3000  # points beyond which a vector format holds them as an image


def light_curve(
    curve: Curve,
    *,
    title: str = "",
    kind: Kind = "difference",
    period: float | None = None,
    since_first: bool = False,
    mark_mjd: float | None = None,
    days: float | None = WINDOW_DAYS,
) -> Figure:
    """Draw a light curve over MJD UTC, with calendar dates above; magnitudes are AB and brighter is up.

    ``kind``: "difference" or "apparent" magnitudes, or "flux" (of the difference; nJy, µJy or mJy).
    Filled markers are detections with 1-sigma errors (no bar: the error is not known); open ones are doubtful:
    negative or dubious, in apparent magnitudes those whose reference is another source. Downward triangles are
    5-sigma limits; small dots forced photometry (as magnitudes, that above 3 sigma). Dotted lines are the
    reference image's apparent magnitudes.

    ``curve``: a `LightCurve`, or the table that ``alertwatch.light_curve`` gives. ``period`` [d] folds: phase
    0 … 2, without limits. ``since_first`` counts days from the first detection. ``mark_mjd`` draws a line at
    the alert. Only the last ``days`` up to it are shown (``None``: all). Raises `ValueError` for a kind or
    a period that is none.
    """
    found = points(curve_of(curve), kind, until=mark_mjd, days=days)
    axis = axis_of(found, period=period, since_first=since_first)
    figure, axes = style.panel(SIZE, axis.titled(title), BOX)
    if not found.all:
        style.say_empty(axes, axis.empty)
        style.labels(axes, axis.label, y_label(kind, "nJy"))
        axes.set_ylim((21.5, 17.5) if kind != "flux" else (-1.0, 1.0))
        return figure
    mark = None if axis.folded or mark_mjd is None or not math.isfinite(mark_mjd) else mark_mjd
    unit = _scale_y(axes, found)
    shown = axis.shown(found)
    _draw(axes, shown, axis, unit[1])
    for name, mag in found.reference:
        color = style.band(name)[0]
        axes.axhline(mag, color=color, lw=0.8, ls=REFERENCE, alpha=0.6, zorder=1, gid="reference")
    _scale_x(axes, axis, [p.mjd for p in shown.all] + ([mark] if mark is not None else []))
    if mark is not None:
        axes.axvline(axis.place(mark), color=style.ALERT, linewidth=0.9, linestyle=DASHES, zorder=1)
    _label(axes, axis, y_label(kind, unit[0]))
    above = {"bbox_to_anchor": (1.01, 1.0)} if axis.folded else {}  # there are no dates above a phase
    style.legend(axes, _signs(shown, marked=mark is not None), **above)
    return figure


def _draw(axes: Axes, found: Points, axis: Axis, unit: float) -> None:
    many = len(found.all) > MANY
    size = max(SMALLEST, MARKER * min(1.0, FEW / max(len(found.seen), 1)) ** 0.25)
    columns = partial(_columns, place=axis.places, unit=unit)
    for name in bands(found.limits):
        x, y, _ = columns(found.limits, name)
        color = style.band(name)[0]
        axes.plot(
            x, y, "v", ms=0.82 * size, mfc="none", mec=color, mew=0.8, alpha=0.55, gid="limits", rasterized=many
        )
    for name in bands(found.forced):
        x, y, e = columns(found.forced, name)
        axes.errorbar(
            x, y, e, fmt=".", ms=3.5, color=style.band(name)[0], elinewidth=0.5, alpha=0.45, gid="forced",
            rasterized=many,
        )  # fmt: skip
    for doubtful in (True, False):
        for name in bands(found.seen):
            x, y, e = columns([p for p in found.seen if p.doubtful is doubtful], name)
            color, marker = style.band(name)
            face = "white" if doubtful else color
            axes.errorbar(
                x, y, e, fmt=marker, ms=size, mfc=face, mec=color if doubtful else "white", ecolor=color,
                mew=(0.16 if doubtful else 0.09) * size, elinewidth=0.18 * size, gid="detections", zorder=3,
                rasterized=many,
            )  # fmt: skip


def _columns(
    found: Iterable[Point], band: str, *, place: Callable[[float], Sequence[float]], unit: float
) -> tuple[list[float], list[float], list[float]]:
    """Places, values and errors; a folded point has two places."""
    rows = [(x, p.value / unit, p.error / unit) for p in found if p.band == band for x in place(p.mjd)]
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def _scale_x(axes: Axes, axis: Axis, epochs: Sequence[float]) -> None:
    if axis.folded:
        axes.set_xlim(0.0, 2.0)
        return
    first, last = axis.place(min(epochs)), axis.place(max(epochs))
    middle, half = (first + last) / 2, max((last - first) / 2, 1.0)
    axes.set_xlim(middle - 1.06 * half, middle + 1.06 * half)


def _scale_y(axes: Axes, found: Points) -> tuple[str, float]:
    """Set the limits, say what lies outside; returns the unit of a flux, and what it is in nJy."""
    name, size = flux_unit((*found.seen, *found.forced)) if found.kind == "flux" else ("", 1.0)
    limits = flux_range(found) if found.kind == "flux" else magnitude_range(found)
    axes.set_ylim(limits[0] / size, limits[1] / size)
    if found.kind == "flux":
        axes.axhline(0.0, color=SOFT, linewidth=0.7, zorder=1)
    if said := _left_out(found, off_scale(found, limits)):
        style.remark(axes, said)
    return name, size


def _label(axes: Axes, axis: Axis, y: str) -> None:
    style.labels(axes, axis.label, y)
    if axis.folded:
        return
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.6g}" if x % 1 == 0 else f"{x:.2f}"))
    dates.above(axes, axis.zero)


def _left_out(found: Points, outside: int) -> str:
    """What is not on the panel, in words."""
    kind = "" if found.kind == "flux" else f"{found.kind} magnitude"
    article = "an" if found.kind == "apparent" else "a"
    parts = []
    if outside:
        parts.append(f"{counted(outside, 'measurement')} off the scale")
    if found.without:
        parts.append(f"{counted(found.without, 'detection')} without {article} {kind or 'flux'}")
    return " · ".join(parts)


def _signs(found: Points, *, marked: bool) -> list[Line2D]:
    signs = [style.sign(name[:12], style.band(name)[1], style.band(name)[0]) for name in found.bands]
    if any(p.doubtful for p in found.seen):
        signs.append(style.sign(doubt(found.kind), "o", SOFT, filled=False))
    if found.limits:
        signs.append(style.sign("5σ limit", "v", SOFT, filled=False))
    if found.forced:
        signs.append(Line2D([], [], marker=".", ls="", color=SOFT, ms=5, label="forced"))
    if found.reference:
        signs.append(Line2D([], [], color=SOFT, linewidth=0.8, linestyle=REFERENCE, label="reference"))
    if marked:
        signs.append(Line2D([], [], color=style.ALERT, linewidth=0.9, linestyle=DASHES, label="this alert"))
    return signs


def doubt(kind: Kind) -> str:
    """What an open marker means."""
    words = {"difference": "negative or dubious", "apparent": "dubious or blended", "flux": "dubious"}
    return words[kind]
