"""A column that is one of many values, as one parameter: databases limit how many there may be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Connection, cast, func, select


def one_of(tx: Connection, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether what a column holds is one of ``values``, texts or numbers, however many they are."""
    if len(values) == 1:
        only: ColumnElement[bool] = column == next(iter(values))
        return only
    if tx.dialect.name == "sqlite":
        each = func.json_each(msgspec.json.encode(list(values)).decode()).table_valued("value")
        return column.in_(select(each.c.value))
    listed = func.unnest(cast(list(values), ARRAY(column.type)))
    return column.in_(select(listed))
