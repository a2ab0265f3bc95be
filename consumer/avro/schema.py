"""A writer schema as a tree of `Type`, with its names resolved; tolerant where the real ones are illegal.

ALeRCE's light-curve schema has a union of two unnamed maps, which strict parsers refuse; some packets have
defaults that do not fit their types. Neither matters for reading, so neither is looked at. Logical types
are read as the numbers that they are stored as.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alertwatch.errors import DecodeError

WIDTHS = {"null": 0, "boolean": 1, "float": 4, "double": 8}
PRIMITIVES = {**dict.fromkeys(("int", "long", "bytes", "string")), **WIDTHS}


@dataclass(slots=True, eq=False)
class Type:
    """One Avro type. ``fields`` of a record, ``branches`` of a union or [items] of an array or map."""

    kind: str
    name: str = ""
    fields: dict[str, Type] = field(default_factory=dict)
    branches: list[Type] = field(default_factory=list)
    symbols: tuple[str, ...] = ()
    size: int = 0

    @property
    def width(self) -> int | None:
        """Bytes of every value of this type; ``None`` where they vary."""
        return self.size if self.kind == "fixed" else WIDTHS.get(self.kind)


def parse(schema: Any) -> Type:
    """The tree of a schema as JSON has it; raises `DecodeError` for what is no schema."""
    try:
        return _Parser().type(schema, "")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise DecodeError(f"not an Avro schema: {type(error).__name__} {error}") from error


class _Parser:
    def __init__(self) -> None:
        self._named: dict[str, Type] = {}

    def type(self, schema: Any, namespace: str) -> Type:
        if isinstance(schema, str):
            return self._reference(schema, namespace)
        if isinstance(schema, list):
            return Type("union", branches=[self.type(branch, namespace) for branch in schema])
        kind = schema["type"]
        if kind in ("array", "map"):
            return Type(kind, branches=[self.type(schema["items" if kind == "array" else "values"], namespace)])
        if kind in ("record", "error", "enum", "fixed"):
            return self._define(kind, schema, namespace)
        return self.type(kind, namespace)

    def _reference(self, name: str, namespace: str) -> Type:
        if name in PRIMITIVES:
            return Type(name)
        full = f"{namespace}.{name}" if namespace and "." not in name else name
        return self._named[full if full in self._named else name]

    def _define(self, kind: str, schema: dict[str, Any], namespace: str) -> Type:
        name, space = schema["name"], schema.get("namespace", namespace)
        full = f"{space}.{name}" if space and "." not in name else name
        found = Type("record" if kind == "error" else kind, full)
        self._named[full] = found
        if kind == "enum":
            found.symbols = tuple(schema["symbols"])
        elif kind == "fixed":
            found.size = _natural(schema["size"])
        else:
            inner = full.rpartition(".")[0]
            for each in schema["fields"]:
                if each["name"] in found.fields:
                    raise ValueError(f"the record {full!r} has two fields {each['name']!r}")
                found.fields[each["name"]] = self.type(each["type"], inner)
        return found


def _natural(size: Any) -> int:
    if not isinstance(size, int) or size < 0:
        raise ValueError(f"size {size!r}")
    return size
