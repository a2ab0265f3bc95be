"""Fills the generated parts of the documentation: ``python docs/generate.py``. A test says when they are old.

A generated part stands between ``<!-- generated: KIND NAME -->`` and ``<!-- end -->``; everything else is
written by people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from alertwatch import registry
from alertwatch.__main__ import main
from alertwatch.mistakes import variable
from alertwatch.settings import Settings

FOLDER = Path(__file__).parent
PART = re.compile(r"(<!-- generated: (?P<kind>\w+)(?: (?P<name>[\w.-]+))? -->\n).*?(<!-- end -->)", re.DOTALL)
SIGNS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}


def current(text: str) -> str:
    """The text of a page with its generated parts as they should be."""
    kinds = {"help": _help, "settings": _settings, "parameters": _parameters}
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
    """A table of the keys of one section: type or choices, default, meaning."""
    assert name is not None
    field = Settings.model_fields[name]
    section = _section(field.annotation)
    head = name if section is field.annotation else f"{name}.NAME"
    first = next(iter(section.model_fields))
    place = (name, first) if section is field.annotation else (name, "name", first)
    lines = [f"### `[{head}]`", "", f"{(section.__doc__ or '').replace('``', '`').strip().splitlines()[0]}", ""]
    lines += [f"As an environment variable: `{first}` is `{variable(*place)}`.", ""]
    lines += ["| key | values | default | meaning |", "|---|---|---|---|"]
    lines += [_row(key, inner) for key, inner in section.model_fields.items()]
    return "\n".join(lines) + "\n"


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


def _row(key: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else _default(field)
    bounds = _bounds(field)
    values = f"{_values(field.annotation)}{f' {bounds}' if bounds else ''}"
    return f"| `{key}` | {values} | {default} | {field.description} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}):
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
    if get_origin(kind) is dict:
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
    for page in sorted(FOLDER.glob("*.md")):
        page.write_text(current(page.read_text()))
