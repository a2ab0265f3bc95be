"""Tags: words that gather objects, such as a campaign or a paper. An object has a tag or has it not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, delete, func, select

from alertwatch.errors import BadInput
from alertwatch.store.listed import one_of
from alertwatch.store.tables import tags as table
from alertwatch.store.upsert import insert, printable

Key = tuple[str, str]


def add(tx: Connection, key: Key, words: Iterable[str], by: str, now: float) -> None:
    """Give an object (survey, object id) tags; those that it has stay as they are. ``now``: s since 1970.

    Raises `BadInput` for an empty tag, or one with a comma, which lists of tags are separated by.
    """
    for word in sorted(set(words)):
        if not word.strip() or "," in word:
            raise BadInput(f"{word!r} cannot be a tag of {key[1]}: give a word or words without a comma")
        values = {"survey": key[0], "object_id": key[1], "tag": printable(word.strip()), "by": printable(by)}
        tx.execute(insert(tx, table).values(**values, added_at=now).on_conflict_do_nothing())


def remove(tx: Connection, key: Key, words: Collection[str]) -> Sequence[str]:
    """Take tags from an object; gives those that it had."""
    own = (table.c.survey == key[0], table.c.object_id == key[1], table.c.tag.in_(words))
    gone = tx.scalars(delete(table).where(*own).returning(table.c.tag))
    return sorted(gone)


def of(tx: Connection, keys: Iterable[Key]) -> dict[Key, Sequence[str]]:
    """The tags of objects by (survey, object id), sorted; objects without any are left out."""
    wanted = set(keys)
    found: dict[Key, tuple[str, ...]] = {}
    own = one_of(tx, table.c.object_id, {object_id for _, object_id in wanted})
    query = select(table.c.survey, table.c.object_id, table.c.tag).where(own)
    for survey, object_id, tag in tx.execute(query) if wanted else ():
        if (survey, object_id) in wanted:
            found[survey, object_id] = (*found.get((survey, object_id), ()), tag)
    return {key: sorted(words) for key, words in found.items()}  # each database has an alphabet of its own


def counts(tx: Connection) -> dict[str, int]:
    """How many objects have each tag, in the order of the alphabet."""
    rows = tx.execute(select(table.c.tag, func.count()).group_by(table.c.tag))
    return dict(sorted((str(tag), int(count)) for tag, count in rows))
