"""How our figures look: colours and markers of the bands, fonts, lines.

Set on each object and never in matplotlib's global settings, since figures are drawn on several threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import zip_longest
from typing import Any

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from alertwatch.taxonomy import canonical

# Told apart by the colour-blind (after Okabe & Ito 2008), at least 3:1 on white, and each with its own marker.
BANDS = {
    "u": ("#6a51a3", "p"),
    "g": ("#00896b", "o"),
    "r": ("#cc4b00", "s"),
    "i": ("#a67c00", "D"),
    "z": ("#b8488a", "P"),
    "y": ("#4d2d12", "X"),
}
"""Colour and marker of each band of ZTF and LSST; limits are downward triangles in the band's colour."""

OTHER = ("#555b66", "h")
"""Colour and marker of a band that is not among them."""

CLASSES = {
    "SN": "#cc4b00",
    "SNIa": "#e0741c",
    "SESN": "#9c3d00",
    "SNII": "#b8488a",
    "SNIIn": "#8f2f66",
    "SLSN": "#d81b60",
    "TDE": "#6a51a3",
    "AGN": "#0072b2",
    "QSO": "#3f9bd0",
    "Blazar": "#00527f",
    "VS": "#00896b",
    "E": "#2f9e6e",
    "RRL": "#a67c00",
    "LPV": "#b03a2e",
    "CEP": "#c2569a",
    "DSCT": "#5b4fb0",
    "RSCVn": "#5f8f00",
    "Periodic-Other": "#2b7a78",
    "YSO": "#4d2d12",
    "CV/Nova": "#4f9a76",
    "Microlensing": "#3d3d3d",
    "asteroid": "#4a5a78",
    "satellite": "#8a8d5c",
    "bogus": "#8a919c",
}
"""Colours of classes, the same in every plot: transients warm, nuclei blue, junk grey."""

PALETTE = ("#0072b2", "#cc4b00", "#00896b", "#b8488a", "#a67c00", "#6a51a3", "#3f9bd0", "#4d2d12")
"""For what has no colour of its own: filters, other classes."""

INK, SOFT, RULE, ALERT = "#1b2330", "#5b6575", "#e3e7ee", "#3557c7"

FONT = "DejaVu Sans"  # comes with matplotlib
DPI = 200  # twice what a mail program shows: sharp on dense displays


def band(name: str) -> tuple[str, str]:
    """Colour and marker of a band."""
    return BANDS.get(name, OTHER)


def drawable(text: str, longest: int = 90) -> str:
    """Text as the font can draw it, on one line and not endless."""
    glyphs = _glyphs()
    line = " ".join("".join(c if ord(c) in glyphs else "?" for c in " ".join(text[:500].split())).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont(FONT)).get_charmap())


def frame(axes: Axes) -> None:
    """A light frame and a faint grid behind the data."""
    axes.set_axisbelow(True)
    axes.grid(visible=True, color=RULE, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_color("#aab2bf")
        spine.set_linewidth(0.8)
    axes.tick_params(colors=SOFT, labelsize=7.5, length=3, width=0.8, labelfontfamily=FONT)


def in_order(bands: Iterable[str]) -> list[str]:
    """Bands from blue to red, unknown ones last."""
    order = list(BANDS)
    return sorted(bands, key=lambda b: (order.index(b) if b in order else 99, b))


def colours(names: Iterable[str]) -> dict[str, str]:
    """Colour of each class or filter: always the same for known classes, by order of the alphabet for others.

    What is left when the palette is used up is grey.
    """
    wanted = sorted(set(names))
    found = {name: CLASSES[canonical(name)] for name in wanted if canonical(name) in CLASSES}
    free = [colour for colour in PALETTE if colour not in found.values()]
    rest = [name for name in wanted if name not in found]
    return {**dict(zip_longest(rest, free[: len(rest)], fillvalue=OTHER[0])), **found} if rest else found


def panel(size: tuple[float, float], title: str, box: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """A figure of a ``size`` [inch], a headline, a framed panel at ``box`` (left, bottom, width, height)."""
    made = Figure(figsize=size, dpi=DPI, facecolor="white")
    axes = made.add_axes(box)
    frame(axes)
    headline(made, title, box[0])
    return made, axes


def headline(figure: Figure, title: str, left: float) -> None:
    """The title, small enough to fit as a whole."""
    shown = drawable(title)
    size = 9.5 * min(1.0, 58 / max(len(shown), 1))
    above = 1 - 0.055 * 3.5 / figure.get_figheight()
    figure.text(left, above, shown, fontsize=size, color=INK, weight="bold", fontfamily=FONT, parse_math=False)


def labels(axes: Axes, x: str, y: str) -> None:
    """What the axes show, with units."""
    axes.set_xlabel(x, fontsize=8, color=INK, fontfamily=FONT)
    axes.set_ylabel(y, fontsize=8, color=INK, fontfamily=FONT)


def legend(axes: Axes, handles: Sequence[Line2D], **where: Any) -> None:
    """A legend without a frame: in a row above the panel on the right, unless ``where`` says so."""
    place = {"loc": "lower right", "bbox_to_anchor": (1.01, 1.085), "ncols": max(len(handles), 1), **where}
    made = axes.legend(
        handles=list(handles), frameon=False, prop={"family": FONT, "size": 7.5}, handletextpad=0.4,
        handlelength=1.5, columnspacing=0.9, borderpad=0.0, labelcolor=INK, **place,
    )  # fmt: skip
    for text in made.get_texts():
        text.set_parse_math(False)


def sign(label: str, marker: str, color: str, *, filled: bool = True) -> Line2D:
    """An entry of a legend."""
    return Line2D(
        [], [], marker=marker, ls="", color=color, mfc=color if filled else "none", ms=6 if filled else 5,
        mec="white" if filled else color, mew=0.5 if filled else 0.8, label=drawable(label, 24),
    )  # fmt: skip


def groups(names: Sequence[str], colours: Mapping[str, str]) -> list[Line2D]:
    """Entries of a legend for groups of points, with how many there are of each."""
    counts = Counter(names)
    return [sign(f"{name} ({counts[name]:,})", "o", colour) for name, colour in colours.items() if name]


def scatter(axes: Axes, x: Any, y: Any, colors: Sequence[str]) -> None:
    """Points of many objects: the smaller the more there are; beyond 1,000 an image also in vector formats."""
    size = min(max(400 / max(len(colors), 1) ** 0.5, 6.0), 36.0)
    axes.scatter(
        x, y, s=size, c=list(colors), edgecolors="white", linewidths=0.4, zorder=3, gid="objects",
        rasterized=len(colors) > 1000,
    )  # fmt: skip


def say_empty(axes: Axes, sentence: str) -> None:
    """Where data would be: that there are none, and no scale that means nothing."""
    axes.tick_params(which="both", bottom=False, left=False, labelbottom=False, labelleft=False)
    axes.grid(visible=False)
    axes.text(
        0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", fontsize=10, color=SOFT,
        fontfamily=FONT, parse_math=False, zorder=5,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2.0},
    )  # fmt: skip


def remark(axes: Axes, sentence: str) -> None:
    """A small remark in the lower left corner of the panel."""
    axes.text(
        0.012, 0.02, sentence, transform=axes.transAxes, ha="left", va="bottom", fontsize=7, color=SOFT,
        fontfamily=FONT, bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.0}, zorder=5,
    )  # fmt: skip
