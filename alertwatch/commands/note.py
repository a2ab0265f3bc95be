"""``alertwatch note``: free text that is kept with an object."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from alertwatch.commands import Session, survey_of
from alertwatch.commands.label import login_name
from alertwatch.console import Column, Format, Row, clock, format_option, show

if TYPE_CHECKING:
    from alertwatch.store.notes import Note

COLUMNS = [
    Column("at", "WHEN (UTC)"),
    Column("object_id", "OBJECT", style="bold"),
    Column("by", "BY"),
    Column("text", "NOTE"),
]


@click.command()
@click.argument("object_id", metavar="OBJECT")
@click.argument("text", metavar="[TEXT]", required=False)
@click.option("--by", metavar="NAME", help="Who writes.  [default: your login name]")
@click.option("--survey", type=click.Choice(["ztf", "lsst"]), help="Without it: told from the id.")
@format_option
@click.pass_obj
def command(
    session: Session, object_id: str, text: str | None, by: str | None, survey: str | None, format_: Format
) -> None:
    """Write a note on an object, or read its notes.

    TEXT is whatever you want to remember, in quotes. It is kept with the object and shown by `matches` and
    `explain`. Without TEXT the object's notes are listed.
    """
    survey = survey or survey_of(object_id)
    if text is None:
        _list(session, survey, object_id, format_)
    else:
        _add(session, survey, object_id, text, by or login_name())


def _list(session: Session, survey: str, object_id: str, format_: Format) -> None:
    from alertwatch.store import notes

    key = (survey, object_id)
    with session.reader() as reader, reader.read() as tx:
        found = notes.of(tx, [key]).get(key, ())
    show([as_row(note) for note in found], COLUMNS, format_, f"there is no note on {object_id}")


def _add(session: Session, survey: str, object_id: str, text: str, by: str) -> None:
    from alertwatch.store import notes
    from alertwatch.store.notes import Note

    note = Note(survey=survey, object_id=object_id, text=text, by=by, added_at=time.time())
    with session.store() as store, store.write() as tx:
        notes.add(tx, note)
    click.echo(f"{object_id}: noted by {by}")


def as_row(note: Note) -> Row:
    """A note as it is printed."""
    return {
        "at": clock(note.added_at),
        "survey": note.survey,
        "object_id": note.object_id,
        "by": note.by,
        "text": note.text,
    }
