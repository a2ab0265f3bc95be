"""How our figures look: colours and markers of the bands, fonts, lines.

Set on each object and never in matplotlib's global settings, since figures are drawn on several threads.
"""

from __future__ import annotations

from functools import cache

from matplotlib import font_manager
from matplotlib.axes import Axes

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
