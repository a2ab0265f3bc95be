"""Reading plans agree with fastavro, or refuse: on real packets, damaged ones, and schemas made at random."""

from __future__ import annotations

import io
import itertools
import json
import struct
from typing import Any

import fastavro
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alertwatch.errors import DecodeError
from consumer import readers, schemas
from consumer.avro import MAGIC, Containers, Frame, Schema, View
from tests.readers.examples import LIGHT_CURVE, RUBIN, packets, schema, schemaless
from tests.support.data import needs_data

ALL = View(None, whole=True)
LONGEST = 50_000  # bytes of the packets that are damaged


def plan(avsc: Any, payload: bytes, view: View = ALL) -> Any:
    made = Schema(json.dumps(avsc).encode())
    return Frame(payload, made, payload, 0, len(payload)).view(view)


def same(one: Any, other: Any) -> bool:
    """Equal, type for type, with NaN equal to itself."""
    return repr(one) == repr(other)


# -- schemas at random -------------------------------------------------------------------------------------

INTS = st.integers(-(2**31), 2**31 - 1)
LONGS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32)
PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "boolean": st.booleans(),
    "int": INTS,
    "long": LONGS,
    "float": FLOATS,
    "double": st.floats(),
    "string": st.text(max_size=200),
    "bytes": st.binary(max_size=200),
}
Typed = tuple[Any, st.SearchStrategy[Any]]
NAMES = (f"n{number}" for number in itertools.count())


@st.composite
def types(draw: st.DrawFn, depth: int = 3) -> Typed:
    """A schema and a strategy for its values."""
    kinds = [*PRIMITIVES, "nullable", "nullable", "enum", "fixed"]
    kind = draw(st.sampled_from(kinds + (["record", "array", "map"] if depth else [])))
    name = next(NAMES)
    if kind in PRIMITIVES:
        return kind, PRIMITIVES[kind]
    if kind == "nullable":
        inner = draw(st.sampled_from([name for name in PRIMITIVES if name != "null"]))
        order = draw(st.permutations(["null", inner]))
        return order, st.none() | PRIMITIVES[inner]
    if kind == "enum":
        return {"type": "enum", "name": name, "symbols": ["a", "b", "c"]}, st.sampled_from("abc")
    if kind == "fixed":
        return {"type": "fixed", "name": name, "size": 3}, st.binary(min_size=3, max_size=3)
    if kind == "record":
        return draw(records(depth - 1))
    inner, values = draw(types(depth - 1).filter(lambda found: found[0] != "null"))
    if kind == "array":
        if isinstance(inner, dict) and inner["type"] == "record":  # never one of no bytes
            inner["fields"].append({"name": "last", "type": "int"})
            values = st.builds(lambda value, last: {**value, "last": last}, values, INTS)
        return {"type": "array", "items": inner}, st.lists(values, max_size=5)
    return {"type": "map", "values": inner}, st.dictionaries(st.text(max_size=9), values, max_size=5)


@st.composite
def records(draw: st.DrawFn, depth: int = 2) -> Typed:
    fields = draw(st.lists(types(depth), max_size=12))
    named = {f"f{index}": values for index, (_, values) in enumerate(fields)}
    avsc = {
        "type": "record",
        "name": next(NAMES),
        "fields": [{"name": f"f{index}", "type": kind} for index, (kind, _) in enumerate(fields)],
    }
    return avsc, st.fixed_dictionaries(named)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_plan_reads_what_fastavro_reads_whatever_the_schema(data: st.DataObject) -> None:
    avsc, values = data.draw(records())
    payload = schemaless(avsc, data.draw(values))
    expected = fastavro.schemaless_reader(io.BytesIO(payload), fastavro.parse_schema(avsc), None)
    assert same(plan(avsc, payload), expected)
    names = [field["name"] for field in avsc["fields"]]
    wanted = data.draw(st.sets(st.sampled_from(names))) if names else set()
    for whole in (True, False):
        found = plan(avsc, payload, View(dict.fromkeys(wanted), whole))
        assert same(found, {name: expected[name] for name in names if name in wanted})


# -- damaged bytes -----------------------------------------------------------------------------------------


def agrees_or_refuses(made: Schema, payload: bytes) -> None:
    """Where a plan takes damaged bytes, fastavro reads the same from them and also comes to their end."""
    try:
        found = Frame(payload, made, payload, 0, len(payload)).view(ALL)
    except DecodeError:
        return
    rest = io.BytesIO(payload)
    assert same(found, fastavro.schemaless_reader(rest, fastavro.parse_schema(made_of(made)), None))
    assert rest.read() == b""


def made_of(made: Schema) -> Any:
    """The schema without logical types, which a plan leaves as numbers."""
    return json.loads(made.json, object_hook=lambda each: {k: v for k, v in each.items() if k != "logicalType"})


DAMAGE = st.lists(st.tuples(st.integers(0, LONGEST), st.integers(0, 255)), min_size=1, max_size=4)


def damaged(payload: bytes, changes: list[tuple[int, int]], end: int | None) -> bytes:
    made = bytearray(payload)
    for position, value in changes:
        made[position % len(made)] = value
    return bytes(made[:end])


@settings(max_examples=300, deadline=None)
@example([(13, 0xFF), (14, 0xFF), (15, 0xFF)], None)
@given(DAMAGE, st.none() | st.integers(0, 200))
@pytest.mark.parametrize(
    ("name", "payload"),
    [("lc_classifier_ztf", LIGHT_CURVE), ("rubin_stamp_classifier", RUBIN)],
    ids=["lc", "rubin"],
)
def test_damaged_messages_are_refused_or_read_as_fastavro_reads_them(
    name: str, payload: bytes, changes: list[tuple[int, int]], end: int | None
) -> None:
    agrees_or_refuses(Schema(json.dumps(schema(name)).encode()), damaged(payload, changes, end))


@needs_data
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_packets_damaged_at_any_place_are_refused_or_read_as_fastavro_reads_them(survey: str) -> None:
    frames = [opened(survey, path.read_bytes()) for path in packets(survey)[::20]]
    assert frames

    @settings(max_examples=150, deadline=None)
    @given(st.sampled_from(frames), DAMAGE, st.none() | st.integers(0, LONGEST))
    def check(frame: Frame, changes: list[tuple[int, int]], end: int | None) -> None:
        body = frame.buffer[frame.start : frame.end][:LONGEST]
        agrees_or_refuses(frame.schema, damaged(body, changes, end))

    check()


def opened(survey: str, payload: bytes) -> Frame:
    if payload.startswith(MAGIC):
        return Containers().open(payload)
    number = int.from_bytes(payload[1:5], "big")
    made = Schema(schemas.load(f"lsst.v{number // 100}_{number % 100}"))
    return Frame(payload, made, payload, 5, len(payload))


@needs_data
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_packet_cut_anywhere_is_refused(survey: str) -> None:
    reader = readers.get(f"{survey}_packet")
    payload = packets(survey)[0].read_bytes()
    for end in range(0, len(payload), 997):
        with pytest.raises(DecodeError):
            reader.read(payload[:end])


# -- what would take for ever ------------------------------------------------------------------------------

ARRAY = {"type": "record", "name": "r", "fields": [{"name": "a", "type": {"type": "array", "items": "int"}}]}
NULLS = {"type": "record", "name": "r", "fields": [{"name": "a", "type": {"type": "array", "items": "null"}}]}
TREE = {
    "type": "record",
    "name": "r",
    "fields": [{"name": "a", "type": ["null", "r"]}],
}
BOMB: dict[str, Any] = {"type": "record", "name": "r0", "fields": [{"name": "x", "type": "string"}]}
for level in range(1, 9):
    fields = [{"name": "y0", "type": BOMB}, *({"name": f"y{n}", "type": f"r{level - 1}"} for n in range(1, 9))]
    BOMB = {"type": "record", "name": f"r{level}", "fields": fields}
DEEP: Any = "int"
for _ in range(60):
    DEEP = {"type": "array", "items": DEEP}
DEEP = {"type": "record", "name": "r", "fields": [{"name": "a", "type": DEEP}]}

ENDLESS = {
    "a billion items": (ARRAY, b"\x80\x94\xeb\xdc\x03\0", "more items than bytes"),
    "a block of the smallest count": (ARRAY, b"\xff" * 9 + b"\x01\0\0", "more items than bytes"),
    "an integer that does not end": (ARRAY, b"\xff" * 50, "longer than ten bytes"),
    "an integer beyond 64 bits": (ARRAY, b"\xff" * 9 + b"\x7f", "beyond 64 bits"),
    "an array of nothing": (NULLS, b"\xfe\xff\xff\xff\x7f\0", "array of nothing"),
    "a record inside itself": (TREE, b"\x02" * 500 + b"\0", "contains itself"),
    "a schema that unfolds to millions of fields": (BOMB, b"", "too large to read"),
    "a schema of sixty arrays in each other": (DEEP, b"\0", "nested too deeply"),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_what_would_take_for_ever_is_refused_at_once(what: str) -> None:
    avsc, payload, reason = ENDLESS[what]
    with pytest.raises(DecodeError, match=reason):
        plan(avsc, payload)


def test_blocks_with_their_size_in_bytes_are_read() -> None:
    """A negative count is followed by the block's size: writers that stream send such."""
    payload = b"\x03\x04\x02\x04" + b"\x02\x06" + b"\0"  # -2 items in 2 bytes: 1, 2; then 1 item: 3
    assert plan(ARRAY, payload) == {"a": [1, 2, 3]}
    assert fastavro.schemaless_reader(io.BytesIO(payload), fastavro.parse_schema(ARRAY), None) == {
        "a": [1, 2, 3]
    }


@pytest.mark.parametrize("tag", [1, 3, 4, 127, 128])
def test_a_union_index_that_the_schema_does_not_have_is_refused(tag: int) -> None:
    fields = [{"name": f"f{n}", "type": ["null", "float"]} for n in range(5)]
    payload = bytes([tag]) + struct.pack("<f", 1.0) + b"\0\0\0\0"
    for view in (ALL, View({"f4": None})):
        with pytest.raises(DecodeError):
            plan({"type": "record", "name": "r", "fields": fields}, payload, view)


def test_a_field_that_the_schema_lacks_is_named() -> None:
    with pytest.raises(DecodeError, match=r"record 'r' has no field b"):
        plan(ARRAY, b"\0", View({"a": None, "b": None}))
    assert plan(ARRAY, b"\0", View({"a": None, "b?": None})) == {"a": []}


@pytest.mark.parametrize(
    "bad",
    [b"", b"{", b'{"type":"record"}', b'"nothing"', b'{"type":"fixed","name":"f","size":-1}', b"[" * 100_000],
)
def test_what_is_no_schema_is_refused(bad: bytes) -> None:
    with pytest.raises(DecodeError, match="schema"):
        Schema(bad)


def test_field_names_are_data_not_code() -> None:
    name = "x']; raise SystemExit  #\n"
    avsc = {"type": "record", "name": "r", "fields": [{"name": name, "type": "int"}]}
    assert plan(avsc, b"\x02") == {name: 1}
