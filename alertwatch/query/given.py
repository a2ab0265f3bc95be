"""What a person gave, read: what cannot be read becomes a sentence that names the argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alertwatch.errors import BadSelection

T = TypeVar("T")
UNKNOWN = frozenset({"None", "nan", "NaT", "<NA>", "--"})
"""How Python, numpy, pandas and astropy write what is missing."""


def read(name: str, reader: Callable[[Any], T], value: Any) -> T:
    """What ``reader`` makes of a value; its `ValueError` becomes a sentence that names the argument."""
    try:
        return reader(value)
    except (ValueError, TypeError, OSError) as error:
        said = str(error.strerror if isinstance(error, OSError) else error)
        raise BadSelection(name, f"{_shown(value)} {said}") from None


def number(value: Any) -> float:
    """A finite number; raises `ValueError` for anything else."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError("is no number")
    return found


def _shown(value: Any) -> str:
    text = repr(str(value) if isinstance(value, Path) else value)
    return text if len(text) < 100 else f"{text[:97]}…"
