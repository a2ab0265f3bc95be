"""The figures of colours: against magnitude, and against another colour; of one object in time, or of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from alertwatch.alert import LightCurve
from alertwatch.plots import style
from alertwatch.plots.curves import curve_of
from alertwatch.plots.pairs import WINDOW_DAYS, colours, nearest
from alertwatch.plots.points import Kind
from alertwatch.plots.style import FONT, INK, SOFT

if TYPE_CHECKING:
    from alertwatch.plots.curves import Curve

    Curves: TypeAlias = Curve | Mapping[str, Curve]

SIZE = (5.0, 4.2)
BOX = (0.125, 0.115, 0.70, 0.745)

MOST_JOINED = 20  # pairs; a line through more is a tangle


@dataclass(frozen=True)
class Place:
    """A point of the diagram, with its errors (0: not known) and, of one object, the time [MJD UTC]."""

    x: float
    y: float
    e_x: float = 0.0
    e_y: float = 0.0
    mjd: float = 0.0


def colour_magnitude(
    curves: Curves,
    *,
    bands: tuple[str, str] = ("g", "r"),
    kind: Kind = "difference",
    window: float = WINDOW_DAYS,
    classes: Mapping[str, str] | None = None,
    title: str = "",
) -> Figure:
    """Draw a colour (first minus second band) and the magnitude of the second band, brighter up.

    Of one light curve: every pair of measurements, coloured by time. Of many (id → light curve): the
    median of each object's, coloured by ``classes`` (id → class). Colours are of pairs that are each other's
    nearest in time, at most ``window`` days apart; nothing is corrected for extinction.
    """

    def places(curve: LightCurve) -> list[Place]:
        found = colours(curve, *bands, kind=kind, window=window)
        return [Place(c.value, c.mag, c.error, c.e_mag, c.mjd) for c in found]

    figure, axes = style.panel(SIZE, title, BOX)
    _draw(figure, axes, curves, places, classes, f"no {bands[0]} and {bands[1]} within {window:g} d")
    axes.invert_yaxis()
    style.labels(axes, _label(bands, kind), f"{bands[1]} {kind} magnitude [AB mag]")
    return figure


def colour_colour(
    curves: Curves,
    *,
    bands: tuple[str, str, str] = ("g", "r", "i"),
    kind: Kind = "difference",
    window: float = WINDOW_DAYS,
    classes: Mapping[str, str] | None = None,
    title: str = "",
) -> Figure:
    """Draw two colours (first minus second, second minus third band); otherwise as `colour_magnitude`.

    Two colours belong together where they are each other's nearest in time and at most ``window`` days apart.
    """
    blue, red = bands[:2], bands[1:]

    def places(curve: LightCurve) -> list[Place]:
        first, second = (colours(curve, *pair, kind=kind, window=window) for pair in (blue, red))
        return [
            Place(a.value, b.value, a.error, b.error, (a.mjd + b.mjd) / 2)
            for a, b in nearest(first, second, window)
        ]

    figure, axes = style.panel(SIZE, title, BOX)
    _draw(figure, axes, curves, places, classes, f"no {', '.join(bands)} within {window:g} d")
    style.labels(axes, _label(blue, kind), _label(red, kind))
    return figure


def _draw(
    figure: Figure,
    axes: Axes,
    curves: Curves,
    places: Callable[[LightCurve], list[Place]],
    classes: Mapping[str, str] | None,
    empty: str,
) -> None:
    if not isinstance(curves, Mapping):
        found = places(curve_of(curves))
        if found:
            _track(figure, axes, found)
    else:
        many = {oid: made for oid, curve in curves.items() if (made := places(curve_of(curve)))}
        found = [_median(made) for made in many.values()]
        _population(axes, found, [(classes or {}).get(oid, "") for oid in many])
    if not found:
        style.say_empty(axes, empty)


def _track(figure: Figure, axes: Axes, found: Sequence[Place]) -> None:
    """One object: its points by time, joined, with a bar that tells the days."""
    x, y = [p.x for p in found], [p.y for p in found]
    if len(found) <= MOST_JOINED:
        axes.plot(x, y, color=SOFT, linewidth=0.6, alpha=0.5, zorder=1)
    axes.errorbar(
        x, y, [p.e_y for p in found], [p.e_x for p in found], fmt="none", ecolor=SOFT, elinewidth=0.7,
        alpha=0.6, zorder=2,
    )  # fmt: skip
    days = [p.mjd - found[0].mjd for p in found]
    drawn = axes.scatter(
        x, y, c=days, cmap="viridis_r", s=30, edgecolors=INK, linewidths=0.4, zorder=3, gid="objects"
    )
    if len(found) > 1:
        box = figure.add_axes((BOX[0] + BOX[2] + 0.025, BOX[1], 0.022, BOX[3]))
        bar = figure.colorbar(drawn, cax=box)
        bar.outline.set_visible(False)
        box.tick_params(labelsize=7.5, colors=SOFT, length=2, labelfontfamily=FONT)
        box.set_ylabel(f"days since MJD {found[0].mjd:.2f} [d]", fontsize=8, color=INK, fontfamily=FONT)


def _population(axes: Axes, found: Sequence[Place], names: Sequence[str]) -> None:
    colors = style.colours(name for name in names if name) | {"": style.OTHER[0]}
    style.scatter(axes, [p.x for p in found], [p.y for p in found], [colors[name] for name in names])
    signs = style.groups(names, colors)
    if signs:
        style.legend(axes, signs, loc="upper left", bbox_to_anchor=(1.0, 1.0), ncols=1)


def _median(found: Sequence[Place]) -> Place:
    return Place(median(p.x for p in found), median(p.y for p in found))


def _label(bands: Sequence[str], kind: Kind) -> str:
    return f"{bands[0]} − {bands[1]} ({kind}) [AB mag]"
