"""A writer schema with its plans, and one record's bytes with the schema that reads them."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import fastavro
import msgspec

from alertwatch.errors import DecodeError
from consumer.avro.plan import Plan, View
from consumer.avro.schema import parse

EVERYTHING = View({}, whole=True)


class Schema:
    """A writer schema, the JSON it came as, and the plans made for it so far."""

    def __init__(self, json: bytes) -> None:
        self.json = json
        self.type = parse(_loads(json))
        self._plans: dict[View, Plan] = {}
        self._fastavro: Any = None

    def plan(self, view: View) -> Plan:
        """The plan for ``view``, compiled when first asked for; raises `DecodeError` for missing fields."""
        plan = self._plans.get(view)
        if plan is None:
            plan = self._plans[view] = Plan(self.type, view)
        return plan

    def record(self, data: bytes) -> Any:
        """The whole record as fastavro reads it, logical types and all.

        A plan goes first: it refuses in bounded time what would keep fastavro busy for ever.
        """
        self.plan(EVERYTHING)(data, 0, len(data))
        try:
            if self._fastavro is None:
                self._fastavro = fastavro.parse_schema(_without_defaults(_loads(self.json)))
            return fastavro.schemaless_reader(io.BytesIO(data), self._fastavro, None)
        except Exception as error:  # fastavro has no error class of its own
            raise DecodeError(f"fastavro cannot read the record: {type(error).__name__}: {error}") from error


class Frame(NamedTuple):
    """One record: the message it came in, its schema, and where it is: ``buffer[start:end]``."""

    payload: bytes
    schema: Schema
    buffer: bytes
    start: int
    end: int

    def view(self, view: View) -> Any:
        """The fields of ``view`` as nested dicts; raises `DecodeError`."""
        return self.schema.plan(view)(self.buffer, self.start, self.end)

    def record(self) -> dict[str, Any]:
        """The whole record; raises `DecodeError`."""
        found = self.schema.record(self.buffer[self.start : self.end])
        if not isinstance(found, dict):
            raise DecodeError(f"the message is a {type(found).__name__}, not a record")
        return found


def _loads(json: bytes) -> Any:
    try:
        return msgspec.json.decode(json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"the schema is not JSON: {error}") from error


def _without_defaults(schema: Any) -> Any:
    """Defaults do not matter for reading; some packets have ones that fastavro refuses."""
    if isinstance(schema, list):
        return [_without_defaults(each) for each in schema]
    if isinstance(schema, dict):
        return {key: _without_defaults(value) for key, value in schema.items() if key != "default"}
    return schema
