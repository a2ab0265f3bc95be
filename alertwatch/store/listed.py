"""A column that is one of many values, as one parameter: databases limit how many there may be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Connection, Text, cast, func, select


def one_of(tx: Connection, column: ColumnElement[Any], values: Collection[str]) -> ColumnElement[bool]:
    """Whether the text in a column is one of ``values``, however many they are."""
    if len(values) == 1:
        return column == next(iter(values))
    if tx.dialect.name == "sqlite":
        listed = func.json_each(msgspec.json.encode(list(values)).decode()).table_valued("value")
        return column.in_(select(listed.c.value))
    return column.in_(select(func.unnest(cast(list(values), ARRAY(Text)))))
