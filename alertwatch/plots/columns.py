"""What the plots of many objects read of a DataFrame: the columns that they need, as arrays without gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from alertwatch.plots import style

if TYPE_CHECKING:
    from pandas import DataFrame, Series

UNKNOWN = "not known"
MOST_GROUPS = 8  # colours that can be told apart; the rarest are "other"
OTHERS = "other"


def require(frame: DataFrame, *names: str) -> None:
    """Raises `ValueError` that says which columns are missing and which there are."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        there = ", ".join(map(str, frame.columns)) or "none"
        raise ValueError(f"no column {', '.join(map(repr, missing))} in the table; it has: {there}")


def numbers(frame: DataFrame, *names: str) -> tuple[DataFrame, tuple[NDArray[np.float64], ...]]:
    """The rows in which all these columns are finite numbers, and the columns; raises as `require`."""
    require(frame, *names)
    columns = [np.asarray(frame[name].to_numpy(dtype=float, na_value=np.nan)) for name in names]
    known = np.logical_and.reduce([np.isfinite(column) for column in columns])
    return frame[known], tuple(column[known] for column in columns)


def groups(frame: DataFrame, by: str | None) -> tuple[NDArray[Any], dict[str, str]]:
    """Each row's group, and the colour of each group, the most frequent first. ``by`` ``None``: one group."""
    if by is None:
        return np.full(len(frame), ""), {"": style.PALETTE[0]}
    require(frame, by)
    names = _words(frame[by])
    counted = [name for name, _ in Counter(names.tolist()).most_common() if name != UNKNOWN]
    kept = counted if len(counted) <= MOST_GROUPS else counted[: MOST_GROUPS - 1]
    grouped = np.where(np.isin(names, [*kept, UNKNOWN]), names, OTHERS)
    colours = style.colours(kept)
    found = {name: colours[name] for name in kept}
    return grouped, found | {name: style.OTHER[0] for name in (OTHERS, UNKNOWN) if name in set(grouped)}


def _words(column: Series[Any]) -> NDArray[Any]:
    return np.where(column.isna(), UNKNOWN, column.astype(str))


def counted(number: int, what: str, plural: str | None = None) -> str:
    """``1 match``, ``1,204 matches``."""
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


def default_by(frame: DataFrame, candidates: Sequence[str] = ("class_name", "filter")) -> str | None:
    """What to colour by when nobody says: the first of these columns that there is."""
    return next((name for name in candidates if name in frame.columns), None)
