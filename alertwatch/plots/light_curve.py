"""The figure of a light curve: difference magnitudes over time, with limits and forced photometry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from alertwatch import photometry, times
from alertwatch.alert import LightCurve
from alertwatch.plots import style
from alertwatch.plots.style import DPI, FONT, INK, SOFT

SIZE = (6.0, 3.5)  # inches: 1200 × 700 pixels
WINDOW_DAYS = 60.0
FORCED_SIGMA = 3.0  # forced photometry below it has no magnitude worth showing
FAR = 4.0  # magnitudes from the median that are off any scale while there are few points


@dataclass(frozen=True)
class Point:
    """What is drawn once: time [MJD UTC], difference magnitude or limit [AB], its error [mag]."""

    mjd: float
    band: str
    mag: float
    error: float = 0.0
    doubtful: bool = False


def light_curve(
    curve: LightCurve, *, title: str = "", mark_mjd: float | None = None, days: float | None = WINDOW_DAYS
) -> Figure:
    """Draw difference magnitudes (AB, brighter is up) over MJD UTC, with calendar dates above.

    Filled markers are detections with 1-sigma errors; open ones are fainter than the reference, or dubious.
    Downward triangles are 5-sigma limits; small dots forced photometry above 3 sigma. ``mark_mjd`` draws a line
    at the alert. Only the last ``days`` up to it are shown (``None``: all).
    """
    figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white")
    axes = figure.add_axes((0.095, 0.135, 0.87, 0.68))
    style.frame(axes)
    end = _end(curve, mark_mjd)
    seen = _shown(detections(curve), end, days)
    limits = _shown((Point(n.mjd, n.band, n.limit) for n in curve.non_detections), end, days)
    forced = _shown(_forced(curve), end, days)
    _draw(axes, seen, limits, forced)
    _mark(axes, mark_mjd)
    _scale(axes, seen, limits, forced, mark_mjd)
    _label(figure, axes, title)
    if seen or limits or forced:
        _legend(axes, seen, limits, forced, marked=mark_mjd is not None)
    else:
        _say_empty(axes)
    return figure


def detections(curve: LightCurve) -> list[Point]:
    """The detections that have a magnitude, as points by time."""
    points = (
        Point(d.mjd, d.band, d.mag, d.e_mag or 0.0, d.positive is False or d.dubious is True)
        for d in curve.detections
        if d.mag is not None
    )
    return sorted(filter(_finite, points), key=lambda p: p.mjd)


def _forced(curve: LightCurve) -> Iterable[Point]:
    for measured in curve.forced_photometry:
        mag = photometry.magnitude(measured.flux)
        error = photometry.magnitude_error(measured.flux, measured.e_flux)
        if mag is not None and error is not None and measured.flux >= FORCED_SIGMA * (measured.e_flux or 0.0):
            yield Point(measured.mjd, measured.band, mag, error)


def _finite(point: Point) -> bool:
    return math.isfinite(point.mjd) and math.isfinite(point.mag) and math.isfinite(point.error)


def _end(curve: LightCurve, mark_mjd: float | None) -> float:
    epochs = [d.mjd for d in curve.detections] or [n.mjd for n in curve.non_detections]
    epochs = [*epochs, *(() if mark_mjd is None else (mark_mjd,))]
    return max(filter(math.isfinite, epochs), default=math.inf)


def _shown(points: Iterable[Point], end: float, days: float | None) -> list[Point]:
    start = -math.inf if days is None or math.isinf(end) else end - days
    return sorted((p for p in points if _finite(p) and p.mjd >= start), key=lambda p: p.mjd)


def _draw(axes: Axes, seen: Sequence[Point], limits: Sequence[Point], forced: Sequence[Point]) -> None:
    for name in _bands(limits):
        x, y, _ = _columns(limits, name)
        axes.plot(x, y, "v", ms=4.5, mfc="none", mec=style.band(name)[0], mew=0.8, alpha=0.55, gid="limits")
    for name in _bands(forced):
        x, y, e = _columns(forced, name)
        axes.errorbar(
            x, y, e, fmt=".", ms=3.5, color=style.band(name)[0], elinewidth=0.5, alpha=0.45, gid="forced"
        )
    for doubtful in (True, False):
        for name in _bands(seen):
            x, y, e = _columns([p for p in seen if p.doubtful is doubtful], name)
            color, marker = style.band(name)
            face = "white" if doubtful else color
            axes.errorbar(
                x, y, e, fmt=marker, ms=5.5, mfc=face, mec=color if doubtful else "white", ecolor=color,
                mew=0.9 if doubtful else 0.5, elinewidth=1.0, gid="detections", zorder=3,
            )  # fmt: skip


def _columns(points: Iterable[Point], band: str) -> tuple[list[float], list[float], list[float]]:
    own = [p for p in points if p.band == band]
    return [p.mjd for p in own], [p.mag for p in own], [max(p.error, 0.0) for p in own]


def _bands(points: Iterable[Point]) -> list[str]:
    order = list(style.BANDS)
    return sorted({p.band for p in points}, key=lambda b: (order.index(b) if b in order else 99, b))


def _mark(axes: Axes, mjd: float | None) -> None:
    if mjd is None or not math.isfinite(mjd):
        return
    axes.axvline(mjd, color=style.ALERT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)


def _scale(
    axes: Axes, seen: Sequence[Point], limits: Sequence[Point], forced: Sequence[Point], mark: float | None
) -> None:
    """Limits that show what matters: one wild point, or shallow limits, do not flatten the rest."""
    epochs = [p.mjd for p in (*seen, *limits, *forced)] + ([mark] if mark is not None else [])
    if epochs and all(map(math.isfinite, epochs)):
        middle, half = (min(epochs) + max(epochs)) / 2, max((max(epochs) - min(epochs)) / 2, 1.0)
        axes.set_xlim(middle - 1.06 * half, middle + 1.06 * half)
    mags = _usual([p.mag for p in seen] or [p.mag for p in forced])
    telling = min(mags, default=-math.inf)  # a limit brighter than every detection tells nothing
    mags += _usual([p.mag for p in limits if p.mag >= telling])
    if seen:
        mags += [seen[-1].mag, max(mags) + min(0.2, max(p.error for p in seen))]
    bright, faint = min(mags, default=18.0), max(mags, default=21.0)
    room = max(0.12 * (faint - bright), 0.25)
    axes.set_ylim(faint + room, bright - room)


def _usual(mags: Sequence[float]) -> list[float]:
    if len(mags) < 5:
        return [m for m in mags if abs(m - median(mags)) <= FAR]
    low, _, high = quantiles(mags, n=4)
    reach = 3 * max(high - low, 0.3)
    return [m for m in mags if low - reach <= m <= high + reach]


def _label(figure: Figure, axes: Axes, title: str) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda mjd, _: f"{mjd:.6g}" if mjd % 1 == 0 else f"{mjd:.2f}"))
    above = axes.secondary_xaxis("top")
    above.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    above.xaxis.set_major_formatter(FuncFormatter(lambda mjd, _: _date(mjd, axes.get_xlim())))
    above.tick_params(colors=SOFT, labelsize=7.5, length=3, width=0.8, labelfontfamily=FONT)
    above.spines["top"].set_visible(False)
    axes.set_xlabel("MJD [d, UTC]", fontsize=8, color=INK, fontfamily=FONT)
    axes.set_ylabel("difference magnitude [AB mag]", fontsize=8, color=INK, fontfamily=FONT)
    shown = style.drawable(title)
    size = 9.5 * min(1.0, 58 / max(len(shown), 1))  # a whole headline still fits
    figure.text(0.095, 0.945, shown, fontsize=size, color=INK, weight="bold", fontfamily=FONT, parse_math=False)


def _date(mjd: float, limits: tuple[float, float]) -> str:
    try:
        moment = times.to_datetime(mjd)
    except (OverflowError, ValueError):
        return ""
    days = abs(limits[1] - limits[0])
    return f"{moment:%b %d %H:%M}" if days < 5 else f"{moment:%Y-%m-%d}"


def _legend(
    axes: Axes, seen: Sequence[Point], limits: Sequence[Point], forced: Sequence[Point], *, marked: bool
) -> None:
    handles = []
    for name in _bands((*seen, *limits, *forced)):
        color, marker = style.band(name)
        label = style.drawable(name, 12)
        handles.append(
            Line2D([], [], marker=marker, ls="", color=color, mec="white", ms=6, mew=0.5, label=label)
        )
    if any(p.doubtful for p in seen):
        handles.append(_grey("o", "negative or dubious"))
    if limits:
        handles.append(_grey("v", "5σ limit"))
    if forced:
        handles.append(_grey(".", "forced"))
    if marked:
        handles.append(
            Line2D([], [], color=style.ALERT, linewidth=0.9, linestyle=(0, (4, 3)), label="this alert")
        )
    made = axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.01, 1.085), ncols=len(handles), frameon=False,
        prop={"family": FONT, "size": 7.5}, handletextpad=0.2, handlelength=1.5, columnspacing=0.9,
        borderpad=0.0, labelcolor=INK,
    )  # fmt: skip
    for text in made.get_texts():
        text.set_parse_math(False)


def _grey(marker: str, label: str) -> Line2D:
    return Line2D(
        [], [], marker=marker, ls="", mfc="none" if marker != "." else SOFT, mec=SOFT, ms=5, label=label
    )


def _say_empty(axes: Axes) -> None:
    axes.text(
        0.5, 0.5, "no photometry known", transform=axes.transAxes, ha="center", va="center", fontsize=11,
        color=SOFT, fontfamily=FONT,
    )  # fmt: skip
