"""What both surveys share: sentinels to ``None``, and the guards against corruption.

A wrong schema can decode into wrong values without an error; the guards here are what notices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, TypeVar

from alertwatch.errors import DecodeError

MJD_RANGE = (40_000.0, 100_000.0)  # 1968 to 2132: whatever lies outside was not a time
SUM_TOLERANCE = 0.01  # probabilities are 32-bit floats, some of them rounded by their classifier
LARGEST_ID = 2**63 - 1
ZTF_OBJECT = re.compile(r"ZTF\d\d[a-z]{7}").fullmatch

T = TypeVar("T")


def number(value: Any) -> float | None:
    """``value`` unless it is a null or one of the surveys' sentinels (-999, -99999, NaN, infinity)."""
    if value is None or not -900.0 < value < 1e30:
        return None
    return float(value)


def magnitude(value: Any) -> float | None:
    """A magnitude, or ``None``: 100, -999, NaN and infinity all mean that there is none."""
    if value is None or not -90.0 < value < 90.0:
        return None
    return float(value)


def finite(value: Any) -> float | None:
    """``value`` unless it is a null, NaN or infinite: for fluxes, whose values know no sentinel."""
    if value is None or not isfinite(value):
        return None
    return float(value)


def checked_position(ra: Any, dec: Any) -> tuple[float, float]:
    """``ra`` and ``dec``, deg; raises `DecodeError` for what is not on the sky (NaN too)."""
    if not (0.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0):
        raise DecodeError(f"position ({ra!r}, {dec!r}) is not on the sky: wrong schema or damaged message")
    return ra, dec


def checked_mjd(mjd: float) -> float:
    """``mjd``; raises `DecodeError` for what cannot be the time of an exposure."""
    if not MJD_RANGE[0] < mjd < MJD_RANGE[1]:
        raise DecodeError(f"MJD {mjd!r} is not a plausible time: wrong schema or damaged message")
    return mjd


def checked_id(name: str, value: Any) -> str:
    """A positive int64 as text; raises `DecodeError` for anything else."""
    if not (isinstance(value, int) and 0 < value <= LARGEST_ID):
        raise DecodeError(f"{name} {value!r} is not a plausible id: wrong schema or damaged message")
    return str(value)


def checked_probabilities(probabilities: dict[str, float]) -> dict[str, float]:
    """``probabilities``; raises `DecodeError` unless each is in 0…1 and they add up to 1."""
    total = sum(probabilities.values())
    if not abs(total - 1.0) <= SUM_TOLERANCE:  # "not" refuses NaN as well
        raise DecodeError(f"probabilities add up to {total:.4g}, not 1: wrong schema or damaged message")
    if min(probabilities.values()) < 0.0:
        raise DecodeError(f"a negative probability among {probabilities}: wrong schema or damaged message")
    return probabilities


def checked_oid(oid: Any) -> str:
    """A ZTF object id; raises `DecodeError` for anything else."""
    if not (isinstance(oid, str) and ZTF_OBJECT(oid)):
        raise DecodeError(f"{oid!r} is not a ZTF object id: wrong schema or damaged message")
    return oid


def known(items: Iterable[T | None]) -> tuple[T, ...]:
    """``items`` without those that are ``None``."""
    return tuple(item for item in items if item is not None)
