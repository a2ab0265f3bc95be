"""Answers as tables: pandas with typed columns, astropy with units. Empty ones have the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alertwatch.query.fields import Field, Kind, units

if TYPE_CHECKING:
    from astropy.table import QTable

Row: TypeAlias = Sequence[Any]
_MJD_OF_1970 = 40_587.0
_MICROSECONDS = 86_400e6  # in a day


def frame(rows: Sequence[Row], fields: tuple[Field, ...]) -> pd.DataFrame:
    """Rows of values in the order of ``fields`` → a DataFrame; units are in ``attrs["units"]``."""
    return framed(list(zip(*rows, strict=True)) if rows else [()] * len(fields), fields)


def framed(columns: Sequence[Sequence[Any]], fields: tuple[Field, ...]) -> pd.DataFrame:
    """The same of columns."""
    made = pd.DataFrame({f.name: _series(values, f.kind) for f, values in zip(fields, columns, strict=True)})
    made.attrs["units"] = units(fields)
    return made


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames of the same columns, at least one, as one."""
    if len(parts) == 1:
        return parts[0]
    made = pd.concat(parts, ignore_index=True)
    made.attrs = parts[0].attrs
    return made


def astropy_table(found: pd.DataFrame) -> QTable:
    """The same as an astropy QTable: Quantities with NaN for *not known*, Time, masked text."""
    from astropy.table import QTable  # noqa: PLC0415 - slow to load, and most ask for DataFrames

    made = QTable()
    for name in found.columns:
        made[name] = _column(found[name], found.attrs["units"].get(name))
    return made


def _series(values: Sequence[Any], kind: Kind) -> pd.Series[Any]:
    if kind is Kind.TEXT:
        return pd.Series(values, dtype="string")
    if kind is Kind.TRUTH:
        return pd.Series(values, dtype="boolean")
    numbers = np.array(values, dtype=np.float64)  # None becomes NaN
    if kind is Kind.NUMBER:
        return pd.Series(numbers)
    days = numbers - _MJD_OF_1970 if kind is Kind.MOMENT else numbers / 86_400
    found: pd.Series[Any] = pd.Series(_moments(days)).dt.tz_localize("UTC")
    return found


def _moments(days: NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Days since 1970 → microseconds; what no calendar holds is *not a time*."""
    known = np.isfinite(days) & (np.abs(days) < 1e7)
    whole = np.where(known, np.rint(np.where(known, days, 0.0) * _MICROSECONDS), 0).astype(np.int64)
    found: NDArray[np.datetime64] = whole.astype("datetime64[us]")
    found[~known] = np.datetime64("NaT")
    return found


def _column(series: pd.Series[Any], unit: str | None) -> Any:
    from astropy import units as u  # noqa: PLC0415 - as above
    from astropy.table import MaskedColumn  # noqa: PLC0415
    from astropy.time import Time  # noqa: PLC0415

    unknown = series.isna().to_numpy()
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        moments = series.dt.tz_convert(None).to_numpy(dtype="datetime64[us]")
        time = Time(
            np.where(unknown, np.datetime64("1970-01-01", "us"), moments),
            format="datetime64",
            scale="utc",
            precision=3,
        )
        if unknown.any():
            time[unknown] = np.ma.masked
        time.format = "isot"  # which tables are written with, to the millisecond that precision says
        return time
    if pd.api.types.is_float_dtype(series.dtype):
        return series.to_numpy() * u.Unit(unit) if unit else series.to_numpy()
    if pd.api.types.is_bool_dtype(series.dtype):
        return MaskedColumn(series.fillna(False).to_numpy(dtype=bool), mask=unknown)
    return MaskedColumn(series.fillna("").to_numpy(dtype=str), mask=unknown)
