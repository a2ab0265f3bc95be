"""Calendar dates above an axis of days: at beginnings of hours, days, months or years, whichever fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from math import ceil, floor

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, Locator

from alertwatch import times
from alertwatch.plots.style import FONT, SOFT

MOST = 5.9  # steps: six dates fit side by side
DAYS = (1 / 24, 1 / 8, 1 / 4, 1 / 2, 1, 2, 5)
MONTHS = (1 / 3, 1 / 2, 1, 2, 3, 6, 12, 24, 60, 120, 240)
PARTS = {1 / 3: (1, 11, 21), 1 / 2: (1, 16)}  # days of the month
DAYS_OF_MONTH = 30.44
EDGE = 0.03  # of the axis: a date nearer to its right end would be cut off


def above(axes: Axes, zero: float = 0.0) -> None:
    """Write dates above the panel. ``zero``: the MJD (UTC) at the axis' 0."""
    top = axes.secondary_xaxis("top")
    top.xaxis.set_major_locator(_Calendar(zero))
    top.xaxis.set_major_formatter(FuncFormatter(lambda x, _: in_words(x + zero)))
    top.tick_params(colors=SOFT, labelsize=7.5, length=3, width=0.8, labelfontfamily=FONT)
    top.spines["top"].set_visible(False)


def ticks(first: float, last: float) -> list[float]:
    """The MJDs of a few beginnings of hours, days, months or years; none outside of the years 1 … 9999."""
    span = last - first
    for days in DAYS:
        if span <= MOST * days:
            return [days * n for n in range(ceil(first / days), floor(last / days) + 1)]
    for months in MONTHS:
        if span <= MOST * months * DAYS_OF_MONTH:
            try:
                begin, end = times.to_datetime(first), times.to_datetime(last)
            except (OverflowError, ValueError):
                return []
            return [mjd for mjd in _beginnings(begin, end, months) if first <= mjd <= last]
    return []


def in_words(mjd: float) -> str:
    """A midnight as a date, another time as hours and minutes; nothing where the calendar ends."""
    try:
        moment = times.to_datetime(round(mjd * 86_400) / 86_400)
    except (OverflowError, ValueError):
        return ""
    return f"{moment:%Y-%m-%d}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%H:%M}"


def _beginnings(first: datetime, last: datetime, months: float) -> Iterator[float]:
    step, days = max(int(months), 1), PARTS.get(months, (1,))
    start = (first.year * 12 + first.month - 1) // step * step
    for month in range(start, last.year * 12 + last.month, step):
        for day in days:
            yield times.from_datetime(
                datetime(max(month // 12, date.min.year), month % 12 + 1, day, tzinfo=UTC)
            )


class _Calendar(Locator):
    """Ticks at dates, whatever part of the axis is shown."""

    def __init__(self, zero: float) -> None:
        self._zero = zero

    def __call__(self) -> list[float]:
        assert self.axis is not None
        low, high = self.axis.get_view_interval()
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        first, last = sorted((vmin, vmax))
        found = ticks(first + self._zero, last - EDGE * (last - first) + self._zero)
        return [mjd - self._zero for mjd in found]
