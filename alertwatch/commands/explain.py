"""``alertwatch explain``: why an object matched, or did not, criterion by criterion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertwatch.commands import Session, has_database, survey_of
from alertwatch.commands import note as note_command
from alertwatch.commands.label import as_row
from alertwatch.commands.subscriptions import told
from alertwatch.console import Row, clock, console, date, dumps
from alertwatch.filter import Criterion, Outcome, Result
from alertwatch.settings import Settings

if TYPE_CHECKING:
    from alertwatch.filter import Judged
    from alertwatch.store import outbox
    from alertwatch.store.candidates import Candidate
    from alertwatch.store.labels import Label
    from alertwatch.store.notes import Note
    from alertwatch.store.queries import StoredVerdict

MARKS = {
    Outcome.PASS: ("✓", "green"),
    Outcome.FAIL: ("✗", "red"),
    Outcome.UNKNOWN: ("?", "yellow"),
    Outcome.NOT_APPLICABLE: ("–", "dim"),
    Outcome.GUARANTEED: ("◆", "cyan"),
}
WORDS = {
    Outcome.UNKNOWN: "not known",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.GUARANTEED: "guaranteed by the broker",
}
RESULTS = {
    Result.MATCH: ("MATCH", "bold green"),
    Result.NO_MATCH: ("no match", "bold red"),
    Result.UNKNOWN: ("not known", "bold yellow"),
}


@click.command()
@click.argument("object_id", metavar="OBJECT")
@click.option("--survey", type=click.Choice(["ztf", "lsst"]), help="Without it: told from the id.")
@click.option("--now", "anew", is_flag=True, help="Look the object up now, even if verdicts are stored.")
@click.option("--all", "every", is_flag=True, help="Earlier verdicts criterion by criterion, too.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)
@click.pass_obj
def command(
    session: Session, object_id: str, survey: str | None, anew: bool, every: bool, format_: str
) -> None:
    """Tell why an object matched, or did not.

    The latest verdict of each filter is shown criterion by criterion, earlier ones in a line each. An object
    that no filter has judged is looked up now and judged as of its latest detection; that is said, and
    nothing is stored.
    """
    stored, waiting = ([], []) if anew else _stored(session.settings, session, survey, object_id)
    said, outbox_rows = _said_and_told(session, survey, object_id)
    tags, notes = _tags_and_notes(session, survey or survey_of(object_id), object_id)
    rows = [_stored_row(verdict) for verdict in stored]
    if not rows:
        survey = survey or survey_of(object_id)
        rows = _looked_up(session.settings, survey, object_id)
    if format_ == "json":
        more = {
            "labels": [as_row(label) for label in said],
            "tags": list(tags),
            "notes": [note_command.as_row(note) for note in notes],
            "told": [told.as_row(row) for row in outbox_rows],
        }
        found = {"object_id": object_id, "looked_up_now": not stored, **more, "verdicts": rows}
        click.echo(dumps(found, indent=2))
        return
    out = console()
    _say_where_from(out, object_id, bool(stored), anew, waiting)
    _say_labels(out, said)
    _say_tags_and_notes(out, tags, notes)
    latest = rows if every else list({row["filter"]: row for row in reversed(rows)}.values())
    for row in rows:
        if row in latest:
            _print(out, row)
    _print_earlier(out, [row for row in rows if row not in latest])
    if outbox_rows:
        out.print(Text("\n".join(("\nSubscriptions:", *told.lines(outbox_rows)))))


def _stored(
    settings: Settings, session: Session, survey: str | None, object_id: str
) -> tuple[Sequence[StoredVerdict], Sequence[Candidate]]:
    if not has_database(settings):
        return [], []
    from alertwatch.store import candidates, queries

    with session.store() as store, store.read() as tx:
        return queries.verdicts_of(tx, survey, object_id), candidates.list(tx, object_id=object_id)


def _said_and_told(
    session: Session, survey: str | None, object_id: str
) -> tuple[Sequence[Label], Sequence[outbox.Row]]:
    """What people said of the object, the newest first, and what subscriptions made of it, the oldest first."""
    if not has_database(session.settings):
        return [], []
    from alertwatch.store import labels, outbox

    with session.store() as store, store.read() as tx:
        rows = [row for row in outbox.of_object(tx, object_id) if survey in {None, row.survey}]
        return labels.list(tx, object_id, survey), rows


def _tags_and_notes(session: Session, survey: str, object_id: str) -> tuple[Sequence[str], Sequence[Note]]:
    if not has_database(session.settings):
        return (), ()
    from alertwatch.store import notes, tags

    key = (survey, object_id)
    with session.store() as store, store.read() as tx:
        return tags.of(tx, [key]).get(key, ()), notes.of(tx, [key]).get(key, ())


def _looked_up(settings: Settings, survey: str, object_id: str) -> list[Row]:
    """Verdicts of all configured filters that could judge the object, by what the API knows now."""
    from alertwatch import registry
    from consumer.lookup import on_demand

    judged = on_demand.judge(settings, registry.build(settings), survey, object_id)
    return [row for one in judged for row in _rows(one)]


def _stored_row(verdict: StoredVerdict) -> Row:
    return _row(
        verdict,
        survey=verdict.survey,
        alert_id=verdict.alert_id,
        stream=verdict.stream,
        mjd=verdict.mjd,
        judged_at=clock(verdict.judged_at),
    )


def _rows(judged: Judged) -> Iterable[Row]:
    alert = judged.alert
    for verdict in judged.verdicts:
        yield _row(
            verdict, survey=str(alert.survey), alert_id=alert.alert_id, stream=alert.stream, mjd=alert.time
        )


def _row(verdict: Any, **alert: Any) -> Row:
    return {
        "filter": verdict.filter,
        "result": str(verdict.result),
        "grade": verdict.grade,
        **alert,
        "time": None if alert["mjd"] is None else date(alert["mjd"]),
        "parameters_hash": verdict.parameters_hash,
        "criteria": msgspec.to_builtins(verdict.criteria),
    }


def _say_where_from(
    out: Console, object_id: str, stored: bool, anew: bool, waiting: Sequence[Candidate]
) -> None:
    out.print(Text(object_id, style="bold"))
    if not stored and not anew:
        out.print("No filter has judged it. Looked up now and judged as of its latest detection; not stored.")
    elif not stored:
        out.print("Looked up now and judged as of its latest detection; not stored.")
    for candidate in waiting:
        state = "given up" if candidate.given_up_at is not None else "waits for a look-up"
        reason = candidate.reason or "not looked up yet"
        out.print(Text(f"Alert {candidate.alert_id} {state} ({', '.join(candidate.filters)}): {reason}"))


def _say_labels(out: Console, said: Sequence[Label]) -> None:
    if said:
        from alertwatch.store import labels

        out.print(Text(f"Labels: {'; '.join(labels.in_words(label) for label in said)}"))


def _say_tags_and_notes(out: Console, tags: Sequence[str], notes: Sequence[Note]) -> None:
    if tags:
        out.print(Text(f"Tags: {', '.join(tags)}"))
    for note in notes:
        out.print(Text(f"Note of {note.by}, {clock(note.added_at)}: {note.text}"))


def _print(out: Console, row: Row) -> None:
    """One verdict: a headline, then a line per criterion."""
    judged = f" · judged {row['judged_at']}" if "judged_at" in row else ""
    out.print()
    out.print(_result(row))
    out.print(Text(f"{_alert(row)}{judged}", style="dim"))
    out.print(criteria_table(msgspec.convert(row["criteria"], list[Criterion])))


def _print_earlier(out: Console, rows: Sequence[Row]) -> None:
    if rows:
        out.print("\nEarlier (--all shows their criteria):")
    for row in rows:
        out.print(Text.assemble(_result(row), (f" · {_alert(row)}", "dim")))


def _result(row: Row) -> Text:
    word, style = RESULTS[Result(row["result"])]
    return Text.assemble((row["filter"], "bold"), ": ", (word, style), f" {row['grade'] or ''}".rstrip())


def _alert(row: Row) -> str:
    when = "at an unknown time" if row["mjd"] is None else f"{row['time']} UTC (MJD {row['mjd']:.5f})"
    return f"alert {row['alert_id']} · {row['stream']} · {when}"


def criteria_table(criteria: Iterable[Criterion]) -> Table:
    """Criteria as a person reads them: ✓ age  2.1 ≤ 3 d."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(width=1)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    made.add_column(overflow="fold")
    for criterion in criteria:
        mark, style = MARKS[criterion.outcome]
        threshold = " ".join(filter(None, (criterion.threshold, criterion.unit)))
        optional = None if criterion.required else "optional"
        note = "; ".join(filter(None, (WORDS.get(criterion.outcome), optional, criterion.note)))
        wanted = Text("  " if threshold and note else "").join([Text(threshold), Text(note, style="dim")])
        made.add_row(Text(mark, style), Text(criterion.name), Text(criterion.value or ""), wanted)
    return made
