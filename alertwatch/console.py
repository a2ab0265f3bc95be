"""What commands print: tables and marks for a person, JSON and CSV for programs.

On a pipe there are no colours and nothing is cut. Ids are strings in every format: they exceed 2**53.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import indent
from typing import Any, Literal, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertwatch import times

Format = Literal["table", "json", "jsonl", "csv"]
Row = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])

UNKNOWN = "–"
PIPE_WIDTH = 1_000


def text(value: object) -> str:
    """As it is."""
    return str(value)


@dataclass(frozen=True)
class Column:
    """A column of a table: the row's ``key``, how it is headed and how its values are written.

    A terminal that is too narrow goes without the most ``spare`` ones, and folds all but ``whole`` ones.
    """

    key: str
    heading: str
    write: Callable[[Any], str] = text
    right: bool = False
    style: str = ""
    spare: int = 0
    whole: bool = False


def format_option(command: F) -> F:
    """``--format table|json|jsonl|csv``."""
    formats = click.Choice(["table", "json", "jsonl", "csv"])
    return click.option("--format", "format_", type=formats, default="table", help="How to print it.")(command)


def console() -> Console:
    """Standard output, made anew so that it follows redirection. A pipe is as wide as its lines."""
    terminal = sys.stdout.isatty()
    return Console(width=None if terminal else PIPE_WIDTH, highlight=False, soft_wrap=not terminal)


def show(rows: Sequence[Row], columns: Sequence[Column], form: Format, empty: str) -> None:
    """Print rows. A table shows the ``columns``, the other formats all keys; ``empty`` is said on stderr."""
    match form:
        case "table" if rows:
            console().print(fitting(rows, columns, console()))
        case "json":
            write_list(rows)
        case "jsonl":
            for row in rows:
                click.echo(dumps(row))
        case "csv":
            _write_csv(rows, [column.key for column in columns])
    if not rows:
        click.echo(empty, err=True)


def write_list(rows: Iterable[Row]) -> None:
    """A list of JSON objects, written one by one: there may be millions."""
    before = "["
    for row in rows:
        click.echo(f"{before}\n{indent(dumps(row, indent=2), '  ')}", nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def fitting(rows: Sequence[Row], columns: Sequence[Column], out: Console) -> Table:
    """The table, without as many spare columns as it takes to fit."""
    for most in sorted({column.spare for column in columns}, reverse=True):
        made = table(rows, [column for column in columns if column.spare <= most])
        if made.__rich_measure__(out, out.options.update(max_width=PIPE_WIDTH)).maximum <= out.width:
            break
    return made


def table(rows: Sequence[Row], columns: Sequence[Column]) -> Table:
    """A light table; ids are folded, never cut."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        made.add_column(
            column.heading, justify=justify, style=column.style, overflow="fold", no_wrap=column.whole
        )
    for row in rows:
        made.add_row(*(Text(_written(row.get(column.key), column)) for column in columns))
    return made


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON without NaN, text as it is."""
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False, default=str)


def date(mjd: float) -> str:
    """MJD → ``2026-03-15 04:12``, UTC."""
    return times.to_datetime(mjd).strftime("%Y-%m-%d %H:%M")


def clock(seconds: float) -> str:
    """Seconds since 1970 → ``2026-03-15 04:12``, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def since(seconds: float) -> str:
    """How long ago a moment was (or, in the future, in how long it is): ``5 min``."""
    return duration(abs(time.time() - seconds))


def duration(seconds: float) -> str:
    """``42 s``, ``5 min``, ``3.2 h``, ``4.0 d``."""
    for limit, unit, form in ((120, 1, "{:.0f} s"), (7200, 60, "{:.0f} min"), (172_800, 3600, "{:.1f} h")):
        if seconds < limit:
            return form.format(seconds / unit)
    return f"{seconds / 86_400:.1f} d"


def number(digits: int) -> Callable[[Any], str]:
    """Writes numbers with so many decimals."""
    return lambda value: f"{value:.{digits}f}"


def count(value: int) -> str:
    """``12,345``."""
    return f"{value:,}"


def _written(value: Any, column: Column) -> str:
    return UNKNOWN if value is None else column.write(value)


def _write_csv(rows: Sequence[Row], keys: Sequence[str]) -> None:
    fields = dict.fromkeys([*keys, *(key for row in rows for key in row)])
    writer = csv.DictWriter(sys.stdout, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)


def _cell(value: Any) -> Any:
    return dumps(value) if isinstance(value, dict | list | tuple) else value
