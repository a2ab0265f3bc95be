"""``alertwatch matches``: what the filters have found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import click
import msgspec

from alertwatch.commands import Session
from alertwatch.commands.label import as_row
from alertwatch.console import Column, Format, Row, clock, date, format_option, number, show
from alertwatch.query.options import selection_options

if TYPE_CHECKING:
    from alertwatch.query.selection import Selection
    from alertwatch.store.labels import Label
    from alertwatch.store.queries import Match

HASH_SHOWN = 18  # as long as the surveys' own ids


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
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@format_option
@click.pass_obj
def command(session: Session, selection: Selection, limit: int, format_: Format) -> None:
    """List matches, the newest alert first."""
    from alertwatch.store import labels, queries

    with session.reader() as reader, reader.read() as tx:
        found = queries.matches(tx, replace(selection, limit=limit + 1))
        said = labels.of(tx, [(match.survey, match.object_id) for match in found])
    rows = [_row(match, said.get((match.survey, match.object_id), ())) for match in found[:limit]]
    columns = COLUMNS if said else COLUMNS[:-1]
    show(rows, columns, format_, "no match")
    if len(found) > limit:
        click.echo(f"these are the newest {limit}; --limit shows more", err=True)


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
