"""Writes the Python source of a reading plan (`consumer.avro.plan`)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from alertwatch.errors import DecodeError
from consumer.avro.lines import Lines
from consumer.avro.schema import PRIMITIVES, Type
from consumer.avro.slots import CODES, Slot, as_slot, layout, nulls, tags

SCALARS = {*PRIMITIVES, "fixed", "enum"} - {"null"}
SHORTEST_RUN = 3


class Source(Lines):
    """The lines of one plan. ``pos`` is the reading position, ``buf`` the buffer, ``size`` its length."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[Type] = []

    def function(self, schema: Type, fields: Any, whole: bool) -> str:
        """``plan(buf, pos)`` → (value, position after what was read)."""
        self.line("def plan(buf, pos):")
        with self.indented():
            self.line("size = len(buf)")
            self._read(schema, fields, "out", cut=not whole)
            self.line("return out, pos")
        return self.text

    # -- reading: code that assigns a value to ``into`` and moves ``pos`` behind it ---------------------------

    def _read(self, kind: Type, fields: Any, into: str, cut: bool = False) -> None:
        if isinstance(fields, Mapping) and kind.kind in SCALARS:
            self.line(f"fail('a {kind.kind} where a record is wanted')")
        elif kind.kind == "record":
            with self._entered(kind):
                self._record(kind, fields, into, cut)
        elif kind.kind == "union":
            self._union(kind, fields, into, cut)
        elif kind.kind in ("array", "map"):
            self._blocks(kind, fields, into)
        else:
            self._scalar(kind, into)

    def _scalar(self, kind: Type, into: str) -> None:
        if kind.kind == "null":
            self.line(f"{into} = None")
        elif kind.kind in CODES:
            unpack = self.constant(struct.Struct("<" + CODES[kind.kind]).unpack_from)
            self.line(f"{into} = {unpack}(buf, pos)[0]; pos += {kind.width}")
        elif kind.kind == "fixed":
            self.line(f"{into} = buf[pos:pos + {kind.size}]; pos += {kind.size}")
        elif kind.kind in ("int", "long"):
            self._long(into)
        elif kind.kind == "enum":
            self._long(into)
            self.line(f"{into} = {self.constant(dict(enumerate(kind.symbols)))}[{into}]")
        else:
            length = self._length()
            decode = ".decode()" if kind.kind == "string" else ""
            self.line(f"{into} = buf[pos:pos + {length}]{decode}; pos += {length}")

    def _record(self, kind: Type, fields: Any, into: str | None, cut: bool) -> None:
        wanted = _wanted(kind, fields)
        targets = {name: self.name("v") for name in wanted}
        names = list(kind.fields)
        last = max((names.index(name) for name in wanted), default=-1) if cut else len(names) - 1
        final = names[last] if cut and wanted else None
        slots = {name: as_slot(name, kind.fields[name]) for name in names[: last + 1]}
        for fixed, group in groupby(slots.items(), key=lambda item: item[1] is not None):
            if fixed:
                self._run([slot for _, slot in group if slot], targets)
                continue
            for name, _ in group:
                self._field(kind.fields[name], wanted.get(name), targets.get(name), cut=name == final)
        if into is not None:
            pairs = ", ".join(f"{name!r}: {target}" for name, target in targets.items())
            self.line(f"{into} = {{{pairs}}}")

    def _field(self, kind: Type, fields: Any, into: str | None, cut: bool = False) -> None:
        if into is None:
            self._skip(kind)
        else:
            self._read(kind, fields, into, cut)

    def _union(self, kind: Type, fields: Any, into: str, cut: bool) -> None:
        def branch(inner: Type) -> None:
            if isinstance(fields, Mapping) and inner.kind == "record" and _missing(inner, fields):
                self.line(f"fail({'no ' + _missing(inner, fields) + ' in ' + inner.name!r})")
            else:
                self._read(inner, fields, into, cut)

        self._choose(kind, branch)

    def _blocks(self, kind: Type, fields: Any, into: str) -> None:
        key, value = self.name("k"), self.name("v")
        self.line(f"{into} = {'[]' if kind.kind == 'array' else '{}'}")
        with self._items(kind):
            if kind.kind == "map":
                self._scalar(Type("string"), key)
            self._read(kind.branches[0], fields, value)
            self.line(f"{into}.append({value})" if kind.kind == "array" else f"{into}[{key}] = {value}")

    # -- skipping: code that moves ``pos`` behind a value -----------------------------------------------------

    def _skip(self, kind: Type) -> None:
        if kind.width is not None:
            self.line(f"pos += {kind.width}" if kind.width else "pass")
        elif kind.kind in ("int", "long", "enum"):
            self.line("while buf[pos] > 127: pos += 1")
            self.line("pos += 1")
        elif kind.kind in ("string", "bytes"):
            self.line(f"pos += {self._length()}")
        elif kind.kind == "record":
            with self._entered(kind):
                self._record(kind, {}, None, cut=False)
        elif kind.kind == "union":
            self._skip_union(kind)
        else:
            with self._items(kind):
                if kind.kind == "map":
                    self._skip(Type("string"))
                self._skip(kind.branches[0])

    def _skip_union(self, kind: Type) -> None:
        if all(branch.width is not None for branch in kind.branches):
            steps = {2 * index: 1 + (branch.width or 0) for index, branch in enumerate(kind.branches)}
            self.line(f"pos += {self.constant(steps)}[buf[pos]]")
        else:
            self._choose(kind, self._skip)

    # -- runs of fields of fixed size --------------------------------------------------------------------------

    def _run(self, slots: list[Slot], targets: Mapping[str, str]) -> None:
        """One comparison tells that all slots have a value, one that none has; else they are read singly."""
        if len(slots) < SHORTEST_RUN:
            self._slots(slots, targets)
            return
        width = sum(slot.width for slot in slots)
        mask, pattern = tags(slots)
        if not mask:
            self._unpack(slots, targets)
            self.line(f"pos += {width}")
            return
        self.line(f"if bits(buf[pos:pos + {width}], 'little') & {mask} == {pattern}:")
        with self.indented():
            self._unpack(slots, targets)
            self.line(f"pos += {width}")
        empty = nulls(slots)
        if empty is not None:
            self.line(f"elif buf[pos:pos + {len(empty)}] == {empty!r}:")
            with self.indented():
                for name in (slot.name for slot in slots if slot.name in targets):
                    self.line(f"{targets[name]} = None")
                self.line(f"pos += {len(empty)}")
        self.line("else:")
        with self.indented():
            self._slots(slots, targets)

    def _slots(self, slots: list[Slot], targets: Mapping[str, str]) -> None:
        for slot in slots:
            self._field(slot.type, None, targets.get(slot.name))

    def _unpack(self, slots: list[Slot], targets: Mapping[str, str]) -> None:
        found = [targets[slot.name] for slot in slots if slot.name in targets]
        if not found:
            return
        unpack = self.constant(struct.Struct(layout(slots, targets)).unpack_from)
        self.line(f"{', '.join(found)}, = {unpack}(buf, pos)")

    # -- pieces ----------------------------------------------------------------------------------------------

    def _long(self, into: str) -> None:
        self._varint(into)
        self.line(f"{into} = {into} >> 1 ^ -({into} & 1)")

    def _varint(self, into: str) -> None:
        self.line(f"{into} = buf[pos]; pos += 1")
        self.line(f"if {into} > 127: {into}, pos = varint(buf, pos, {into})")

    def _length(self) -> str:
        length = self.name("n")
        self._varint(length)
        self.line(f"if {length} & 1: fail('a negative length')")
        self.line(f"{length} >>= 1")
        return length

    def _choose(self, kind: Type, branch: Any) -> None:
        """An ``if`` per branch of a union, values before null; any other index fails."""
        tag = self.name("t")
        self.line(f"{tag} = buf[pos]; pos += 1")
        word = "if"
        for index in sorted(range(len(kind.branches)), key=lambda i: kind.branches[i].kind == "null"):
            self.line(f"{word} {tag} == {2 * index}:")
            with self.indented():
                branch(kind.branches[index])
            word = "elif"
        self.line("else:" if kind.branches else "if True:")
        with self.indented():
            self.line("fail('a union index that the schema does not have')")

    @contextmanager
    def _items(self, kind: Type) -> Iterator[None]:
        """The loops over the blocks and items of an array or map; every item takes at least a byte."""
        if kind.kind == "array" and not _takes_bytes(kind.branches[0], ()):
            raise DecodeError("the schema has an array of nothing")
        count = self.name("n")
        self.line("while True:")
        with self.indented():
            self._long(count)
            self.line(f"if {count} == 0: break")
            self.line(f"if {count} < 0:")
            with self.indented():
                self.line(f"{count} = -{count}")
                self._skip(Type("long"))
            self.line(f"if {count} > size - pos: fail('more items than bytes')")
            self.line(f"for _ in range({count}):")
            with self.indented():
                yield

    @contextmanager
    def _entered(self, record: Type) -> Iterator[None]:
        if record in self._open:
            raise DecodeError(f"the schema's {record.name!r} contains itself")
        self._open.append(record)
        yield
        self._open.pop()


def _wanted(kind: Type, fields: Any) -> dict[str, Any]:
    """The wanted fields that the record has, in its own order; raises `DecodeError` for a missing one."""
    if fields is None:
        return dict.fromkeys(kind.fields)
    missing = _missing(kind, fields)
    if missing:
        raise DecodeError(f"the schema's record {kind.name!r} has no field {missing}")
    asked = {name.removesuffix("?"): inner for name, inner in fields.items()}
    return {name: asked[name] for name in kind.fields if name in asked}


def _missing(kind: Type, fields: Iterable[str]) -> str:
    return ", ".join(name for name in fields if not name.endswith("?") and name not in kind.fields)


def _takes_bytes(kind: Type, inside: tuple[Type, ...]) -> bool:
    if kind.kind == "record":
        return kind in inside or any(_takes_bytes(each, (*inside, kind)) for each in kind.fields.values())
    return kind.width != 0
