"""Fills the generated parts of the documentation: ``python docs/generate.py``. A test says when they are old.

A generated part stands between ``<!-- generated: KIND NAME -->`` and ``<!-- end -->``; everything else is
written by people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_origin

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from alertwatch import registry
from alertwatch.__main__ import main
from alertwatch.mistakes import variable
from alertwatch.rows import COLUMNS
from alertwatch.settings import Settings

FOLDER = Path(__file__).parent
PART = re.compile(r"(<!-- generated: (?P<kind>\w+)(?: (?P<name>[\w.-]+))? -->\n).*?(<!-- end -->)", re.DOTALL)
TYPES = {
    str: "text",
    float: "number",
    int: "integer",
    bool: "true, false",
    datetime: "time with zone",
    dict: "JSON",
}
SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def current(text: str) -> str:
    """The text of a page with its generated parts as they should be."""
    kinds = {
        "help": _help,
        "settings": _settings,
        "parameters": _parameters,
        "sink": _sink,
        "columns": _columns,
    }
    return PART.sub(lambda found: f"{found[1]}\n{kinds[found['kind']](found['name'])}\n{found[4]}", text)


def commands() -> Iterator[click.Context]:
    """The context of every command and subcommand, as on a terminal of 80 columns."""
    return _below(_context(main, "alertwatch"))


def _below(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            assert command is not None
            yield from _below(_context(command, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return click.Context(command, parent, name, terminal_width=80, **command.context_settings)


def _help(_: str | None) -> str:
    """The help of every command."""
    parts = []
    for context in commands():
        level = "###" if context.parent and context.parent.parent else "##"
        parts.append(f"{level} {context.command_path}\n\n```text\n{context.get_help()}\n```\n")
    return "\n".join(parts)


def _settings(name: str | None) -> str:
    """A table of the keys of one section, and of each section in it: type or choices, default, meaning."""
    assert name is not None
    annotation = Settings.model_fields[name].annotation
    section = _section(annotation)
    place = (name,) if section is annotation else (name, "NAME")
    return "\n".join(_tables(section, place))


def _tables(section: type[BaseModel], place: tuple[str, ...]) -> Iterator[str]:
    first = next(iter(section.model_fields))
    lines = [f"### `[{'.'.join(place)}]`", ""]
    lines += [f"{(section.__doc__ or '').replace('``', '`').strip().splitlines()[0]}", ""]
    lines += [f"As an environment variable: `{first}` is `{variable(*place, first)}`.", ""]
    yield "\n".join(lines) + "\n" + _table(section)
    for key, field in section.model_fields.items():
        inner = _inner(field.annotation)
        if inner is not None:
            yield from _tables(inner, (*place, key))


def _table(section: type[BaseModel]) -> str:
    lines = ["| key | values | default | meaning |", "|---|---|---|---|"]
    lines += [_row(key, field) for key, field in section.model_fields.items()]
    return "\n".join(lines) + "\n"


def _sink(name: str | None) -> str:
    """A table of the settings of one built-in sink."""
    assert name is not None
    return _table(registry.sinks()[name].settings_type)


def _columns(_: str | None) -> str:
    """A table of the columns that tables and files of notifications have."""
    rows = [f"| `{name}` | {TYPES[column.kind]} | {column.meaning} |" for name, column in COLUMNS.items()]
    return "\n".join(["| column | type | meaning |", "|---|---|---|", *rows]) + "\n"


def _parameters(name: str | None) -> str:
    """A table of the parameters of one built-in filter: default with its unit, meaning with its source."""
    assert name is not None
    rows = ["| parameter | default | meaning; source |", "|---|---|---|"]
    for key, field in registry.filters()[name].parameters_type.model_fields.items():
        assert isinstance(field.json_schema_extra, dict)
        given = isinstance(field.default, bool) or field.default is None
        default = (
            str(field.default).lower() if given else f"{field.default:g} {field.json_schema_extra['unit']}"
        )
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{key}` | {default.strip()} | {meaning} |")
    return "\n".join(rows) + "\n"


def _section(annotation: Any) -> type[BaseModel]:
    section: type[BaseModel] = get_args(annotation)[1] if get_origin(annotation) is dict else annotation
    return section


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The section that a key of a section holds, if it holds one."""
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _row(key: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else _default(field)
    bounds = _bounds(field)
    values = f"{_values(field.annotation)}{f' {bounds}' if bounds else ''}"
    return f"| `{key}` | {values} | {default} | {field.description} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return "–"
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _values(kind: Any) -> str:
    """What a value may be, in the words of a TOML file."""
    words = {str: "text", int: "integer", float: "number", bool: "true, false", Path: "path"}
    if kind in words:
        return words[kind]
    if kind is SecretStr:
        return "secret"
    inner = [arg for arg in get_args(kind) if arg not in (type(None), ...)]
    if get_origin(kind) is dict or _inner(kind) is not None:
        return "table"
    if get_origin(kind) is tuple:
        return f"list of {_values(inner[0])}s"
    if all(isinstance(arg, str) for arg in inner):
        return ", ".join(f"`{arg}`" for arg in inner)
    return _values(inner[0])


def _bounds(field: FieldInfo) -> str:
    found = [(sign, getattr(m, name, None)) for m in field.metadata for name, sign in SIGNS.items()]
    return ", ".join(f"{sign} {value:g}" for sign, value in found if value is not None)


if __name__ == "__main__":
    for page in sorted(FOLDER.rglob("*.md")):
        page.write_text(current(page.read_text()))
