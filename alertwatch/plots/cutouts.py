"""The figure of an alert's three images: science, template, difference, with scale and compass."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alertwatch.alert import Cutouts
from alertwatch.plots import style
from alertwatch.plots.stamps import Stamp, stamps
from alertwatch.plots.style import DPI, FONT, INK, SOFT

SIZE = (6.0, 2.16)  # inches: 1200 × 432 pixels
TITLE = 0.26  # inches above, where there is a title
FREE = 4.0  # pixels from the source on which nothing is drawn: two to three times the seeing
BAR_ARCSEC = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)


def cutouts(images: Cutouts, survey: str, *, title: str = "") -> Figure | None:
    """Draw the three images; ``None`` if none of them can be read. ``survey``: "ztf" or "lsst".

    Dark is bright: in the difference what got brighter is dark, what got fainter white. Grey scale by arcsinh
    between the 1st and 99.5th percentile of each image. Two strokes point at the source, a bar shows the scale
    [arcsec], arrows north and east, where the survey or the image tells them.
    """
    found = stamps(images, survey)
    return draw(found, title) if any(found.values()) else None


def draw(found: dict[str, Stamp | None], title: str = "") -> Figure:
    """The figure of `stamps`; what is missing says so."""
    width, height = SIZE
    above = TITLE if title else 0.0
    figure = Figure(figsize=(width, height + above), dpi=DPI, facecolor="white")
    part = height / (height + above)
    style.headline(figure, title, 0.008)
    explained = False
    for number, (kind, stamp) in enumerate(found.items()):
        axes = figure.add_axes((0.008 + number * 0.3307, 0.02 * part, 0.3227, 0.8963 * part))
        _panel(axes, kind, stamp)
        if stamp is not None and stamp.to_sky is not None and not explained:
            _bar(axes, stamp)
            _compass(axes, stamp.to_sky, stamp.pixels.shape)
            explained = True
    return figure


def _panel(axes: Axes, kind: str, stamp: Stamp | None) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#f1f3f6")
    for spine in axes.spines.values():
        spine.set_color("#aab2bf")
    axes.set_title(kind.capitalize(), fontsize=8.5, color=INK, pad=4, fontfamily=FONT)
    if stamp is None:
        where: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(0.5, 0.5, "not available", fontsize=9, color=SOFT, fontfamily=FONT, **where)
        return
    axes.imshow(scaled(stamp.pixels), cmap="gray_r", origin="lower", vmin=0, vmax=1, interpolation="nearest")
    if stamp.target is not None:
        _cross(axes, stamp.target, stamp.pixels.shape)


def scaled(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels between 0 and 1 by arcsinh from the 1st to the 99.5th percentile (or 6 sigma); NaN stays NaN."""
    known = pixels[np.isfinite(pixels)]
    low, middle, high = np.percentile(known, [1.0, 50.0, 99.5])
    noise = 1.48 * float(np.median(np.abs(known - middle)))
    high = max(high, middle + 6 * noise)  # where there is little but noise, it must not look like sources
    width = max(high - low, 1e-12)
    soft = max(float(middle - low) / width, 0.001)  # arcsinh is linear over the noise, logarithmic above it
    with np.errstate(invalid="ignore", over="ignore"):
        part = np.clip(np.where(np.isfinite(pixels), (pixels - low) / width, np.nan), 0.0, 1.0)
    result: NDArray[np.float64] = np.arcsinh(part / soft) / np.arcsinh(1.0 / soft)
    return result


def _cross(axes: Axes, target: tuple[float, float], shape: tuple[int, ...]) -> None:
    """Two strokes that leave the source itself free."""
    x, y = target
    outer = FREE + 0.1 * shape[1]
    for dx, dy in ((1, 0), (0, 1)):
        axes.plot(
            [x + dx * FREE, x + dx * outer], [y + dy * FREE, y + dy * outer], color="#e0245e", linewidth=1.4,
            solid_capstyle="butt",
        )  # fmt: skip
    axes.set_xlim(-0.5, shape[1] - 0.5)
    axes.set_ylim(-0.5, shape[0] - 0.5)


def _bar(axes: Axes, stamp: Stamp) -> None:
    pixel, width = stamp.pixel or 1.0, stamp.pixels.shape[1]
    length = max((b for b in BAR_ARCSEC if b / pixel <= 0.4 * width), default=BAR_ARCSEC[0])
    left, low = 0.05 * width, 0.06 * stamp.pixels.shape[0]
    _stroke(axes, [left, left + length / pixel], [low, low])
    _word(axes, left, 1.35 * low, f"{length:g}″", ha="left", va="bottom")


def _compass(axes: Axes, to_sky: NDArray[np.float64], shape: tuple[int, ...]) -> None:
    """North and east as arrows of equal length, in the upper right corner whatever their directions."""
    size = 0.12 * min(shape)
    east, north = (size * column / np.hypot(*column) for column in np.linalg.inv(to_sky).T)
    reach = np.array([np.zeros(2), 1.45 * north, 1.45 * east])
    start = np.array([0.94 * shape[1], 0.94 * shape[0]]) - reach.max(axis=0)
    for word, arrow in (("N", north), ("E", east)):
        tip = start + arrow
        _stroke(axes, [start[0], tip[0]], [start[1], tip[1]])
        x, y = start + 1.45 * arrow
        _word(axes, x, y, word, ha="center", va="center")


def _stroke(axes: Axes, x: list[float], y: list[float]) -> None:
    axes.plot(x, y, color="white", linewidth=3.0, solid_capstyle="round")
    axes.plot(x, y, color="#1d4ed8", linewidth=1.3, solid_capstyle="round")


def _word(axes: Axes, x: float, y: float, word: str, **where: Any) -> None:
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8}
    axes.text(x, y, word, fontsize=7, color="#1d4ed8", weight="bold", fontfamily=FONT, bbox=box, **where)
