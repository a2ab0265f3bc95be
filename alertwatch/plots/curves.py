"""A light curve as a table (what ``alertwatch.light_curve`` gives) → the `LightCurve` that the plots read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

import msgspec

from alertwatch.alert import Detection, ForcedPhotometry, LightCurve, NonDetection
from alertwatch.plots import columns

if TYPE_CHECKING:
    from pandas import DataFrame

    Curve: TypeAlias = LightCurve | DataFrame

M = TypeVar("M", Detection, NonDetection, ForcedPhotometry)


def curve_of(given: Curve) -> LightCurve:
    """The light curve itself, or the one that the rows of a table tell.

    Columns: ``kind`` (detection, non_detection, forced), ``mjd``, ``band`` and those of the members of
    `LightCurve` that there are. Raises `ValueError` where one that is needed is missing.
    """
    if isinstance(given, LightCurve):
        return given
    columns.require(given, "kind", "mjd", "band")
    return LightCurve(
        _rows(given, "detection", Detection),
        _rows(given, "non_detection", NonDetection),
        _rows(given, "forced", ForcedPhotometry),
    )


def _rows(frame: DataFrame, kind: str, made_of: type[M]) -> tuple[M, ...]:
    own = frame[(frame["kind"] == kind).fillna(False)]
    fields = msgspec.structs.fields(made_of)
    required = [field.name for field in fields if field.required]
    if len(own):
        columns.require(own, *required)
    named = own[[field.name for field in fields if field.name in own.columns]].astype(object)
    records = named.where(named.notna(), None).to_dict("records")
    whole = (row for row in records if None not in [row[name] for name in required])
    return tuple(made_of(**{str(name): value for name, value in row.items()}) for row in whole)
