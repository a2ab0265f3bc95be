"""Fields of fixed size, of which a detection is nearly all made: they are read in runs.

A nullable float is five bytes or one. Where all of a run have a value, their places are known: one
comparison of the union indices (`tags`) tells that, and one ``struct`` (`layout`) picks the wanted values.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import NamedTuple

from consumer.avro.schema import Type

CODES = {"boolean": "?", "float": "f", "double": "d"}


class Slot(NamedTuple):
    """A field of fixed size, perhaps nullable: ``tag`` is the union index byte that announces a value."""

    name: str
    type: Type
    value: Type
    tag: int | None

    @property
    def width(self) -> int:
        """Bytes of the field when it has a value."""
        return (self.value.width or 0) + (self.tag is not None)


def as_slot(name: str, kind: Type) -> Slot | None:
    """``kind`` as a slot of a run: float, double or boolean, alone or in a union with null."""
    if kind.kind in CODES:
        return Slot(name, kind, kind, None)
    if kind.kind == "union" and len(kind.branches) == 2:
        for index, (value, other) in enumerate(zip(kind.branches, reversed(kind.branches), strict=True)):
            if value.kind in CODES and other.kind == "null":
                return Slot(name, kind, value, 2 * index)
    return None


def tags(slots: Sequence[Slot]) -> tuple[int, int]:
    """Mask and pattern, little-endian, of the union index bytes of a run that has all its values."""
    mask = pattern = position = 0
    for slot in slots:
        if slot.tag is not None:
            mask |= 0xFF << 8 * position
            pattern |= slot.tag << 8 * position
        position += slot.width
    return mask, pattern


def nulls(slots: Sequence[Slot]) -> bytes | None:
    """The bytes of a run without any value; ``None`` where a slot always has one."""
    found = bytes(2 - slot.tag for slot in slots if slot.tag is not None)
    return found if len(found) == len(slots) else None


def layout(slots: Sequence[Slot], wanted: Container[str]) -> str:
    """The ``struct`` format of a run that has all its values: the wanted ones, padding for the others."""
    found = "<"
    for slot in slots:
        found += "" if slot.tag is None else "x"
        found += CODES[slot.value.kind] if slot.name in wanted else f"{slot.value.width}x"
    return found
