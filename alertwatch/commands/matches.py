"""``alertwatch matches``: what the filters have found."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

import click
import msgspec

from alertwatch.commands import Session
from alertwatch.commands.label import as_row
from alertwatch.console import Column, Format, Row, clock, date, number, show
from alertwatch.query.options import selection_options
from alertwatch.query.selection import Order

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alertwatch.query.selection import Selection
    from alertwatch.store.labels import Label
    from alertwatch.store.queries import Match

HASH_SHOWN = 18  # as long as the surveys' own ids
MOST_IN_A_TABLE = 100
MOST_PAGES = 10  # that a browser is asked to open
FIRST = {Order.PROBABILITY: "most probable"}


def _short(alert_id: str) -> str:
    """An alert's id; of one that is a hash of its message, the beginning."""
    return f"{alert_id[:HASH_SHOWN]}…" if alert_id.startswith("sha256-") else alert_id


def _labels(said: list[Row]) -> str:
    """``claim (ana), SN Ia (ben)``."""
    return ", ".join(f"{row['label']} ({row['by']})" for row in said)


COLUMNS = [
    Column("time", "TIME (UTC)"),
    Column("object_id", "OBJECT", style="bold"),
    Column("filter", "FILTER"),
    Column("grade", "GRADE"),
    Column("class_name", "CLASS"),
    Column("probability", "P", number(2), right=True),
    Column("ra", "RA", number(4), right=True),
    Column("dec", "DEC", number(4), right=True),
    Column("mag", "MAG", number(2), right=True),
    Column("band", ""),
    Column("alert_id", "ALERT", _short),
    Column("labels", "LABELS", _labels),
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
    """List matches. Every option narrows the list; what is not known of a match meets no condition."""
    if format_ == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal; add > matches.parquet")
    most = MOST_IN_A_TABLE if limit is None and format_ == "table" else limit
    selection = replace(selection, limit=None if most is None else most + 1)
    from alertwatch.query.known import refuse_unknown_filter

    with session.reader() as reader, reader.read() as tx:
        refuse_unknown_filter(tx, session.settings, selection.filter)
        if format_ in {"parquet", "votable"}:
            objects = _write(tx, selection, most, cast("Literal['parquet', 'votable']", format_))
        else:
            objects = _print(tx, selection, most, cast("Format", format_))
    if most is not None and len(objects) > most:
        words = FIRST.get(selection.order, str(selection.order))
        click.echo(f"these are the {words} {most}; --limit shows more", err=True)
    if open_:
        _open(objects[:most])


def _print(
    tx: Connection, selection: Selection, most: int | None, format_: Format
) -> Sequence[tuple[str, str]]:
    """Print matches; gives survey and object of all that were found."""
    from alertwatch.store import labels, queries

    found = queries.matches(tx, selection)
    objects = [(match.survey, match.object_id) for match in found]
    said = labels.of(tx, objects)
    rows = [_row(match, said.get(key, ())) for match, key in zip(found[:most], objects, strict=False)]
    show(rows, COLUMNS if said else COLUMNS[:-1], format_, "no match")
    return objects


def _write(
    tx: Connection, selection: Selection, most: int | None, format_: Literal["parquet", "votable"]
) -> Sequence[tuple[str, str]]:
    """The same for formats that programs read: the table of `alertwatch.matches`."""
    from alertwatch.query import asked, fields, files

    found = asked.matches(tx, selection)
    buffer = io.BytesIO()  # a pipe cannot be wound back
    if format_ == "parquet":
        files.write_parquet(found[:most], buffer)
    else:
        files.write_votable(found[:most], fields.MATCHES, buffer)
    click.echo(buffer.getvalue(), nl=False)
    if found.empty:
        click.echo("no match", err=True)
    return list(zip(found["survey"], found["object_id"], strict=True))


def _open(objects: Iterable[tuple[str, str]]) -> None:
    """Open ALeRCE's Explorer on each object, and say where that is."""
    import webbrowser

    from alertwatch.render.derived import links

    distinct = list(dict.fromkeys(objects))
    for survey, object_id in distinct[:MOST_PAGES]:
        url = links(survey, object_id)[0].url
        webbrowser.open_new_tab(url)
        click.echo(f"opened {url}", err=True)
    if len(distinct) > MOST_PAGES:
        click.echo(f"opened the first {MOST_PAGES} of {len(distinct)} objects; narrow the list", err=True)


def _row(match: Match, said: Iterable[Label]) -> Row:
    return {
        "time": None if match.mjd is None else date(match.mjd),
        "object_id": match.object_id,
        "filter": match.filter,
        "grade": match.grade,
        "class_name": match.class_name,
        "classifier": match.classifier,
        "probability": match.probability,
        "ra": match.ra,
        "dec": match.dec,
        "mag": match.mag,
        "band": match.band,
        "survey": match.survey,
        "stream": match.stream,
        "alert_id": match.alert_id,
        "mjd": match.mjd,
        "matched_at": clock(match.matched_at),
        "parameters_hash": match.parameters_hash,
        "criteria": msgspec.to_builtins(match.criteria),
        "labels": [as_row(label) for label in said],
    }
