"""What the benchmarks read: real packets under new ids, and classifier messages in their exact encodings.

Each corpus says which cut passes 1 % of it. Messages are made once, in memory, before anything is timed.
"""

from __future__ import annotations

import io
import os
import random
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import fastavro

from simulator import wire
from simulator.features import NAMES

DATA = Path(os.environ.get("ALERTWATCH_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
FULL = 40_000  # bytes: packets with their cutouts
SHARE = 0.01  # of the messages that pass the cut
STABLE = ["SNIa", "SNIbc", "SNII", "SLSN", "YSO", "CV/Nova", "LPV", "E", "DSCT", "RRL", "CEP", "Periodic-Other"]


class Corpus(NamedTuple):
    """Messages of one stream. ``filter_settings`` and ``limit`` are one cut, for service and plain loop."""

    stream: str
    messages: list[bytes]
    filter_settings: dict[str, dict[str, Any]]
    limit: float


def ztf_packets(count: int) -> Corpus:
    """Real ZTF packets of one schema version (as on a stream), each under candids of its own."""
    by_schema: dict[str, list[tuple[bytes, dict[str, Any]]]] = defaultdict(list)
    for path in sorted((DATA / "ztf").rglob("*.avro")):
        payload = path.read_bytes()
        schema, record = _only_record(payload)
        if (
            record
            and len(payload) > FULL
            and record["candidate"].get("drb")
            and _zigzag(record["candid"]) in payload
        ):
            by_schema[schema].append((payload, record))
    base = max(by_schema.values(), key=len, default=[])
    if not base:
        raise FileNotFoundError(f"no real ZTF packets in {DATA}; set ALERTWATCH_TEST_DATA")
    *others, surest = sorted(base, key=lambda found: found[1]["candidate"]["drb"])
    limit = surest[1]["candidate"]["drb"]
    others = [found for found in others if found[1]["candidate"]["drb"] < limit]
    messages = [
        _renumbered(*(surest if i % round(1 / SHARE) == 0 else others[i % len(others)]), i)
        for i in range(count)
    ]
    return Corpus("ztf_packet", messages, {"surely_real": {"min_real_bogus": limit}}, limit)


def ztf_stamps(count: int, seed: int = 1) -> Corpus:
    """Messages of the stamp classifier; 1 % are supernovae with a probability of at least 0.5."""
    rng = random.Random(seed)
    messages = []
    for i in range(count):
        best = "SN" if rng.random() < SHARE else rng.choice(["AGN", "VS", "asteroid", "bogus"])
        rest = {name: 0.1 for name in wire.STAMP_CLASSES if name != best}
        messages.append(wire.ztf_stamp(_oid(i), str(2_000_000_000_000_000_000 + i), {best: 0.6, **rest}))
    return Corpus("ztf_stamp", messages, {"young_sn": {}}, 0.5)


def ztf_lcs(count: int, seed: int = 1) -> Corpus:
    """Messages of the light-curve classifier with 209 features; 1 % are active nuclei."""
    rng = random.Random(seed)
    features = {name: rng.lognormvariate(-1, 1) for name in NAMES}
    names = (*STABLE, "QSO", "AGN", "Blazar")
    messages = []
    for i in range(count):
        best = "QSO" if rng.random() < SHARE else rng.choice(STABLE)
        flat = {name: 0.72 if name == best else 0.02 for name in names}
        levels = {"all": flat, "top": {"Transient": 0.3, "Stochastic": 0.4, "Periodic": 0.3}}
        levels |= {"Transient": flat, "Stochastic": flat, "Periodic": flat}
        messages.append(wire.ztf_lc(_oid(i), features, levels))
    return Corpus("ztf_lc", messages, {"agn_flare": {}}, 0.5)


def _only_record(payload: bytes) -> tuple[str, dict[str, Any] | None]:
    """The schema and the one record of a packet; no record for broken and foreign files."""
    try:
        reader = fastavro.reader(io.BytesIO(payload))
        (record,) = reader
    except Exception:
        return "", None
    if not isinstance(record, dict) or not {"candidate", "candid"} <= record.keys():
        return "", None
    return str(reader.writer_schema), record


def _renumbered(payload: bytes, record: dict[str, Any], copy: int) -> bytes:
    """The same packet under another candid of the same length in bytes."""
    return payload.replace(_zigzag(record["candid"]), _zigzag(record["candid"] + copy))


def _zigzag(number: int) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", number)
    return out.getvalue()


def _oid(i: int) -> str:
    letters = ""
    for _ in range(7):
        i, rest = divmod(i, 26)
        letters = chr(97 + rest) + letters
    return "ZTF26" + letters
