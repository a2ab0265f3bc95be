"""The figure of periods and amplitudes of variable stars: where the classes part by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from alertwatch.plots import columns, style

if TYPE_CHECKING:
    from pandas import DataFrame

SIZE = (6.0, 4.0)
BOX = (0.095, 0.12, 0.68, 0.76)


def period_amplitude(
    frame: DataFrame,
    *,
    period: str = "period",
    amplitude: str = "amplitude",
    by: str | None = None,
    title: str = "",
) -> Figure:
    """Draw amplitude [mag] over period [d, logarithmic], one point for each row.

    ``period`` and ``amplitude`` name the columns; points are coloured ``by`` a column (by default
    ``class_name``, else ``filter``). Raises `ValueError` where a column is missing.
    """
    rows, (days, mags) = columns.numbers(frame, period, amplitude)
    real = (days > 0) & (mags >= 0)
    rows, days, mags = rows[real], days[real], mags[real]
    figure, axes = style.panel(SIZE, title, BOX)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    style.labels(axes, "period [d]", "amplitude [mag]")
    if len(rows):
        names, colours = columns.groups(rows, by or columns.default_by(rows))
        style.scatter(axes, days, mags, [colours[name] for name in names])
        axes.set_ylim(bottom=0.0)
        if signs := style.groups(names.tolist(), colours):
            style.legend(axes, signs, loc="upper left", bbox_to_anchor=(1.0, 1.0), ncols=1)
    else:
        axes.set_xlim(0.1, 100)
        style.say_empty(axes, "no period known")
    if left_out := len(frame) - len(rows):
        style.remark(axes, f"{left_out:,} without a period or an amplitude")
    return figure
