"""Labels: what people said of an object, by command or by a button in a message.

``claim``, ``follow_up`` and ``reject`` (which needs a reason) say what a person does about it; any other text
is what the person takes it for: a class, ``real`` or ``bogus``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from alertwatch.errors import BadInput
from alertwatch.store.listed import one_of
from alertwatch.store.tables import labels as table
from alertwatch.store.upsert import printable

CLAIM, FOLLOW_UP, REJECT = "claim", "follow_up", "reject"
DEEDS = (CLAIM, FOLLOW_UP, REJECT)

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Label:
    """One word of one person on an object. ``via``: command, or the channel; ``added_at``: s since 1970."""

    survey: str
    object_id: str
    label: str
    by: str
    via: str
    added_at: float
    reason: str | None = None


_COLUMNS = [table.c[name] for name in Label.__dataclass_fields__]


def add(tx: Connection, label: Label) -> bool:
    """Keep a label; ``False`` when it is what this person said last of the object: a button pressed twice.

    Raises `BadInput` for a label without text, or a rejection without a reason.
    """
    if not label.label.strip():
        raise BadInput(f"the label for {label.object_id} is empty; say what it is")
    if label.label == REJECT and not (label.reason or "").strip():
        raise BadInput(f"to reject {label.object_id} takes a reason; add one")
    values = {k: printable(v) if isinstance(v, str) else v for k, v in asdict(label).items()}
    own = [table.c[name] == values[name] for name in ("survey", "object_id", "by")]
    said = tx.execute(select(table.c.label, table.c.reason).where(*own).order_by(table.c.id.desc())).first()
    if said is not None and tuple(said) == (values["label"], values["reason"]):
        return False
    tx.execute(table.insert().values(values))
    return True


def of(tx: Connection, keys: Iterable[Key]) -> dict[Key, Sequence[Label]]:
    """The labels of objects by (survey, object id), the oldest first; objects without any are left out."""
    wanted = set(keys)
    found: dict[Key, tuple[Label, ...]] = {}
    query = select(*_COLUMNS).where(one_of(tx, table.c.object_id, {object_id for _, object_id in wanted}))
    for row in tx.execute(query.order_by(table.c.id)).mappings() if wanted else ():
        key = (row["survey"], row["object_id"])
        if key in wanted:
            found[key] = (*found.get(key, ()), Label(**row))
    return dict(found)


def list(  # noqa: A001 - read as labels.list
    tx: Connection, object_id: str | None = None, survey: str | None = None
) -> Sequence[Label]:
    """Labels, the newest first; only of one object id or survey."""
    query = select(*_COLUMNS).order_by(table.c.id.desc())
    for column, value in ((table.c.object_id, object_id), (table.c.survey, survey)):
        query = query if value is None else query.where(column == value)
    return [Label(**row) for row in tx.execute(query).mappings()]


def rejected(said: Iterable[Label]) -> Label | None:
    """The rejection that stands, if one does: a later claim or follow-up, by anyone, takes it back.

    ``said``: the labels of one source; of those at the same moment the later one counts.
    """
    deeds = sorted((label for label in said if label.label in DEEDS), key=lambda label: label.added_at)
    return deeds[-1] if deeds and deeds[-1].label == REJECT else None


def in_words(label: Label) -> str:
    """``rejected by ana: a known variable``, ``“SN Ia” says ana``."""
    words = {CLAIM: "claimed", FOLLOW_UP: "follow-up requested", REJECT: "rejected"}
    deed = words.get(label.label)
    said = f"{deed} by {label.by}" if deed else f"“{label.label}” says {label.by}"
    return f"{said}: {label.reason}" if label.reason else said
