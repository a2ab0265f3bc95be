"""How Jupyter shows what is live: one output that is replaced, until it is stopped."""

from __future__ import annotations

import base64
import signal
from html import escape
from math import isnan
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython import get_ipython
from IPython.display import HTML, display

from alertwatch import plots, times
from alertwatch.errors import TryAgainLater
from alertwatch.query import asked
from alertwatch.render import derived

if TYPE_CHECKING:
    from alertwatch.query.live import Live

ROWS = 50
"""The most rows that are shown; ``.matches`` has all."""

COLUMNS = {
    "utc": "time (UTC)",
    "object_id": "object",
    "filter": "filter",
    "grade": "grade",
    "class_name": "class",
    "probability": "P",
    "mag": "mag",
}
_shown: dict[str, Live] = {}  # by cell


def show(live: Live) -> None:
    """Show it as the output of this cell, in the place of what the same cell showed before."""
    cell = _cell()
    earlier = _shown.get(cell)
    if earlier is not None and earlier is not live:
        earlier.stop()
    _shown[cell] = live
    _stop_when_interrupted()
    view = _View(live)
    handle = display(HTML(view.html()), display_id=True)  # type: ignore[no-untyped-call]
    live.on_change = lambda: handle.update(HTML(view.html()))  # type: ignore[no-untyped-call]
    live.on_change()


def _cell() -> str:
    """What this cell is called; where the front end does not tell, what is in it."""
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return str(parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code", ""))


def _stop_when_interrupted() -> None:
    """An idle kernel ignores interrupts; from now on they stop what is live."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is not None and getattr(kernel, "saved_sigint_handler", None) is signal.SIG_IGN:
        kernel.saved_sigint_handler = _interrupted  # which ipykernel restores at the end of the cell


def _interrupted(_: int, __: Any) -> None:
    for live in _shown.values():
        live.halt()


class _View:
    """The HTML of a `Live`; a picture is drawn once."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._pictures: dict[tuple[str, str], str] = {}

    def html(self) -> str:
        found = self._live.matches.iloc[::-1]  # the newest first
        newest = found.drop_duplicates(["survey", "object_id"]).head(self._live.plots)
        return f"<div>{self._state(len(found))}{self._curves(newest)}{_table(found)}</div>"

    def _state(self, count: int) -> str:
        live = self._live
        mark = "● watching" if live.running else "■ stopped"
        color = "#0a8f5b" if live.running else "#8a93a0"
        trouble = f'<br><span style="color:#b45309">{escape(live.trouble)}</span>' if live.trouble else ""
        number = f"{count:,} match{'es' if count != 1 else ''}"
        words = f"{number}{f', the newest {ROWS} below' if count > ROWS else ''}" if count else "no match yet"
        name = escape(live.selection.filter or "all filters")
        return f'<p><b style="color:{color}">{mark}</b> · {name} · {words}{trouble}</p>'

    def _curves(self, newest: pd.DataFrame) -> str:
        keys = [(str(row.survey), str(row.object_id)) for row in newest.itertuples()]
        self._pictures = {key: self._pictures.get(key) or self._curve(*key) for key in keys}
        return "".join(self._pictures.values())

    def _curve(self, survey: str, object_id: str) -> str:
        try:
            with self._live.place.reader.read() as tx:
                curve = asked.light_curve(tx, object_id, survey)
        except TryAgainLater:
            return ""  # the next change draws it
        png = base64.b64encode(plots.png(plots.light_curve(curve, title=object_id))).decode()
        alt = escape(f"Light curve of {object_id}")
        return f'<img style="max-width:31%;min-width:280px" alt="{alt}" src="data:image/png;base64,{png}">'


def _table(found: pd.DataFrame) -> str:
    if found.empty:
        return ""
    heads = "".join(f'<th style="text-align:left">{head}</th>' for head in COLUMNS.values())
    rows = "".join(f"<tr>{''.join(map(_data, _texts(row)))}</tr>" for row in found.head(ROWS).itertuples())
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _texts(row: Any) -> list[str]:
    """Each cell as HTML."""
    link = next(iter(derived.links(row.survey, row.object_id)), None)
    name = escape(row.object_id)
    linked = f'<a href="{escape(link.url)}" target="_blank">{name}</a>' if link else name
    time = "" if isnan(row.mjd) else f"{times.to_datetime(row.mjd):%Y-%m-%d %H:%M}"
    probability = "" if isnan(row.probability) else f"{row.probability:.2f}"
    mag = "" if isnan(row.mag) else escape(f"{row.band} = {row.mag:.2f}")
    words = ["" if word is pd.NA else escape(word) for word in (row.filter, row.grade, row.class_name)]
    return [time, linked, *words, probability, mag]


def _data(html: str) -> str:
    return f'<td style="text-align:left">{html}</td>'
