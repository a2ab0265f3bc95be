"""``alertwatch candidates``: what waits for a look-up, and why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from alertwatch.commands import Session
from alertwatch.console import Column, Format, Row, clock, count, duration, format_option, show

if TYPE_CHECKING:
    from alertwatch.store.candidates import Candidate, CandidateCounts

COLUMNS = [
    Column("id", "ID", right=True),
    Column("object_id", "OBJECT", style="bold"),
    Column("alert_id", "ALERT"),
    Column("stream", "STREAM"),
    Column("filters", "FILTERS", ", ".join),
    Column("waits_seconds", "WAITS", duration, right=True),
    Column("attempts", "TRIES", right=True),
    Column("next", "NEXT TRY"),
    Column("reason", "WHY"),
]


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List alerts that wait for a look-up, or retry them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, given_up=False, limit=100, format_="table")


@command.command("list")
@click.option("--given-up", is_flag=True, help="Only those that are no longer tried by themselves.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@format_option
@click.pass_obj
def list_(session: Session, given_up: bool, limit: int, format_: Format) -> None:
    """List what waits, the longest wait first, and why."""
    from alertwatch.store import candidates

    now = time.time()
    with session.store() as store, store.read() as tx:
        found = candidates.list(tx, limit, given_up=True if given_up else None)
        counts = candidates.count(tx, now)
    show([_row(candidate, now) for candidate in found], COLUMNS, format_, "no candidate waits for a look-up")
    if found:
        click.echo(_summary(counts), err=True)


@command.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@click.pass_obj
def retry(session: Session, ids: tuple[int, ...]) -> None:
    """Look these up again at once; without IDs, all that were given up."""
    from alertwatch.store import candidates

    with session.store() as store, store.write() as tx:
        number = candidates.retry(tx, ids or None, time.time())
    click.echo(f"{count(number)} are due now; a running `alertwatch run` looks them up")


def _row(candidate: Candidate, now: float) -> Row:
    return {
        "id": candidate.id,
        "survey": candidate.survey,
        "object_id": candidate.object_id,
        "alert_id": candidate.alert_id,
        "stream": candidate.stream,
        "filters": sorted(candidate.filters),
        "waits_seconds": round(now - candidate.added_at),
        "attempts": candidate.attempts,
        "next": _next(candidate, now),
        "reason": candidate.reason or "not looked up yet",
        "added_at": clock(candidate.added_at),
        "topic": candidate.topic,
        "partition": candidate.partition,
        "offset": candidate.offset,
    }


def _next(candidate: Candidate, now: float) -> str:
    if candidate.given_up_at is not None:
        return "given up"
    if candidate.owner is not None:
        return "under way"
    return "due" if candidate.due <= now else f"in {duration(candidate.due - now)}"


def _summary(counts: CandidateCounts) -> str:
    return (
        f"{count(counts.waiting)} wait ({count(counts.due)} due now, the longest for "
        f"{duration(counts.oldest_wait_s)}), {count(counts.given_up)} given up"
    )
