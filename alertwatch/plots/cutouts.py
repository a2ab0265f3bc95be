"""The figure of an alert's three images: science, template, difference, with scale and compass."""

from __future__ import annotations

import gzip
import io
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alertwatch.alert import Cutouts, Survey
from alertwatch.plots.style import DPI, FONT, INK, SOFT

SIZE = (6.0, 2.16)  # inches: 1200 × 432 pixels
KINDS = ("science", "template", "difference")
LARGEST = 20_000_000  # bytes of an unpacked image; survey stamps have less than a hundredth
BAR_ARCSEC = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

# ZTF's stamps have no WCS. Row 0 is north and column 0 east: so Pan-STARRS neighbours of known position fall on
# their images in the template, and under no other orientation. 1.01 arcsec per pixel.
ZTF_PIXEL = 1.01

_SIMPLE = b"SIMPLE  =                    T".ljust(80)  # ZTF writes its T in a column that astropy warns of


@dataclass(frozen=True)
class Stamp:
    """An image, first row at the bottom. ``to_sky`` takes pixel offsets (x, y) to arcsec (east, north)."""

    pixels: NDArray[np.float64]
    to_sky: NDArray[np.float64] | None = None
    target: tuple[float, float] | None = None

    @property
    def pixel(self) -> float | None:
        """The size of a pixel, arcsec."""
        return None if self.to_sky is None else math.sqrt(abs(float(np.linalg.det(self.to_sky))))


def stamps(images: Cutouts, survey: str) -> dict[str, Stamp | None]:
    """The images by kind, in the order in which they are shown; ``None`` where there is none to read."""
    return {kind: read(getattr(images, kind), survey) for kind in KINDS}


def cutouts(images: Cutouts, survey: str) -> Figure | None:
    """Draw the three images; ``None`` if none of them can be read. ``survey``: "ztf" or "lsst".

    Grey scale by arcsinh between the 1st and 99.5th percentile of each image. Two strokes point at the source,
    a bar shows the scale [arcsec], arrows north and east, where the survey or the image tells them.
    """
    found = stamps(images, survey)
    return draw(found) if any(found.values()) else None


def draw(found: dict[str, Stamp | None]) -> Figure:
    """The figure of `stamps`; what is missing says so."""
    figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white")
    explained = False
    for number, (kind, stamp) in enumerate(found.items()):
        axes = figure.add_axes((0.008 + number * 0.3307, 0.02, 0.3227, 0.8963))
        _panel(axes, kind, stamp)
        if stamp is not None and stamp.to_sky is not None and not explained:
            _bar(axes, stamp)
            _compass(axes, stamp.to_sky, stamp.pixels.shape)
            explained = True
    return figure


def read(image: bytes | None, survey: str) -> Stamp | None:
    """A stamp from FITS (or gzipped FITS) bytes; ``None`` where there is no image in them."""
    from astropy.io import fits  # noqa: PLC0415 - slow to load, and a light curve needs none of it

    if not image:
        return None
    try:
        with fits.open(io.BytesIO(_unpacked(image)), ignore_missing_simple=True) as units:
            return _stamp(np.array(units[0].data, dtype=np.float64), units[0].header, survey)
    except Exception:  # bytes from outside fail in many ways; the message matters more than its picture
        return None


def _unpacked(image: bytes) -> bytes:
    if image.startswith(b"\x1f\x8b"):
        with gzip.open(io.BytesIO(image)) as stream:
            image = stream.read(LARGEST)
    return _SIMPLE + image[80:] if image.startswith(b"SIMPLE  =  T ") else image


def _stamp(pixels: NDArray[np.float64], header: Any, survey: str) -> Stamp | None:
    if pixels.ndim != 2 or min(pixels.shape) < 3 or not np.isfinite(pixels).any():
        return None
    if survey == Survey.ZTF:
        whole = (
            pixels.shape[0] == pixels.shape[1]
        )  # else cut off at the detector's edge, source not in the middle
        middle = (pixels.shape[1] - 1) / 2
        north_up = np.array([[-ZTF_PIXEL, 0.0], [0.0, ZTF_PIXEL]])
        return Stamp(np.flipud(pixels), north_up, (middle, middle) if whole else None)
    to_sky = _matrix(header)
    target = (header["CRPIX1"] - 1.0, header["CRPIX2"] - 1.0) if to_sky is not None else None
    return Stamp(pixels, to_sky, target)


def _matrix(header: Any) -> NDArray[np.float64] | None:
    """Rubin's headers have a PC matrix (degrees per pixel) around the source, without projection names."""
    keys = ("PC1_1", "PC1_2", "PC2_1", "PC2_2")
    if not all(key in header for key in keys) or "CRPIX1" not in header:
        return None
    rows = np.array([float(header[key]) for key in keys]).reshape(2, 2)
    found = np.diag([float(header.get("CDELT1", 1.0)), float(header.get("CDELT2", 1.0))]) @ rows * 3600.0
    return found if np.isfinite(found).all() and abs(np.linalg.det(found)) > 1e-6 else None


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
    soft = max(float(middle - low) / width, 0.05)  # arcsinh is linear over the noise, logarithmic above it
    with np.errstate(invalid="ignore", over="ignore"):
        part = np.clip(np.where(np.isfinite(pixels), (pixels - low) / width, np.nan), 0.0, 1.0)
    result: NDArray[np.float64] = np.arcsinh(part / soft) / np.arcsinh(1.0 / soft)
    return result


def _cross(axes: Axes, target: tuple[float, float], shape: tuple[int, ...]) -> None:
    """Two strokes that leave the source itself free."""
    x, y = target
    inner, outer = 0.06 * shape[1], 0.16 * shape[1]
    for dx, dy in ((1, 0), (0, 1)):
        axes.plot(
            [x + dx * inner, x + dx * outer], [y + dy * inner, y + dy * outer], color="#e0245e", linewidth=1.4,
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
