"""``alertwatch matches``: what the filters have found."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from alertwatch import times
from alertwatch.commands import Session
from alertwatch.commands.label import as_row as label_row
from alertwatch.commands.note import as_row as note_row
from alertwatch.console import Column, Row, date, dumps, number, show, write_list
from alertwatch.query.options import selection_options
from alertwatch.query.selection import Order

if TYPE_CHECKING:
    from alertwatch.query.selection import Selection
    from alertwatch.store.labels import Label
    from alertwatch.store.notes import Note

HASH_SHOWN = 18  # as long as the surveys' own ids
MOST_IN_A_TABLE = 100
MOST_PAGES = 10  # that a browser is asked to open
NOTE_SHOWN = 40  # characters
FIRST = {Order.PROBABILITY: "most probable"}


def _short(alert_id: str) -> str:
    """An alert's id; of one that is a hash of its message, the beginning."""
    return f"{alert_id[:HASH_SHOWN]}…" if alert_id.startswith("sha256-") else alert_id


def _labels(said: Sequence[Label]) -> str:
    """``claim (ana), SN Ia (ben)``."""
    return ", ".join(f"{label.label} ({label.by})" for label in said)


def _notes(written: Sequence[Note]) -> str:
    """The latest, cut where it is long, and how many more there are."""
    if not written:
        return ""
    text = " ".join(written[-1].text.split())
    shown = text if len(text) <= NOTE_SHOWN else f"{text[: NOTE_SHOWN - 1]}…"
    return f"{shown} (+{len(written) - 1})" if len(written) > 1 else shown


COLUMNS = [
    Column("mjd", "TIME (UTC)", date, whole=True),
    Column("object_id", "OBJECT", style="bold", whole=True),
    Column("filter", "FILTER", whole=True),
    Column("grade", "GRADE", spare=2),
    Column("class_name", "CLASS", whole=True),
    Column("probability", "P", number(2), right=True, whole=True),
    Column("ra", "RA", number(4), right=True, spare=3),
    Column("dec", "DEC", number(4), right=True, spare=3),
    Column("mag", "MAG", number(2), right=True, whole=True),
    Column("band", ""),
    Column("alert_id", "ALERT", _short, spare=4),
]
SAID = [
    Column("labels", "LABELS", _labels),
    Column("tags", "TAGS", ", ".join),
    Column("notes", "NOTES", _notes, spare=1),
]


@click.command()
@selection_options
@click.option(
    "--limit",
    type=click.IntRange(1),
    help=f"At most so many.  [default: {MOST_IN_A_TABLE} in a table, else all]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "jsonl", "csv", "parquet", "votable"]),
    default="table",
    help="How to print it. Parquet and VOTable carry units; write them to a file with >.",
)
@click.option("--open", "open_", is_flag=True, help=f"Open the objects' pages, at most {MOST_PAGES}.")
@click.pass_obj
def command(session: Session, selection: Selection, limit: int | None, format_: str, open_: bool) -> None:
    """List matches. Every option narrows the list; what is not known of a match meets no condition.

    A table shows what there is room for, and the latest note; JSON has all of it, the criteria too. CSV,
    Parquet and VOTable have the columns of `alertwatch.matches()` in Python.
    """
    from alertwatch.query import asked
    from alertwatch.query.known import refuse_unknown_filter

    if format_ == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal; add > matches.parquet")
    most = MOST_IN_A_TABLE if limit is None and format_ == "table" else limit
    selection = replace(selection, limit=None if most is None else most + 1)
    passed = _Passed(most)
    with session.reader() as reader, reader.read() as tx:
        refuse_unknown_filter(tx, session.settings, selection.filter)
        if most is None:
            tx.execution_options(stream_results=True)  # however many there are
        found = asked.records(tx, selection, criteria=format_ in {"json", "jsonl"})
        _write(passed.by(found), format_)
    if passed.count == 0:
        click.echo("no match", err=True)
    if most is not None and passed.count > most:
        words = FIRST.get(selection.order, str(selection.order))
        click.echo(f"these are the {words} {most}; --limit shows more", err=True)
    if open_:
        _open(list(passed.objects))


class _Passed:
    """What went by while it was written: how many matches (``most`` + 1: there are more), and objects."""

    def __init__(self, most: int | None) -> None:
        self._most, self.count = most, 0
        self.objects: dict[tuple[str, str], None] = {}

    def by(self, found: Iterable[Row]) -> Iterator[Row]:
        for record in found:
            self.count += 1
            if self._most is not None and self.count > self._most:
                return
            if len(self.objects) <= MOST_PAGES:
                self.objects[record["survey"], record["object_id"]] = None
            yield record


def _write(found: Iterator[Row], format_: str) -> None:
    match format_:
        case "table":
            rows = list(found)
            said = [column for column in SAID if any(row[column.key] for row in rows)]
            show(rows, [*COLUMNS, *said], "table", "")
        case "json":
            write_list(map(_program_row, found))
        case "jsonl":
            for row in map(_program_row, found):
                click.echo(dumps(row))
        case _:
            _write_frames(found, format_)


def _write_frames(found: Iterator[Row], format_: str) -> None:
    """The formats that have the columns of `alertwatch.matches`."""
    from alertwatch.query import asked, fields, files, frames

    parts = asked.frames(found)
    if format_ == "csv":
        files.write_csv(parts, sys.stdout)
        return
    buffer = io.BytesIO()  # a pipe cannot be wound back
    if format_ == "parquet":
        files.write_parquet(parts, buffer)
    else:
        files.write_votable(frames.joined(list(parts)), fields.MATCHES, buffer)
    click.echo(buffer.getvalue(), nl=False)


def _program_row(record: Row) -> Row:
    """A match as JSON has it."""
    mjd = record["mjd"]
    return {
        **record,
        "utc": None if mjd is None else times.to_datetime(mjd).isoformat(timespec="milliseconds"),
        "matched_at": datetime.fromtimestamp(record["matched_at"], UTC).isoformat(timespec="seconds"),
        "labels": [label_row(label) for label in record["labels"]],
        "notes": [note_row(note) for note in record["notes"]],
    }


def _open(objects: Sequence[tuple[str, str]]) -> None:
    """Open ALeRCE's Explorer on each object, and say where that is."""
    import webbrowser

    from alertwatch.render.derived import links

    for survey, object_id in objects[:MOST_PAGES]:
        url = links(survey, object_id)[0].url
        webbrowser.open_new_tab(url)
        click.echo(f"opened {url}", err=True)
    if len(objects) > MOST_PAGES:
        click.echo(f"opened the first {MOST_PAGES} objects only; narrow the list", err=True)
