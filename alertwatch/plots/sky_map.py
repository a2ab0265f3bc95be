"""The figure of positions on the whole sky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, NullFormatter

from alertwatch.plots import columns, mollweide, style
from alertwatch.plots.mollweide import Floats
from alertwatch.plots.style import FONT, INK, SOFT

if TYPE_CHECKING:
    from pandas import DataFrame

SIZE = (7.0, 4.25)
BOX = (0.055, 0.075, 0.89, 0.76)
MANY = 5_000  # points beyond which only their density can be read
HEXAGONS = 90  # across the sky: 2.5 degrees each
IN_A_ROW = 6  # entries of the legend
LINES: dict[str, tuple[str, Any, float]] = {
    "galactic plane": ("#5b6575", "-", 1.1),
    "ecliptic": ("#a67c00", (0, (5, 3)), 1.0),
}


def sky_map(frame: DataFrame, *, by: str | None = None, title: str = "") -> Figure:
    """Draw positions (columns ``ra``, ``dec``: degrees, ICRS) on a Mollweide map, RA increasing to the left.

    Points are coloured ``by`` a column (by default ``class_name``, else ``filter``); more than 5,000 are shown
    as counts in hexagons of equal area. Galactic plane (its centre is ×) and ecliptic are drawn. Raises
    `ValueError` where a column is missing.
    """
    rows, (ra, dec) = columns.numbers(frame, "ra", "dec")
    figure = Figure(figsize=SIZE, dpi=style.DPI, facecolor="white")
    style.headline(figure, title or columns.counted(len(rows), "match", "matches"), BOX[0])
    axes = figure.add_axes(BOX)
    _ground(axes)
    x, y = mollweide.project(ra, dec)
    if not len(rows):
        style.say_empty(axes, "no position known")
    elif len(rows) > MANY:
        _density(figure, axes, x, y)
    else:
        names, colours = columns.groups(rows, by or columns.default_by(rows))
        style.scatter(axes, x, y, [colours[name] for name in names])
        if signs := style.groups(names.tolist(), colours):
            style.legend(axes, signs, bbox_to_anchor=(1.0, 0.99), ncols=min(len(signs), IN_A_ROW))
    if left_out := len(frame) - len(rows):
        style.remark(axes, f"{left_out:,} without a position")
    return figure


def _ground(axes: Axes) -> None:
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_xlim(-2.08, 2.08)
    axes.set_ylim(-1.06, 1.06)
    axes.fill(*mollweide.outline(), facecolor="#fbfcfe", edgecolor="#aab2bf", linewidth=0.9, zorder=0)
    for x, y in mollweide.grid():
        axes.plot(x, y, color=style.RULE, linewidth=0.6, zorder=0.5)
    for name, matrix in mollweide.PLANES.items():
        color, dashes, width = LINES[name]
        x, y = mollweide.plane(matrix)
        axes.plot(x, y, color="white", linewidth=width + 1.0, alpha=0.6, zorder=2)
        axes.plot(x, y, color=color, linestyle=dashes, linewidth=width, alpha=0.85, zorder=2, gid=name)
    centre = mollweide.project(*mollweide.GALACTIC_CENTRE)
    axes.plot(*centre, "x", color=LINES["galactic plane"][0], ms=5, mew=1.3, zorder=2)
    _graduate(axes)
    _explain_lines(axes)


def _graduate(axes: Axes) -> None:
    for hours in range(4, 24, 4):
        x, y = mollweide.project(15.0 * hours, 0.0)
        _word(axes, float(x), float(y) - 0.015, f"{hours}ʰ", va="top", ha="center")
    for degrees in mollweide.DEC_DEGREES:
        x, y = mollweide.project(359.999, degrees)
        _word(axes, float(x) - 0.03, float(y), mollweide.signed(degrees), va="center", ha="right")
    axes.text(
        0.5, -0.015, "RA [h] and Dec [deg], ICRS; RA increases to the left", transform=axes.transAxes,
        ha="center", va="top", fontsize=8, color=INK, fontfamily=FONT,
    )  # fmt: skip


def _word(axes: Axes, x: float, y: float, word: str, *, va: str, ha: str) -> None:
    axes.text(
        x, y, word, va=va, ha=ha, fontsize=7, color=SOFT, fontfamily=FONT, zorder=4,
        path_effects=[withStroke(linewidth=2.0, foreground="white")],
    )  # fmt: skip


def _density(figure: Figure, axes: Axes, x: Floats, y: Floats) -> None:
    drawn = axes.hexbin(
        x, y, gridsize=(HEXAGONS, HEXAGONS // 4), extent=(-2, 2, -1, 1), mincnt=1, cmap="viridis_r",
        norm=LogNorm(), linewidths=0.1, zorder=1.5, gid="objects",
    )  # fmt: skip
    drawn.set_clip_path(Polygon(np.column_stack(mollweide.outline()), transform=axes.transData))
    box = figure.add_axes((0.05, 0.09, 0.17, 0.018))
    bar = figure.colorbar(drawn, cax=box, orientation="horizontal")
    bar.outline.set_visible(False)
    box.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    box.xaxis.set_minor_formatter(NullFormatter())
    box.tick_params(labelsize=7, colors=SOFT, length=2, labelfontfamily=FONT)
    box.set_title("matches per hexagon", fontsize=7, color=INK, fontfamily=FONT, pad=2)


def _explain_lines(axes: Axes) -> None:
    lines = [Line2D([], [], color=c, linestyle=d, linewidth=w, label=name) for name, (c, d, w) in LINES.items()]
    grey = LINES["galactic plane"][0]
    lines.append(Line2D([], [], marker="x", ls="", ms=5, mew=1.3, color=grey, label="galactic centre"))
    legend = axes.legend(
        handles=lines, loc="lower right", bbox_to_anchor=(1.0, -0.03), frameon=False, handlelength=2.0,
        prop={"family": FONT, "size": 7}, labelcolor=SOFT,
    )  # fmt: skip
    axes.add_artist(legend)  # beside the legend of the points
