"""How Jupyter shows what is live: one output that is replaced, until it is stopped."""

from __future__ import annotations

import base64
import signal
from html import escape
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pandas as pd
from IPython import get_ipython
from IPython.display import display

from alertwatch import plots, times
from alertwatch.errors import TryAgainLater
from alertwatch.query import asked
from alertwatch.query.phrases import in_words
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


class _Run(NamedTuple):
    """One execution of a cell, and what it made."""

    number: str
    made: list[Live]


_latest: dict[str, _Run] = {}  # by cell


def claim(live: Live) -> None:
    """Note which cell made it. What an earlier run of the same cell made is stopped."""
    shell = get_ipython()
    if shell is None:
        return
    cell, number = _running(shell)
    run = _latest.get(cell)
    if run is None or run.number != number:
        for earlier in run.made if run else ():
            earlier.stop()
        run = _latest[cell] = _Run(number, [])
    run.made.append(live)
    _stop_when_interrupted(shell)


def _running(shell: Any) -> tuple[str, str]:
    """What this cell is called (where the front end does not tell: what is in it), and this run of it."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    name = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code", "")
    return str(name), str(parent.get("header", {}).get("msg_id", ""))


def _stop_when_interrupted(shell: Any) -> None:
    """An idle kernel ignores interrupts; from now on they stop what is live."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and getattr(kernel, "saved_sigint_handler", None) is signal.SIG_IGN:
        kernel.saved_sigint_handler = _interrupted  # which ipykernel restores at the end of the cell


def _interrupted(_: int, __: Any) -> None:
    for run in _latest.values():
        for live in run.made:
            live.halt()


class View:
    """The HTML of a `Live`; a picture is drawn once."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._pictures: dict[tuple[str, str], str] = {}
        self.name = uuid4().hex
        """Of the output: all that are called so are replaced together."""

    def content(self) -> dict[str, str]:
        """HTML, and a line for what shows only text."""
        return {"text/html": self._html(), "text/plain": repr(self._live)}

    def show(self) -> None:
        """Show it as the output of this cell; wherever it is shown already, it goes on as well."""
        display(self.content(), raw=True, display_id=self.name)  # type: ignore[no-untyped-call]

    def update(self) -> None:
        """Show what it is now."""
        display(self.content(), raw=True, display_id=self.name, update=True)  # type: ignore[no-untyped-call]

    def _html(self) -> str:
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
        name = escape(in_words(live.selection))
        return f'<p><b style="color:{color}">{mark}</b> · {name} · {words}{trouble}</p>'

    def _curves(self, newest: pd.DataFrame) -> str:
        keys = [(str(row.survey), str(row.object_id)) for row in newest.itertuples()]
        self._pictures = {key: self._pictures.get(key) or self._curve(*key) for key in keys}
        return f'<div style="display:flex;flex-wrap:wrap;gap:4px">{"".join(self._pictures.values())}</div>'

    def _curve(self, survey: str, object_id: str) -> str:
        try:
            with self._live.place.reader.read() as tx:
                curve = asked.light_curve(tx, object_id, survey)
        except TryAgainLater:
            return ""  # the next change draws it
        png = base64.b64encode(plots.png(plots.light_curve(curve, title=object_id))).decode()
        alt = escape(f"Light curve of {object_id}")
        size = "flex:1 1 360px;min-width:0;max-width:480px"
        return f'<img style="{size}" alt="{alt}" src="data:image/png;base64,{png}">'


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
