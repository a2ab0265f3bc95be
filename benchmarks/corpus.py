"""What the benchmarks read: real packets under new ids, and classifier messages in their exact encodings.

Each corpus says which cut passes 1 % of it. Messages are made once, in memory, before anything is timed.
"""

from __future__ import annotations

import io
import os
import random
from pathlib import Path
from typing import Any, NamedTuple

import fastavro

from simulator import wire
from simulator.features import NAMES

DATA = Path(os.environ.get("ALERTWATCH_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
SHARE = 0.01  # of the messages that pass the cut
STABLE = ["SNIa", "SNIbc", "SNII", "SLSN", "YSO", "CV/Nova", "LPV", "E", "DSCT", "RRL", "CEP", "Periodic-Other"]


class Corpus(NamedTuple):
    """Messages of one stream. ``filter_settings`` and ``limit`` are one cut, for service and plain loop."""

    stream: str
    messages: list[bytes]
    filter_settings: dict[str, dict[str, Any]]
    limit: float


def ztf_packets(count: int) -> Corpus:
    """Real ZTF packets (50 to 100 kB, with cutouts and history), each under candids of its own."""
    base = []
    for path in sorted((DATA / "ztf").rglob("*.avro")):
        payload = path.read_bytes()
        record = _only_record(payload)
        if record and 50_000 < len(payload) < 100_000 and _zigzag(record["candid"]) in payload:
            base.append((payload, record))
    if not base:
        raise FileNotFoundError(f"no real ZTF packets in {DATA}; set ALERTWATCH_TEST_DATA")
    base = base[:200]
    brightest = sorted(record["candidate"]["magpsf"] for _, record in base)
    limit = brightest[max(1, round(SHARE * len(base)))]
    messages = [_renumbered(*base[i % len(base)], i // len(base)) for i in range(count)]
    settings = {"bright_packet": {"brighter_than": limit}}
    return Corpus("ztf_packet", messages, settings, limit)


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


def _only_record(payload: bytes) -> dict[str, Any] | None:
    try:
        (record,) = fastavro.reader(io.BytesIO(payload))
    except Exception:
        return None
    return record if isinstance(record, dict) and {"candidate", "candid"} <= record.keys() else None


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
