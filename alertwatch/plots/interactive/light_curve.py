"""A light curve to hover over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from alertwatch import times
from alertwatch.plots import style
from alertwatch.plots.axis import Axis, axis_of, y_label
from alertwatch.plots.curves import curve_of
from alertwatch.plots.interactive import look
from alertwatch.plots.points import Kind, Point, Points, points
from alertwatch.plots.scale import flux_range, flux_unit, magnitude_range

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from alertwatch.plots.curves import Curve

Trace = dict[str, Any]


def light_curve(
    curve: Curve,
    *,
    title: str = "",
    kind: Kind = "difference",
    period: float | None = None,
    since_first: bool = False,
    mark_mjd: float | None = None,
    days: float | None = None,
) -> Figure:
    """Draw a light curve as `alertwatch.plots.light_curve` does; by default all of it.

    Hovering tells value, error and unit, time (MJD and date, UTC), the alert, and why a point is doubtful; a
    click in the legend hides a band's detections, limits or forced photometry; a switch turns MJD into dates.
    Raises `ValueError` as there, and `AlertwatchError` without Plotly.
    """
    go = look.plotly()
    found = points(curve_of(curve), kind, until=mark_mjd, days=days)
    place = axis_of(found, period=period, since_first=since_first)
    unit = flux_unit((*found.seen, *found.forced)) if kind == "flux" else ("mag", 1.0)
    low, high = (limit / unit[1] for limit in (flux_range if kind == "flux" else magnitude_range)(found))
    traces = list(_traces(place.shown(found), place, unit))
    if mark_mjd is not None and not place.folded:
        traces.append(_mark(place.place(mark_mjd), (low, high)))
    figure = go.Figure([go.Scatter(**trace) for trace in traces])
    figure.update_layout(**look.layout(place.titled(title)))
    figure.update_xaxes(
        **look.axis(place.label, tickformat="~f", **({"range": [0, 2]} if place.folded else {}))
    )
    figure.update_yaxes(**look.axis(y_label(kind, unit[0]), range=[low, high]))
    if kind == "flux":
        figure.add_hline(0.0, line_width=1, line_color=style.SOFT)
    for band, mag in found.reference:
        words = {"annotation_text": f"{look.escaped(band)} reference", "annotation_font_color": style.SOFT}
        figure.add_hline(mag, line_width=1, line_dash="dot", line_color=style.band(band)[0], **words)
    if not found.all:
        figure.add_annotation(text=place.empty, showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)
    elif place.label.startswith("MJD"):
        figure.update_layout(updatemenus=[_switch(place, traces)])
    return figure


def _traces(found: Points, place: Axis, unit: tuple[str, float]) -> Iterator[Trace]:
    for band in found.bands:
        parts = {
            "": [p for p in found.seen if not p.doubtful],
            "doubtful": [p for p in found.seen if p.doubtful],
            "5σ limit": found.limits,
            "forced": found.forced,
        }
        for part, members in parts.items():
            own = [p for p in members if p.band == band]
            if own:
                yield _trace(own, band, part, place, unit)


def _trace(own: Sequence[Point], band: str, part: str, place: Axis, unit: tuple[str, float]) -> Trace:
    drawn = [(p, x) for p in own for x in place.places(p.mjd)]
    color = style.band(band)[0]
    name = look.escaped(f"{band} {part}".strip())
    return {
        "x": [x for _, x in drawn],
        "y": [p.value / unit[1] for p, _ in drawn],
        "error_y": {
            "array": [p.error / unit[1] for p, _ in drawn],
            "thickness": 1.2,
            "width": 0,
            "visible": any(p.error for p in own),
        },
        "mode": "markers",
        "marker": _marker(band, part),
        "opacity": 0.55 if part in {"forced", "5σ limit"} else 1.0,
        "name": name,
        "legendgroup": band,
        "text": [_told(p, part, unit) for p, _ in drawn],
        "hovertemplate": f"<b style='color:{color}'>{name}</b><br>%{{text}}<extra></extra>",
    }


def _marker(band: str, part: str) -> dict[str, Any]:
    color, marker = style.band(band)
    if part == "5σ limit":
        return {"symbol": "triangle-down-open", "size": 8, "color": color}
    if part == "forced":
        return {"symbol": "circle", "size": 4, "color": color}
    if part == "doubtful":
        return {"symbol": f"{look.SYMBOLS[marker]}-open", "size": 9, "color": color}
    return {"symbol": look.SYMBOLS[marker], "size": 9, "color": color, "line": {"color": "white", "width": 0.8}}


def _told(point: Point, part: str, unit: tuple[str, float]) -> str:
    """What hovering tells of a point."""
    digits = 3 if unit[0] == "mag" else 2
    value, error = f"{point.value / unit[1]:.{digits}f}", f"{point.error / unit[1]:.{digits}f}"
    more = f" ± {error}" if point.error else ""
    limit = "not seen; limit " if part == "5σ limit" else ""
    alert = f"alert {look.escaped(point.alert_id)}" if point.alert_id else ""
    lines = (f"{limit}{value}{more} {unit[0]}", point.doubt, f"MJD {point.mjd:.5f}", _date(point.mjd), alert)
    return "<br>".join(filter(None, lines))


def _date(mjd: float) -> str:
    try:
        return f"{times.to_datetime(mjd):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError):
        return ""


def _mark(x: float, limits: tuple[float, float]) -> Trace:
    line = {"color": style.ALERT, "width": 1.2, "dash": "dash"}
    return {
        "x": [x, x],
        "y": list(limits),
        "mode": "lines",
        "line": line,
        "name": "this alert",
        "hoverinfo": "name",
    }


def _switch(place: Axis, traces: Sequence[Trace]) -> dict[str, Any]:
    """Buttons for the horizontal axis: MJD or calendar dates."""
    days = [trace["x"] for trace in traces]
    dates = [[_date(mjd).removesuffix(" UTC") or None for mjd in mjds] for mjds in days]
    mjd = {"xaxis.title.text": place.label, "xaxis.type": "linear", "xaxis.tickformat": "~f"}
    date = {"xaxis.title.text": "date [UTC]", "xaxis.type": "date", "xaxis.tickformat": ""}
    buttons = [
        {"label": label, "method": "update", "args": [{"x": x}, {**scale, "xaxis.autorange": True}]}
        for label, x, scale in (("MJD", days, mjd), ("date", dates, date))
    ]
    where = {"x": 1.0, "xanchor": "right", "y": -0.07, "yanchor": "top"}
    return {"type": "buttons", "direction": "right", "buttons": buttons, "showactive": True, **where}
