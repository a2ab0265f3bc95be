"""From a template to a notebook.

Text cells are Jinja2 templates, in which values are escaped for Markdown. Code cells are code: the one tagged
``parameters`` is replaced by what this report is about. Cells tagged ``each`` stand there for every object,
with ``object_id = …`` before the code; those tagged ``objects`` only if there are any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from alertwatch import loader
from alertwatch.errors import SettingsError
from alertwatch.notification import Notification
from alertwatch.render import subject, words
from alertwatch.render.entries import Shown, ranked
from alertwatch.report import Report, jupyter, summary

OURS = Path(__file__).with_name("template.ipynb")
PARAMETERS, OBJECTS, EACH = "parameters", "objects", "each"
_SPECIAL = re.compile(r"[\\`*\[\]<>|$~&#]|(?<!\w)_|_(?!\w)")


class Markdown(str):
    """Markdown that is not to be escaped again."""

    __slots__ = ()


def markdown_escape(value: object) -> str:
    """Text as Markdown shows it. Entities mean the same to every program that reads notebooks."""
    if isinstance(value, Markdown):
        return value
    return "" if value is None else _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", str(value))


def markdown_link(url: str, name: str) -> Markdown:
    """``[name](<url>)``; what would end the link early is encoded."""
    safe = url.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C").replace("|", "%7C")
    return Markdown(f"[{markdown_escape(name)}](<{safe}>)")


def filled(report: Report) -> Any:
    """The notebook of a report, not yet executed.

    Raises `SettingsError` when the template or the settings file is of no use.
    """
    path = Path(report.template) if report.template else OURS
    notebook = _read(path)
    made = jupyter("nbformat").v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "alertwatch": {"key": report.notification.key, "subscription": report.notification.subscription},
            "title": subject(report.notification),
        }
    )
    try:
        made.cells = list(_cells(notebook.cells, report))
    except _Mistake as mistake:
        raise SettingsError(f"the template {path} cannot be used: {mistake}") from None
    return made


class _Mistake(Exception):
    """What is wrong in a text cell, and in which."""


def _read(path: Path) -> Any:
    nbformat = jupyter("nbformat")
    try:
        return nbformat.read(path, as_version=4)
    except OSError as error:
        raise SettingsError(f"the template {path} cannot be read: {error.strerror}") from None
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError, UnicodeDecodeError):
        raise SettingsError(f"the template {path} is not a notebook") from None


def _cells(cells: list[Any], report: Report) -> Iterator[Any]:
    values = _values(report)
    shown = values["entries"][: report.sections]
    templates = [(cell, _Text(n, cell)) for n, cell in enumerate(cells, 1)]
    for repeated, block in groupby(templates, key=lambda pair: EACH in _tags(pair[0])):
        found = list(block)
        for entry in shown if repeated else [None]:
            for cell, text in found:
                if cell.cell_type == "code":
                    yield from _code(cell, report, entry)
                elif source := text.render({**values, "entry": entry}):
                    yield _made("markdown", cell, source)


class _Text:
    """A text cell as a template, whose mistakes say in which cell they are. Code is no template."""

    def __init__(self, number: int, cell: Any) -> None:
        self._number = number
        with self._explained():
            self._template = _TEXT.from_string("" if cell.cell_type == "code" else cell.source)

    def render(self, values: dict[str, Any]) -> str:
        with self._explained():
            return self._template.render(values).strip()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # expressions fail in all the ways in which Python does
            line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
            raise _Mistake(f"cell {self._number}{line}: {error}") from None


def _code(cell: Any, report: Report, entry: Shown | None) -> Iterator[Any]:
    """The cell with what it is about; none where it is about objects and there are none."""
    tags, told = _tags(cell), ranked(report.notification.entries)
    if not told and tags & {PARAMETERS, OBJECTS}:
        return
    if PARAMETERS in tags:
        yield _made("code", cell, f"config = {report.config!r}\nobjects = {_ids(told)!r}")
    elif entry is None:
        yield _made("code", cell, cell.source)
    else:
        yield _made("code", cell, f"object_id = {entry.entry.object_id!r}\n{cell.source}")


def _ids(entries: Iterable[Shown]) -> list[str]:
    return [one.entry.object_id for one in entries]


def _tags(cell: Any) -> set[str]:
    return set(cell.metadata.get("tags", ()))


def _made(kind: str, cell: Any, source: str) -> Any:
    v4 = jupyter("nbformat").v4
    make = v4.new_code_cell if kind == "code" else v4.new_markdown_cell
    return make(source, metadata=cell.metadata)


def _values(report: Report) -> dict[str, Any]:
    told: Notification = report.notification
    entries = ranked(told.entries)
    settings = loader.load(Path(report.config))
    return {
        "title": subject(told) if told.title or told.entries else "alertwatch",
        "kind": str(told.kind),
        "subscription": words.clean(told.subscription, 60),
        "text": words.paragraphs(told.text),
        "made_at": f"{datetime.fromtimestamp(told.created_at, UTC):%Y-%m-%d %H:%M} UTC",
        "entries": entries,
        "sections": report.sections,
        "summary": summary.summary(entries, settings.site),
        "filters": summary.filters_used(entries, settings),
        "config": report.config,
        "versions": summary.versions(),
    }


def _environment() -> Environment:
    made = SandboxedEnvironment(
        finalize=markdown_escape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters |= {"link": markdown_link}
    return made


_TEXT = _environment()
