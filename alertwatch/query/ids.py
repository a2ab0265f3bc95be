"""Ids of objects, as a person has them: in a list, a text, a file. They are text: numbers lose digits."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from numbers import Number
from pathlib import Path
from typing import Any

from alertwatch.errors import BadSelection
from alertwatch.query.given import UNKNOWN, read

_COLUMNS = ("object_id", "oid", "objectid", "diaobjectid")


def objects(value: Any) -> tuple[str, ...]:
    """Ids from a list, from text with commas, or from a file: one in a line, or a CSV table's column of ids.

    A single number is an id, too.
    """
    if isinstance(value, Path):
        return _checked(_ids_of(value.expanduser().read_text(encoding="utf-8-sig")))
    if isinstance(value, str):
        return _checked(value.split(","))
    if isinstance(value, Number):
        return _checked([value])
    if hasattr(value, "columns"):
        raise ValueError('is a table; give its column of ids: table["object_id"]')
    return _checked(value)


def object_id(value: Any) -> str:
    """One id as text; raises `BadSelection` for a number that has lost digits."""
    found = read("object_id", lambda one: _checked([one]), value)
    if not found:
        raise BadSelection("object_id", "an empty text is no id")
    return found[0]


def _ids_of(text: str) -> Iterable[str]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    rows = list(csv.reader(lines))
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    place = next((heads.index(name) for name in _COLUMNS if name in heads), None)
    return (row[place or 0] for row in rows[place is not None :] if len(row) > (place or 0))


def _checked(ids: Iterable[Any]) -> tuple[str, ...]:
    """Ids as text. A float has lost its last digits, so it is refused rather than not found."""
    found = tuple(dict.fromkeys(str(one).strip() for one in ids))
    if not UNKNOWN.isdisjoint(found):
        raise ValueError("holds an id that is not known; leave it out")
    for one in found:
        if re.fullmatch(r"[+-]?(\d+\.\d*|\d+(\.\d*)?[eE][+-]?\d+|nan|inf)", one):
            raise ValueError(f"holds {one}, an id that has become a number and lost digits; keep ids as text")
    return tuple(one for one in found if one)
