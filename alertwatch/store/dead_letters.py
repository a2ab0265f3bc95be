"""Dead letters: messages that could not be decoded, kept as they came, with their origin and the error."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, select

from alertwatch.store.tables import dead_letters as table
from alertwatch.store.upsert import insert, printable


@dataclass(frozen=True)
class DeadLetter:
    """One undecodable message. ``timestamp_ms`` is the Kafka record's; ``reader`` is what failed on it."""

    source: str
    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    reader: str
    error: str
    payload: bytes


@dataclass(frozen=True)
class StoredLetter(DeadLetter):
    """A dead letter with its number and the time it was stored (seconds since 1970)."""

    id: int
    stored_at: float


_ORIGIN = ["source", "topic", "partition", "offset", "payload_hash"]
_COLUMNS = [table.c[name] for name in StoredLetter.__dataclass_fields__]


def add(tx: Connection, letters: Sequence[DeadLetter]) -> None:
    """Store them. One that is stored already (same origin, same bytes) stays as it is."""
    if letters:
        rows = sorted((_row(letter) for letter in letters), key=lambda row: [row[name] for name in _ORIGIN])
        tx.execute(insert(tx, table).on_conflict_do_nothing(index_elements=_ORIGIN), rows)


def _row(letter: DeadLetter) -> dict[str, object]:
    digest = hashlib.sha256(letter.payload).hexdigest()[:32]
    return asdict(letter) | {
        "error": printable(letter.error),
        "payload_hash": digest,
        "stored_at": time.time(),
    }


def list(tx: Connection, limit: int = 100, source: str | None = None) -> Sequence[StoredLetter]:  # noqa: A001
    """The newest dead letters first, at most ``limit``."""
    query = select(*_COLUMNS).order_by(table.c.id.desc()).limit(limit)
    if source is not None:
        query = query.where(table.c.source == source)
    return [StoredLetter(*row) for row in tx.execute(query)]


def get(tx: Connection, letter_id: int) -> StoredLetter | None:
    """One dead letter by its number."""
    row = tx.execute(select(*_COLUMNS).where(table.c.id == letter_id)).first()
    return StoredLetter(*row) if row else None


def count(tx: Connection) -> int:
    """How many there are."""
    return tx.scalar(select(func.count()).select_from(table)) or 0


def drop(tx: Connection, ids: Collection[int]) -> int:
    """Delete these; gives how many there were."""
    return tx.execute(delete(table).where(table.c.id.in_(ids))).rowcount
