"""``alertwatch deliveries``: the ledger of messages, what went wrong with them, and another try."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from alertwatch.commands import Session
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
from alertwatch.errors import AlertwatchError

if TYPE_CHECKING:
    from alertwatch.store.channels import ChannelState
    from alertwatch.store.deliveries import Attempt, Delivery, Item

STATES = ("pending", "sending", "posted", "sent", "failed")
NOTHING_DUE = "there is none to try again: all are sent, or under way"

COLUMNS = [
    Column("id", "ID", right=True),
    Column("created_at", "MADE (UTC)"),
    Column("channel", "CHANNEL"),
    Column("subscription", "SUBSCRIPTION"),
    Column("kind", "KIND"),
    Column("state", "STATE", style="bold"),
    Column("attempts", "TRIES", right=True),
    Column("next", "NEXT TRY"),
    Column("title", "TITLE"),
    Column("error", "ERROR"),
]
ATTEMPTS = [
    Column("started_at", "ATTEMPT (UTC)"),
    Column("ended_at", "ENDED (UTC)"),
    Column("outcome", "OUTCOME", style="bold"),
    Column("error", "ERROR"),
]
ITEMS = [
    Column("object_id", "OBJECT", style="bold"),
    Column("alert_id", "ALERT"),
    Column("filter", "FILTER"),
    Column("reason", "WHY TOLD"),
]


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List messages and what became of them, show one, or try again."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, state=None, channel=None, subscription=None, limit=100, format_="table")


@command.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--channel", metavar="NAME", help="Only of this channel.")
@click.option("--subscription", metavar="NAME", help="Only of this subscription.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@format_option
@click.pass_obj
def list_(
    session: Session,
    state: str | None,
    channel: str | None,
    subscription: str | None,
    limit: int,
    format_: Format,
) -> None:
    """List messages, the newest first, and the channels that take none just now."""
    from alertwatch.store import channels, deliveries

    with session.store() as store, store.read() as tx:
        found = deliveries.list(tx, state, channel, subscription, limit)
        waiting, troubled = deliveries.count_open(tx), channels.states(tx)
    show([_row(delivery) for delivery in found], COLUMNS, format_, "no messages")
    if waiting:
        numbers = ", ".join(f"{count(number)} for {name}" for name, number in sorted(waiting.items()))
        click.echo(f"not sent yet: {numbers}", err=True)
    for one in troubled.values():
        click.echo(_trouble(one), err=True)


@command.command("show")
@click.argument("delivery_id", metavar="ID", type=int)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)
@click.pass_obj
def show_(session: Session, delivery_id: int, format_: str) -> None:
    """Show one message: what it tells of, every attempt, and what the channel gave for it."""
    from alertwatch.store import deliveries

    with session.store() as store, store.read() as tx:
        delivery = deliveries.get(tx, delivery_id)
        tried, told = deliveries.attempts(tx, delivery_id), deliveries.items(tx, delivery_id)
    row = _row(_there(delivery, delivery_id)) | {
        "attempts": [_attempt(one) for one in tried],
        "items": [_item(one) for one in told],
    }
    if format_ == "json":
        click.echo(dumps(row, indent=2))
    else:
        _print(row)


@command.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@click.option("--channel", metavar="NAME", help="Only what is for this channel.")
@click.pass_obj
def retry(session: Session, ids: tuple[int, ...], channel: str | None) -> None:
    """Try these again at once; without IDs, all that failed or are not sent yet.

    Their channels are tried at once, too, whatever they said before.
    """
    from alertwatch.store import channels, deliveries

    with session.store() as store, store.write() as tx:
        now = time.time()
        for delivery_id in ids:
            _there(deliveries.get(tx, delivery_id), delivery_id)
        number = deliveries.retry(tx, ids or None, now, channel)
        channels.try_now(tx, channel, now)
    due = "1 message is" if number == 1 else f"{count(number)} messages are"
    click.echo(f"{due} due now; a running `alertwatch run` sends them" if number else NOTHING_DUE)


def _there(delivery: Delivery | None, delivery_id: int) -> Delivery:
    if delivery is None:
        raise AlertwatchError(f"there is no message {delivery_id}; `alertwatch deliveries list` lists them")
    return delivery


def _row(delivery: Delivery) -> Row:
    return {
        "id": delivery.id,
        "created_at": clock(delivery.created_at),
        "channel": delivery.channel,
        "subscription": delivery.subscription,
        "kind": str(delivery.kind),
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next": _next(delivery),
        "title": delivery.title,
        "error": delivery.error,
        "urgent": delivery.urgent,
        "sent_at": None if delivery.sent_at is None else clock(delivery.sent_at),
        "receipt": None if delivery.receipt is None else {"id": delivery.receipt.id, **delivery.receipt.extra},
        "key": delivery.key,
    }


def _next(delivery: Delivery) -> str | None:
    if delivery.state in {"sent", "failed"}:
        return None
    if delivery.owner is not None:
        return "under way"
    return "due" if delivery.due <= time.time() else f"in {since(delivery.due)}"


def _attempt(attempt: Attempt) -> Row:
    return {
        "started_at": clock(attempt.started_at),
        "ended_at": None if attempt.ended_at is None else clock(attempt.ended_at),
        "outcome": attempt.outcome or "cut short, or under way",
        "error": attempt.error,
    }


def _item(item: Item) -> Row:
    names = ("survey", "object_id", "alert_id", "filter", "match_id", "reason")
    return {name: getattr(item, name) for name in names}


def _trouble(state: ChannelState) -> str:
    refused = state.refused_since is not None
    words = "refuses messages, which wait" if refused else "is away, or asked us to wait"
    again = (
        ""
        if state.try_at is None or state.try_at <= time.time()
        else f" (tried again in {since(state.try_at)})"
    )
    mend = f"; mend it, then: alertwatch deliveries retry --channel {state.channel}" if refused else ""
    return f"! {state.channel} {words}: {state.reason}{again}{mend}"


def _print(row: Row) -> None:
    out = console()
    parts: list[tuple[Sequence[Row], list[Column]]] = [
        (row.pop("items"), ITEMS),
        (row.pop("attempts"), ATTEMPTS),
    ]
    for key, value in row.items():
        if value is not None:
            out.print(f"{key:<13}{value}", markup=False)
    for rows, columns in parts:
        if rows:
            out.print()
            out.print(table(rows, columns))
