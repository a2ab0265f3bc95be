"""ALeRCE's TAP service (https://tap.alerce.online/tap), as far as the neighbours of an alert need it.

``sync`` answers ``SELECT * FROM ztf.TABLE WHERE oid = '…'`` (or ``candid = …``, joined by AND) on ps1_ztf,
ss_ztf, gaia_ztf and reference, in CSV or JSON. The tables are kept by object: one row, with the candid that
brought it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from simulator.api.answers import Answer, Query, as_json
from simulator.api.catalogue import Catalogue, View
from simulator.api.packets import gaia, minor_planet, neighbours
from simulator.api.photometry import FID, reference
from simulator.objects import SimObject

SELECT = re.compile(
    r"\s*select\s+(?:top\s+\d+\s+)?(.+?)\s+from\s+ztf\.(\w+)\s+where\s+(.+?)\s*;?\s*", re.IGNORECASE | re.DOTALL
)
EQUALS = re.compile(r"\s*(oid|candid)\s*=\s*'?([A-Za-z0-9]+)'?\s*", re.IGNORECASE)


def _reference(found: SimObject) -> dict[str, Any]:
    row = int(np.flatnonzero(found.visits.mjd == found.alert_times[0])[0])
    mag, distance = reference(found, row)
    return {
        "rfid": 576120210,
        "fid": FID[int(found.visits.band[row])],
        "magnr": mag,
        "sigmagnr": 0.03,
        "distnr": distance,
    }


TABLES: dict[str, Callable[[SimObject], dict[str, Any]]] = {
    "ps1_ztf": neighbours,
    "ss_ztf": minor_planet,
    "gaia_ztf": gaia,
    "reference": _reference,
}


def sync(catalogue: Catalogue, query: Query) -> Answer:
    """``sync?REQUEST=doQuery&LANG=ADQL&FORMAT=…&QUERY=…`` (names in any case)."""
    asked = {name.lower(): values[0] for name, values in query.items()}
    match = SELECT.fullmatch(asked.get("query", ""))
    wanted = _conditions(match[3]) if match else None
    if match is None or wanted is None or match[2].lower() not in TABLES:
        return _error("Could not parse your query: " + asked.get("query", "(none)"))
    rows = _rows(catalogue, TABLES[match[2].lower()], wanted)
    columns = list(rows[0]) if match[1] == "*" and rows else [name.strip() for name in match[1].split(",")]
    return _table(
        columns, [[row.get(name) for name in columns] for row in rows], asked.get("format", "votable")
    )


def _conditions(text: str) -> dict[str, str] | None:
    """``oid = '…' AND candid = …`` as a mapping, or ``None``."""
    parts = [EQUALS.fullmatch(part) for part in re.split(r"\band\b", text, flags=re.IGNORECASE)]
    found = {part[1].lower(): part[2] for part in parts if part is not None}
    return found if len(found) == len(parts) else None


def _rows(
    catalogue: Catalogue, table: Callable[[SimObject], dict[str, Any]], wanted: dict[str, str]
) -> list[dict[str, Any]]:
    view = _view(catalogue, wanted)
    if view is None or view.until is None or not view.found.is_ztf:
        return []
    candid = view.found.alert_id(min(view.found.alert_times))
    row = {"oid": view.found.object_id, "candid": int(candid), **table(view.found)}
    return [row] if all(str(row[name]) == value for name, value in wanted.items()) else []


def _view(catalogue: Catalogue, wanted: dict[str, str]) -> View | None:
    if "oid" in wanted:
        return catalogue.view(wanted["oid"])
    known = catalogue.alert(wanted["candid"])
    return known[0] if known else None


def _table(columns: list[str], rows: list[list[Any]], form: str) -> Answer:
    if form.lower() in {"json", "application/json"}:
        return as_json({"queryStatus": "OK", "columns": [{"name": name} for name in columns], "data": rows})
    if form.lower() not in {"csv", "text/csv"}:
        return _error(f"No output format {form!r}; try csv")
    out = io.StringIO()
    csv.writer(out).writerows([columns, *rows])
    return Answer(200, out.getvalue().encode(), "text/csv;header=present")


def _error(message: str) -> Answer:
    """TAP says what is wrong in a VOTable."""
    info = f'<INFO name="QUERY_STATUS" value="ERROR">{escape(message)}</INFO>'
    info = f'<INFO name="QUERY_STATUS" value="ERROR">{escape(message)}</INFO>'
    text = f'<VOTABLE><RESOURCE type="results">{info}</RESOURCE></VOTABLE>'
    return Answer(400, text.encode(), "text/xml")
