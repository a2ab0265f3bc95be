"""``alertwatch subscriptions list`` and ``show``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from alertwatch.commands import Session, has_database
from alertwatch.commands.subscriptions import chosen, words
from alertwatch.console import (
    Column,
    Format,
    Row,
    clock,
    console,
    count,
    dumps,
    format_option,
    show,
    since,
    table,
)
from alertwatch.settings import Settings
from alertwatch.subscriptions import Subscription, known, merged, problems

if TYPE_CHECKING:
    from alertwatch.store.outbox import Row as Waiting
    from alertwatch.store.subscriptions import Counts

COLUMNS = [
    Column("name", "NAME", style="bold"),
    Column("filters", "FILTERS", ", ".join),
    Column("channels", "CHANNELS", ", ".join),
    Column("policy", "WHAT AND WHEN"),
    Column("state", "STATE"),
    Column("waiting", "WAIT", count, right=True),
    Column("told", "TOLD", count, right=True),
]
WAITING = [
    Column("object_id", "OBJECT", style="bold"),
    Column("filter", "FILTER"),
    Column("since", "SINCE (UTC)"),
    Column("due", "LOOKED AT AGAIN (UTC)"),
    Column("reason", "WHY IT WAITS"),
]


@click.command("list")
@format_option
@click.pass_obj
def list_(session: Session, format_: Format) -> None:
    """List subscriptions: who is told of what, and how much waits."""
    subscriptions, counts, warnings = _all(session)
    rows = [_row(one, counts.get(one.name)) for one in subscriptions.values()]
    show(rows, COLUMNS, format_, "no subscription; `alertwatch subscriptions add` adds one")
    for sentence in warnings.values():
        click.echo(f"! {sentence}", err=True)


@click.command("show")
@click.argument("name")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)
@click.pass_obj
def show_(session: Session, name: str, format_: str) -> None:
    """Show one subscription: its policy, quiet hours and next digest, and what waits and why."""
    subscriptions, counts, _ = _all(session)
    if name not in subscriptions:
        raise chosen.nothing_called(name, subscriptions)
    one, waiting = subscriptions[name], _waiting(session, name)
    times = _times(one, session.settings, time.time())
    row = _row(one, counts.get(name)) | times | {"what_waits": [_waiting_row(w) for w in waiting]}
    if format_ == "json":
        click.echo(dumps(row | {"settings": one.settings.model_dump(mode="json")}, indent=2))
    else:
        _print(one, row)


def _all(session: Session) -> tuple[dict[str, Subscription], dict[str, Counts], dict[str, str]]:
    """Subscriptions, their counts and what should be mended; without a database, those of the file."""
    if not has_database(session.settings):
        return merged(session.settings, {}), {}, {}
    from alertwatch.store import subscriptions

    with session.store() as store, store.read() as tx:
        return known(session.settings, tx), subscriptions.counts(tx), problems(session.settings, tx)


def _waiting(session: Session, name: str) -> list[Waiting]:
    if not has_database(session.settings):
        return []
    from alertwatch.store import outbox

    with session.store() as store, store.read() as tx:
        return outbox.waiting(tx, name)


def _row(one: Subscription, counts: Counts | None) -> Row:
    return {
        "name": one.name,
        "filters": one.settings.filters,
        "channels": one.settings.channels,
        "policy": None if one.problem else words.policy(one.settings),
        "state": _state(one),
        "waiting": counts.waiting if counts else 0,
        "told": counts.told if counts else 0,
        "origin": one.origin,
        "problem": one.problem,
        "paused_at": None if one.paused_at is None else clock(one.paused_at),
    }


def _state(one: Subscription) -> str:
    if one.problem is not None:
        return "waits: mend it"
    return "on" if one.paused_at is None else f"paused for {since(one.paused_at)}"


def _times(one: Subscription, settings: Settings, now: float) -> dict[str, Any]:
    """Until when it is quiet now, and when the next digest is due; ``None``: it is not, there is none."""
    from consumer.notify import hours

    quiet = hours.quiet_until(one.settings, now)
    digest = hours.next_digest(one.settings, settings.site, now)
    return {
        "quiet_until": None if quiet is None else clock(quiet),
        "next_digest": None if digest is None else clock(digest),
    }


def _waiting_row(waiting: Waiting) -> Row:
    return {
        "survey": waiting.survey,
        "object_id": waiting.object_id,
        "alert_id": waiting.alert_id,
        "filter": waiting.filter,
        "since": clock(waiting.added_at),
        "due": clock(waiting.due),
        "reason": waiting.reason,
    }


def _print(one: Subscription, row: Row) -> None:
    out = console()
    where = "the settings file" if one.origin == "file" else "added by command"
    out.print(f"[bold]{one.name}[/] ({where}): {row['state']}")
    if one.problem is not None:
        out.print(one.problem, markup=False)
        return
    for key, value in _lines(one, row).items():
        out.print(f"  {key:<9} {value}", markup=False)
    if row["what_waits"]:
        out.print()
        out.print(table(row["what_waits"], WAITING))


def _lines(one: Subscription, row: Row) -> dict[str, str]:
    asked = one.settings
    quiet = f", now until {row['quiet_until']} UTC" if row["quiet_until"] else ", not now"
    digest = f", next {row['next_digest']} UTC" if row["next_digest"] else ""
    return {
        "filters": ", ".join(asked.filters),
        "channels": ", ".join(asked.channels),
        "where": words.conditions(asked.where) or "every match",
        "again if": words.again(asked.again),
        "urgent": words.conditions(asked.urgent) or "everything" if asked.urgent else "nothing",
        "quiet": f"{asked.quiet}{quiet}" if asked.quiet else "never",
        "sent": f"{words.when(asked)}{digest}",
        "follows": f"{asked.follow_days:g} d after the match",
        "pictures": "yes" if asked.pictures else "no",
        "so far": f"{count(row['told'])} told, {count(row['waiting'])} wait",
    }
