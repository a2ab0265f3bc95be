"""Reading plans: functions, generated from a writer schema, that read the wanted fields and skip the rest.

A packet is 60–300 kB, of which a decision needs a few hundred bytes near its beginning. A plan is compiled
once per schema and `View`; it stops after the last wanted field. In runs of fields of fixed size (nearly all
of a detection), one comparison tells that every union in the run holds a value, and one ``struct`` picks the
wanted ones.

Safe on garbage: lengths and counts are checked, every loop is bounded by the bytes that are there, and a
value that reaches beyond the end is noticed at the latest when the plan is through.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from alertwatch.errors import DecodeError
from consumer.avro.schema import Type
from consumer.avro.source import Source

Fields = Mapping[str, "Fields | None"]


@dataclass(frozen=True, eq=False)
class View:
    """Which fields to read: a tree of names, ``None`` for a whole value; one that ends in ``?`` may be absent.

    ``whole``: the rest of the record is skipped rather than left, and must end where the buffer ends.
    """

    fields: Fields | None
    whole: bool = False


class Plan:
    """Reads one `View` of one schema: ``plan(buffer, start, end)`` gives nested dicts of the wanted fields."""

    def __init__(self, schema: Type, view: View) -> None:
        self._function, self.source = _compile(schema, view)
        self._whole = view.whole

    def __call__(self, buffer: bytes, start: int, end: int) -> Any:
        """The wanted fields of the record at ``buffer[start:end]``; raises `DecodeError` for damaged ones."""
        value, position = self.read(buffer, start)
        if position > end:
            raise DecodeError(f"the record is cut short: {position - end} bytes are missing")
        if self._whole and position != end:
            raise DecodeError(f"{end - position} bytes are left over after the record: wrong schema")
        return value

    def read(self, buffer: bytes, start: int) -> tuple[Any, int]:
        """The wanted fields of the record that begins at ``start``, and where the reading stopped."""
        try:
            return self._function(buffer, start)
        except (IndexError, KeyError, ValueError, struct.error) as error:
            raise DecodeError(f"damaged record or wrong schema: {type(error).__name__}: {error}") from error


def varint(buffer: bytes, position: int, first: int) -> tuple[int, int]:
    """The rest of an integer of several bytes, of which ``first`` is the first; not yet unzigzagged."""
    value, shift = first & 0x7F, 7
    while shift < 70:
        byte = buffer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return _int64(value), position
        shift += 7
    raise ValueError("an integer longer than ten bytes")


def _int64(value: int) -> int:
    if value >> 64:
        raise ValueError("an integer beyond 64 bits")
    return value


def fail(what: str) -> NoReturn:
    """How a plan gives up: `Plan.read` makes a `DecodeError` of it."""
    raise ValueError(what)


def _compile(schema: Type, view: View) -> tuple[Callable[[bytes, int], tuple[Any, int]], str]:
    source = Source()
    try:
        code = source.function(schema, view.fields, view.whole)
        scope: dict[str, Any] = {"varint": varint, "fail": fail, "bits": int.from_bytes, **source.constants}
        exec(compile(code, "<avro plan>", "exec"), scope)  # noqa: S102 - field names enter it as literals only
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise DecodeError("the schema is nested too deeply to read") from error
    return scope["plan"], code
