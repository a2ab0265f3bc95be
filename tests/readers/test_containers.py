"""Avro containers: codecs, several records, damage, and the headers that are remembered."""

from __future__ import annotations

import json
import zlib
from typing import Any

import cramjam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertwatch.errors import DecodeError
from consumer import readers
from consumer.avro import Containers
from consumer.avro.container import MOST_HEADERS
from tests.readers.examples import STAMP_FIVE, container, full, packets
from tests.readers.test_messages import FIVE, STAMP, stamp_schema
from tests.support.data import needs_data

CODECS = ["null", "deflate", "snappy"]
SCHEMA = stamp_schema(FIVE)
SYNC = bytes(range(16))


def stamps(count: int) -> list[dict[str, Any]]:
    return [{**STAMP, "candid": number} for number in range(1, count + 1)]


@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_reads_to_the_same(codec: str) -> None:
    reader = readers.get("ztf_stamp")
    assert reader.glance(container(SCHEMA, [STAMP], codec)) == reader.glance(STAMP_FIVE)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("sync_interval", [16_000, 1])
def test_a_container_of_several_records_becomes_one_for_each(codec: str, sync_interval: int) -> None:
    reader = readers.get("ztf_stamp")
    payload = container(SCHEMA, stamps(5), codec, sync_interval=sync_interval)
    parts = reader.split(payload)
    assert [reader.glance(part).alert_id for part in parts] == ["1", "2", "3", "4", "5"]
    assert [full(part) for part in parts] == [[record] for record in stamps(5)]
    with pytest.raises(DecodeError, match="not one whole record"):
        reader.glance(payload)


@needs_data
@pytest.mark.parametrize("codec", CODECS)
def test_real_packets_read_the_same_in_every_codec_and_together(codec: str) -> None:
    for survey in ("ztf", "lsst"):
        reader = readers.get(f"{survey}_packet")
        paths = [path for path in packets(survey) if path.read_bytes().startswith(b"Obj")][-3:]
        for path in paths:
            payload = path.read_bytes()
            header = Containers().open(payload).schema
            [record] = full(payload)
            several = container(json.loads(header.json), [record, record], codec)
            assert [reader.read(part) for part in reader.split(several)] == [reader.read(payload)] * 2


def test_a_container_of_no_record_is_refused() -> None:
    reader = readers.get("ztf_stamp")
    payload = container(SCHEMA, [])
    assert reader.split(payload) == (payload,)
    with pytest.raises(DecodeError):
        reader.glance(payload)


@pytest.mark.parametrize("codec", CODECS)
def test_a_container_that_is_damaged_within_is_left_whole_and_refused(codec: str) -> None:
    payload = container(SCHEMA, stamps(5), codec, sync_marker=SYNC)
    cut = payload[:-20] + SYNC
    reader = readers.get("ztf_stamp")
    assert reader.split(cut) == (cut,)
    with pytest.raises(DecodeError):
        reader.glance(cut)


def test_a_wrong_sync_marker_and_trailing_bytes_are_noticed() -> None:
    for payload in (STAMP_FIVE[:-1] + b"\xff", STAMP_FIVE + b"\0", STAMP_FIVE[:-1]):
        with pytest.raises(DecodeError, match="not one whole record"):
            readers.get("ztf_stamp").glance(payload)


def test_snappy_is_checked_against_its_checksum() -> None:
    payload = bytearray(container(SCHEMA, [STAMP], "snappy", sync_marker=SYNC))
    payload[-17] ^= 1
    with pytest.raises(DecodeError, match="checksum"):
        readers.get("ztf_stamp").glance(bytes(payload))


@pytest.mark.parametrize("codec", ["deflate", "snappy"])
def test_a_block_that_decompresses_without_end_is_refused(codec: str) -> None:
    zeros = bytes(100 * 2**20)
    if codec == "deflate":
        body = zlib.compress(zeros, wbits=-15)
    else:
        body = bytes(cramjam.snappy.compress_raw(zeros)) + zlib.crc32(zeros).to_bytes(4, "big")
    empty = container(SCHEMA, [], codec, sync_marker=SYNC)
    payload = empty + b"\x02" + zigzag(len(body)) + body + SYNC
    with pytest.raises(DecodeError, match=r"too large|larger than"):
        readers.get("ztf_stamp").glance(payload)


def zigzag(value: int) -> bytes:
    value, found = value * 2, b""
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def test_other_codecs_are_named() -> None:
    payload = STAMP_FIVE.replace(b"\x08null", b"\x08lzma")
    with pytest.raises(DecodeError, match="'lzma' is not known"):
        readers.get("ztf_stamp").glance(payload)


def test_a_header_is_parsed_once_and_only_so_many_are_kept() -> None:
    containers = Containers()
    first = containers.open(container(SCHEMA, [STAMP])).schema
    assert containers.open(container(SCHEMA, stamps(1), sync_marker=SYNC)).schema is first
    for number in range(MOST_HEADERS + 5):
        containers.open(container({**SCHEMA, "doc": str(number)}, [STAMP]))
    assert len(containers._known) == MOST_HEADERS
    assert containers.open(container(SCHEMA, [STAMP])).schema is not first


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(STAMP_FIVE) - 1), st.integers(0, 255), st.integers(0, len(STAMP_FIVE)))
def test_a_damaged_container_gives_an_alert_or_a_decode_error_and_nothing_else(
    position: int, value: int, end: int
) -> None:
    damaged = bytearray(STAMP_FIVE)
    damaged[position] = value
    reader = readers.get("ztf_stamp")
    for payload in (bytes(damaged), bytes(damaged[:end])):
        for part in reader.split(payload):
            try:
                assert reader.glance(part).object_id.startswith("ZTF")
                reader.record(part)
            except DecodeError:
                pass


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "Obj\x01", "\0\0\0\x03\xe8"]))
def test_garbage_is_refused_by_every_reader(garbage: bytes, start: str) -> None:
    for name in readers.names():
        for part in readers.get(name).split(start.encode("latin-1") + garbage):
            with pytest.raises(DecodeError):
                readers.get(name).read(part)
