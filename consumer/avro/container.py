"""Avro object containers, as Kafka messages are: one file per message, nearly always of one record.

A ZTF packet repeats 23 kB of header, an LSST packet 41 kB: known ones are recognised by their bytes and
nothing in them is parsed again. What can be checked cheaply is: the block's size and the sync marker behind
it. Layout: Avro 1.11 specification, "Object Container Files".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cramjam

from alertwatch.errors import DecodeError
from consumer.avro.frame import EVERYTHING, Frame, Schema
from consumer.avro.plan import Plan, View, varint
from consumer.avro.schema import parse

MAGIC = b"Obj\x01"
SYNC = 16
MOST_HEADERS = 32  # kept at a time: a stream has one or two
MOST_BYTES = 64 * 2**20  # of a decompressed block: the largest packets are a few MB

METADATA = Plan(parse({"type": "map", "values": "bytes"}), View(None))


@dataclass(frozen=True, slots=True)
class Header:
    """What a container begins with, up to its sync marker, which differs from file to file."""

    data: bytes
    schema: Schema
    codec: str


class Containers:
    """Opens containers, remembering their headers. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: tuple[Header, ...] = ()

    def open(self, payload: bytes) -> Frame:
        """The one record of ``payload``; raises `DecodeError` for damage and for several records."""
        header = self._header(payload)
        count, start, end = _block(payload, len(header.data) + SYNC)
        sync = payload[len(header.data) : len(header.data) + SYNC]
        if count != 1 or len(payload) != end + SYNC or not payload.endswith(sync):
            raise DecodeError(
                f"not one whole record: a block of {count}, {end + SYNC} bytes, got {len(payload)}"
            )
        if header.codec == "null":
            return Frame(payload, header.schema, payload, start, end)
        data = _decompress(header.codec, payload[start:end])
        return Frame(payload, header.schema, data, 0, len(data))

    def split(self, payload: bytes) -> Sequence[bytes]:
        """A container for each record. One that holds one, or that cannot be read, is left as it is."""
        try:
            header = self._header(payload)
            count, _, end = _block(payload, len(header.data) + SYNC)
            if count == 1 and end + SYNC == len(payload):
                return (payload,)
            return [_container(header.schema, record) for record in _records(payload, header)] or (payload,)
        except DecodeError:
            return (payload,)

    def _header(self, payload: bytes) -> Header:
        for known in self._known:
            if payload.startswith(known.data):
                return known
        header = _header(payload)
        self._known = (header, *self._known[: MOST_HEADERS - 1])
        return header


def _header(payload: bytes) -> Header:
    if not payload.startswith(MAGIC):
        raise DecodeError(f"not an Avro container: begins with {payload[:8]!r}")
    metadata, end = METADATA.read(payload, len(MAGIC))
    if end > len(payload) or "avro.schema" not in metadata:
        raise DecodeError("the container's header is cut short or has no schema")
    codec = metadata.get("avro.codec", b"null").decode("ascii", "replace")
    return Header(payload[:end], Schema(metadata["avro.schema"]), codec)


def _records(payload: bytes, header: Header) -> Iterator[bytes]:
    """The bytes of each record of each block, decompressed."""
    position = len(header.data) + SYNC
    sync = payload[len(header.data) : position]
    plan = header.schema.plan(EVERYTHING)
    while position < len(payload):
        count, start, end = _block(payload, position)
        position = end + SYNC
        if payload[end:position] != sync:
            raise DecodeError("a block of the container does not end with its sync marker")
        data = _decompress(header.codec, payload[start:end])
        if count > len(data):
            raise DecodeError("a block of the container has more records than bytes")
        at = 0
        for _ in range(count):
            begin, (_, at) = at, plan.read(data, at)
            yield data[begin:at]
        if at != len(data):
            raise DecodeError("a block of the container does not end with its last record")


def _block(payload: bytes, position: int) -> tuple[int, int, int]:
    """Number of records, begin and end of the block at ``position``."""
    count, position = _long(payload, position)
    length, position = _long(payload, position)
    if count < 0 or length < 0:
        raise DecodeError("a block of the container has a negative size")
    return count, position, position + length


def _long(payload: bytes, position: int) -> tuple[int, int]:
    try:
        value = payload[position]
        position += 1
        if value > 127:
            value, position = varint(payload, position, value)
    except (IndexError, ValueError) as error:
        raise DecodeError("the container ends within its header") from error
    return value >> 1 ^ -(value & 1), position


def _decompress(codec: str, data: bytes) -> bytes:
    match codec:
        case "null":
            return data
        case "deflate":
            return _inflate(data)
        case "snappy":
            return _unsnap(data)
    raise DecodeError(f"codec {codec!r} is not known: containers are null, deflate or snappy")


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = stream.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise DecodeError(f"the container's block does not decompress: {error}") from error
    if not stream.eof:
        raise DecodeError("the container's block does not decompress: it is cut short or too large")
    return found


def _unsnap(data: bytes) -> bytes:
    """Snappy's block is followed by the CRC-32 of what it decompresses to, big-endian."""
    body, crc = data[:-4], data[-4:]
    try:
        if cramjam.snappy.decompress_raw_len(body) > MOST_BYTES:
            raise DecodeError(f"the container's block is larger than {MOST_BYTES} bytes")
        found = bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise DecodeError(f"the container's block does not decompress: {error}") from error
    if zlib.crc32(found) != int.from_bytes(crc, "big"):
        raise DecodeError("the container's block does not have its checksum")
    return found


def _container(schema: Schema, record: bytes) -> bytes:
    """A container of one record, not compressed."""
    metadata = b"".join(map(_prefixed, (b"avro.codec", b"null", b"avro.schema", schema.json)))
    return b"".join(
        (MAGIC, _zigzag(2), metadata, b"\0", bytes(SYNC), _zigzag(1), _prefixed(record), bytes(SYNC))
    )


def _prefixed(data: bytes) -> bytes:
    return _zigzag(len(data)) + data


def _zigzag(value: int) -> bytes:
    """A natural number as Avro's variable-length integer."""
    value, found = value << 1, bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes((*found, value))
