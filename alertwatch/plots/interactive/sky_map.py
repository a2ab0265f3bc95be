"""Positions on the whole sky, to hover over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from alertwatch.plots import columns, mollweide, style
from alertwatch.plots.columns import counted, default_by, groups
from alertwatch.plots.interactive import look

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure

TOLD = {  # what is told of a point, where the table has the column
    "class_name": "{}",
    "probability": "P = {:.2f}",
    "filter": "filter {}",
    "mag": "{:.2f} mag (difference, AB)",
    "band": "band {}",
    "mjd": "MJD {:.5f}",
    "ra": "RA {:.5f}°",
    "dec": "Dec {:+.5f}°",
}
CROWD = 20_000  # points that hide each other
LINES = {"galactic plane": ("#5b6575", "solid"), "ecliptic": ("#a67c00", "dash")}


def sky_map(frame: DataFrame, *, by: str | None = None, title: str = "") -> Figure:
    """Draw positions as `alertwatch.plots.sky_map` does, each as a point, however many.

    Hovering tells object, class, filter, magnitude, time and position as far as the table has them; a click in
    the legend hides a class. Raises `ValueError` where a column is missing, `AlertwatchError` without Plotly.
    """
    go = look.plotly()
    rows, (ra, dec) = columns.numbers(frame, "ra", "dec")
    names, colours = groups(rows, by or default_by(rows))
    x, y = mollweide.project(ra, dec)
    told = np.asarray(_told(rows), dtype=object)
    figure = go.Figure([go.Scatter(**line) for line in _ground()])
    size = float(np.clip(900 / max(len(rows), 1) ** 0.7, 3, 10))
    opacity = 0.9 if len(rows) < CROWD else 0.5
    for name, colour in colours.items():
        own = names == name
        points = {"x": x[own], "y": y[own], "text": told[own], "mode": "markers"}
        entry = {"name": look.escaped(f"{name} ({int(own.sum()):,})"), "showlegend": bool(name)}
        drawn = {
            "marker": {"size": size, "color": colour, "opacity": opacity},
            "hovertemplate": "%{text}<extra></extra>",
        }
        figure.add_trace(go.Scattergl(**points, **entry, **drawn))
    figure.update_layout(**look.layout(title or counted(len(rows), "match", "matches")))
    figure.update_xaxes(visible=False, range=[-2.1, 2.1])
    figure.update_yaxes(visible=False, range=[-1.08, 1.08], scaleanchor="x")
    for word in _words():
        figure.add_annotation(**word)
    if not len(rows):
        figure.add_annotation(text="no position known", showarrow=False, x=0, y=0, bgcolor="white")
    return figure


def _told(rows: DataFrame) -> list[str]:
    """A text for each row; what is not known is left out."""
    there = {name: form for name, form in TOLD.items() if name in rows.columns}
    parts = []
    if "object_id" in rows.columns:
        parts.append([f"<b>{look.escaped(str(oid))}</b>" for oid in rows["object_id"]])
    for name, form in there.items():
        known = rows[name].notna().to_numpy()
        parts.append(
            [
                look.escaped(form.format(value)) if is_known else ""
                for value, is_known in zip(rows[name].to_numpy(), known, strict=True)
            ]
        )
    return ["<br>".join(filter(None, words)) for words in zip(*parts, strict=True)]


def _ground() -> list[dict[str, Any]]:
    """Edge, grid, galactic plane and ecliptic."""
    silent = {"mode": "lines", "hoverinfo": "skip"}
    lines = [(*mollweide.outline(), "#aab2bf", 1.2)] + [(x, y, style.RULE, 0.8) for x, y in mollweide.grid()]
    made: list[dict[str, Any]] = [
        {"x": x, "y": y, "line": {"color": color, "width": width}, "showlegend": False, **silent}
        for x, y, color, width in lines
    ]
    for name, matrix in mollweide.PLANES.items():
        color, dash = LINES[name]
        x, y = mollweide.plane(matrix)
        made.append(
            {"x": x, "y": y, "line": {"color": color, "width": 1.3, "dash": dash}, "name": name, **silent}
        )
    return made


def _words() -> list[dict[str, Any]]:
    """Hours and degrees on the grid, and what they are."""
    font = {"size": 11, "color": style.SOFT}
    found: list[dict[str, Any]] = []
    for hours in range(4, 24, 4):
        x, y = mollweide.project(15.0 * hours, 0.0)
        found.append({"x": float(x), "y": float(y) - 0.04, "text": f"{hours}ʰ"})
    for degrees in mollweide.DEC_DEGREES:
        x, y = mollweide.project(359.999, degrees)
        found.append(
            {"x": float(x) - 0.02, "y": float(y), "text": mollweide.signed(degrees), "xanchor": "right"}
        )
    found.append(
        {"x": 0.0, "y": -1.06, "text": "RA [h] and Dec [deg], ICRS; RA increases to the left", "yanchor": "top"}
    )
    return [{"showarrow": False, "font": font, **one} for one in found]
