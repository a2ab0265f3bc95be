"""What filters and sinks say of themselves: in a sentence, and of each of their settings."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alertwatch.console import Row


def about(kind: type) -> str:
    """The first line of a class's docstring."""
    return (kind.__doc__ or "").strip().split("\n")[0]


def fields(model: type[BaseModel], values: BaseModel | None = None) -> list[Row]:
    """A row for each setting: name, default, unit, bounds, description; and its value, where there are any."""
    schema = model.model_json_schema()["properties"]
    return [
        {
            "name": name,
            **({"value": getattr(values, name)} if values is not None else {}),
            "default": "required" if field.is_required() else field.get_default(call_default_factory=True),
            "unit": _unit(field),
            "bounds": _bounds(schema[name]),
            "description": field.description or "",
        }
        for name, field in model.model_fields.items()
    ]


def _unit(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra.get("unit") or "") if isinstance(extra, dict) else ""


def _bounds(schema: dict[str, Any]) -> str:
    """``> 0, ≤ 100``, from a JSON schema."""
    signs = {"exclusiveMinimum": ">", "minimum": "≥", "exclusiveMaximum": "<", "maximum": "≤"}
    parts = [schema, *schema.get("anyOf", ())]
    found = [f"{sign} {part[key]:g}" for part in parts for key, sign in signs.items() if key in part]
    return ", ".join(found)
