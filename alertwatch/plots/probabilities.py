"""The figure of class probabilities: horizontal bars, one panel for each classifier."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alertwatch.alert import Classification
from alertwatch.plots import style
from alertwatch.plots.style import FONT, INK, SOFT

WIDTH = 6.0
ROW, HEAD, FOOT = 0.21, 0.38, 0.45  # inches: a bar, a classifier's name, what is below the last panel
MOST = 8  # classes of one classifier; the others are summed up

Told = Mapping[str, Mapping[str, float | None]] | Iterable[Classification]


def class_probabilities(told: Told, *, title: str = "") -> Figure:
    """Draw what each classifier says: bars from 0 to 1, the most probable class on top, with its value.

    ``told``: `Classification` values, or classifier → class → probability. Classes beyond the eighth of a
    classifier are summed up as "n others".
    """
    panels = [(name, rows(found)) for name, found in _by_classifier(told)]
    heights = [HEAD + ROW * max(len(found), 1) for _, found in panels] or [1.2]
    total = 0.32 + sum(heights) + FOOT
    figure = Figure(figsize=(WIDTH, total), dpi=style.DPI, facecolor="white")
    style.headline(figure, title, 0.025)
    if not panels:
        axes = figure.add_axes((0.1, 0.2, 0.8, 0.6))
        axes.set_axis_off()
        style.say_empty(axes, "no classification known")
        return figure
    top = total - 0.32
    for number, ((name, found), height) in enumerate(zip(panels, heights, strict=True)):
        bottom = top - height
        axes = figure.add_axes((0.2, bottom / total, 0.7, (height - HEAD) / total))
        _panel(axes, name, found, last=number == len(panels) - 1)
        top = bottom
    return figure


def rows(probabilities: Mapping[str, float | None]) -> list[tuple[str, float]]:
    """Classes with their probabilities, the most probable first; what is no number is left out."""
    known = [(name, p) for name, p in probabilities.items() if p is not None and math.isfinite(p)]
    ranked = sorted(known, key=lambda row: -row[1])
    if len(ranked) > MOST:
        others = ranked[MOST - 1 :]
        return [*ranked[: MOST - 1], (f"{len(others)} others", sum(p for _, p in others))]
    return ranked


def _by_classifier(told: Told) -> list[tuple[str, Mapping[str, float | None]]]:
    if isinstance(told, Mapping):
        return list(told.items())
    return [(" ".join(filter(None, (one.classifier, one.version))), one.probabilities) for one in told]


def _panel(axes: Axes, name: str, found: list[tuple[str, float]], *, last: bool) -> None:
    axes.set_title(
        style.drawable(name), loc="left", fontsize=8, color=INK, fontfamily=FONT, weight="bold", pad=4,
        parse_math=False,
    )  # fmt: skip
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.spines["left"].set_color("#aab2bf")
    axes.set_xlim(0.0, 1.0)
    axes.tick_params(colors=SOFT, labelsize=7.5, length=0, labelfontfamily=FONT, labelbottom=last)
    axes.grid(visible=True, axis="x", color=style.RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    _bars(axes, found)
    if last:
        axes.set_xlabel("probability", fontsize=8, color=INK, fontfamily=FONT)


def _bars(axes: Axes, found: list[tuple[str, float]]) -> None:
    if not found:
        style.say_empty(axes, "says nothing")
        axes.set_yticks([])
        return
    places = range(len(found))
    colours = style.colours(name for name, _ in found) | {name: style.OTHER[0] for name, _ in found[MOST - 1 :]}
    axes.barh(places, [p for _, p in found], height=0.72, color=[colours[name] for name, _ in found])
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_yticks(places, [style.drawable(name, 20) for name, _ in found], color=INK)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    for place, (_, p) in zip(places, found, strict=True):
        axes.text(
            max(min(p, 1.0), 0.0) + 0.012, place, f"{p:.2f}", va="center", fontsize=7.5, color=INK,
            fontfamily=FONT, weight="bold" if not place else "normal",
        )  # fmt: skip
