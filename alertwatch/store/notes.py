"""Notes: free text that people keep with an object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from alertwatch.errors import BadInput
from alertwatch.store.listed import one_of
from alertwatch.store.tables import notes as table
from alertwatch.store.upsert import printable

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Note:
    """What one person wrote of an object. ``added_at``: seconds since 1970."""

    survey: str
    object_id: str
    text: str
    by: str
    added_at: float


_COLUMNS = [table.c[name] for name in Note.__dataclass_fields__]


def add(tx: Connection, note: Note) -> None:
    """Keep a note; raises `BadInput` for one without text."""
    if not note.text.strip():
        raise BadInput(f"the note on {note.object_id} is empty; write something")
    values = {k: printable(v) if isinstance(v, str) else v for k, v in asdict(note).items()}
    tx.execute(table.insert().values(values))


def in_words(note: Note) -> str:
    """``Spectrum tonight (ana)``."""
    return f"{note.text} ({note.by})"


def of(tx: Connection, keys: Iterable[Key]) -> dict[Key, Sequence[Note]]:
    """The notes on objects by (survey, object id), the oldest first; objects without any are left out."""
    wanted = set(keys)
    found: dict[Key, tuple[Note, ...]] = {}
    query = select(*_COLUMNS).where(one_of(tx, table.c.object_id, {object_id for _, object_id in wanted}))
    for row in tx.execute(query.order_by(table.c.id)).mappings() if wanted else ():
        key = (row["survey"], row["object_id"])
        if key in wanted:
            found[key] = (*found.get(key, ()), Note(**row))
    return dict(found)
