"""Decoding: CPU per message of our readers against `fastavro`, on the same messages in the same run.

``python -m benchmarks.decoding [FOLDER]`` takes real ZTF and LSST packets from FOLDER (or the folder that the
other benchmarks use); the classifiers' messages are made here, of the size that the real ones have.
"""

from __future__ import annotations

import io
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro
import msgspec

from benchmarks.corpus import DATA
from consumer import readers, schemas

ROUNDS = 5
SECONDS = 0.15  # of CPU per round; the best round counts
STAMP_CLASSES = ("SN", "AGN", "VS", "asteroid", "bogus")
LC_CLASSES = (
    "AGN",
    "QSO",
    "Blazar",
    "YSO",
    "CV/Nova",
    "SNIa",
    "SNIbc",
    "SNII",
    "SLSN",
    "RRL",
    "CEP",
    "E",
    "LPV",
)
FEATURES = 209  # of today's light-curve classifier

Payloads = Sequence[bytes]


@dataclass(frozen=True)
class Case:
    """Messages of one kind, and how a client that uses fastavro alone reads one."""

    title: str
    reader: str
    payloads: Payloads
    usual: Callable[[bytes], object]


def main(folder: Path = DATA) -> None:
    """Print microseconds per message and ratios."""
    print(
        f"{'':<24}{'bytes':>8}{'fastavro':>10}{'glance':>9}{'ratio':>7}{'read':>9}{'ratio':>7}  CPU µs/message"
    )
    for case in cases(folder):
        reader = readers.get(case.reader)
        usual, glance, read = (cpu(each, case.payloads) for each in (case.usual, reader.glance, reader.read))
        size = sum(map(len, case.payloads)) // len(case.payloads)
        print(
            f"{case.title:<24}{size:>8}{usual:>10.1f}{glance:>9.1f}{usual / glance:>7.1f}"
            f"{read:>9.1f}{usual / read:>7.1f}"
        )


def cpu(read: Callable[[bytes], object], payloads: Payloads) -> float:
    """The least microseconds of CPU per message over all rounds; plans are compiled before."""
    for payload in payloads:
        read(payload)
    return min(_round(read, payloads) for _ in range(ROUNDS)) * 1e6


def cases(folder: Path) -> list[Case]:
    """Those whose messages are there."""
    ztf = [path.read_bytes() for path in sorted(folder.glob("ztf/boom-astro__boom/*/*.avro"))]
    lsst = [path.read_bytes() for path in sorted(folder.glob("lsst/alercebroker__pipeline/sample_data/*.avro"))]
    framed = [path.read_bytes() for path in sorted(folder.glob("lsst/derived_confluent_v10/*.avro"))]
    found = [
        Case("ZTF packet", "ztf_packet", ztf, container),
        Case("LSST packet, container", "lsst_packet", lsst, container),
        Case("LSST packet, Confluent", "lsst_packet", framed, bare("lsst.v10_0", skip=5)),
        Case("light-curve message", "ztf_lc", [light_curve()], bare("lc_classifier_ztf")),
        Case("stamp message", "ztf_stamp", [stamp(number) for number in range(1, 9)], container),
        Case("Rubin stamp message", "rubin_stamp", [rubin()], bare("rubin_stamp_classifier")),
    ]
    return [case for case in found if case.payloads]


def container(payload: bytes) -> object:
    """What every client does: parse the header, then the record."""
    return list(fastavro.reader(io.BytesIO(payload)))


def bare(name: str, skip: int = 0) -> Callable[[bytes], object]:
    """The full record by a schema that is parsed once."""
    schema = fastavro.parse_schema(_schema(name))
    return lambda payload: fastavro.schemaless_reader(io.BytesIO(payload[skip:]), schema, None)


def stamp(candid: int) -> bytes:
    """A ZTF stamp-classifier message."""
    probabilities = [{"name": name, "type": "float"} for name in STAMP_CLASSES]
    fields = [
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {"name": "probabilities", "type": {"type": "record", "name": "probabilities", "fields": probabilities}},
    ]
    file = io.BytesIO()
    record = {"objectId": "ZTF26abcdefg", "candid": candid, "probabilities": dict.fromkeys(STAMP_CLASSES, 0.2)}
    fastavro.writer(file, {"type": "record", "name": "stamp_probabilities", "fields": fields}, [record])
    return file.getvalue()


def light_curve() -> bytes:
    """A light-curve-classifier message with all its features."""
    made = random.Random(1)
    features = {f"Feature_name_{n}_{n % 2 + 1}": made.random() if n % 5 else None for n in range(FEATURES)}
    children = {top: dict.fromkeys(LC_CLASSES[:5], 0.2) for top in ("Periodic", "Stochastic", "Transient")}
    classification = {
        "probabilities": dict.fromkeys(LC_CLASSES, 1 / len(LC_CLASSES)),
        "class": "AGN",
        "hierarchical": {"top": dict.fromkeys(children, 1 / 3), "children": children},
    }
    record = {"oid": "ZTF26abcdefg", "features": features, "lc_classification": classification}
    return _written("lc_classifier_ztf", record)


def rubin() -> bytes:
    """A Rubin stamp-classifier message."""
    return _written(
        "rubin_stamp_classifier",
        {
            "diaObjectId": 170_103_253_174_321_229,
            "ssObjectId": 0,
            "diaSourceId": 170_595_945_463_939_107,
            "probabilities": dict.fromkeys(STAMP_CLASSES, 0.2),
            "midpointMjdTai": 61_219.5,
            "ra": 62.5,
            "dec": -47.25,
        },
    )


def _written(name: str, record: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    fastavro.schemaless_writer(file, fastavro.parse_schema(_schema(name)), record)
    return file.getvalue()


def _schema(name: str) -> Any:
    return msgspec.json.decode(schemas.load(name))


def _round(read: Callable[[bytes], object], payloads: Payloads) -> float:
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < SECONDS:
        for payload in payloads:
            read(payload)
        count += len(payloads)
    return spent / count


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
