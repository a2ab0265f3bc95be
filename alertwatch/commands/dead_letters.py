"""``alertwatch dead-letters``: the messages that could not be decoded."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from alertwatch import registry
from alertwatch.commands import Session
from alertwatch.console import Column, Format, Row, clock, console, count, dumps, format_option, show
from alertwatch.errors import AlertwatchError
from alertwatch.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alertwatch.store import Store
    from alertwatch.store.dead_letters import StoredLetter
    from consumer.judging import Judges

SHOWN_BYTES = 256

COLUMNS = [
    Column("id", "ID", right=True),
    Column("stored_at", "STORED (UTC)"),
    Column("source", "SOURCE"),
    Column("topic", "TOPIC"),
    Column("partition", "PART", right=True),
    Column("offset", "OFFSET", right=True),
    Column("reader", "READER"),
    Column("bytes", "BYTES", count, right=True),
    Column("error", "ERROR"),
]


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, show, retry or drop messages that did not decode."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, source=None, limit=100, format_="table")


@command.command("list")
@click.option("--source", metavar="NAME", help="Only of this source.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@format_option
@click.pass_obj
def list_(session: Session, source: str | None, limit: int, format_: Format) -> None:
    """List them, the newest first."""
    from alertwatch.store import dead_letters

    with session.store() as store, store.read() as tx:
        found, total = dead_letters.list(tx, limit, source), dead_letters.count(tx)
    show([_row(letter) for letter in found], COLUMNS, format_, "no dead letters")
    if total > len(found) > 0:
        click.echo(f"{count(len(found))} of {count(total)}", err=True)


@command.command("show")
@click.argument("letter_id", metavar="ID", type=int)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "raw"]),
    default="text",
    help="raw: the message's bytes alone.",
)
@click.pass_obj
def show_(session: Session, letter_id: int, format_: str) -> None:
    """Show one: origin, error, and the beginning of its bytes."""
    with session.store() as store, store.read() as tx:
        letter = _get(tx, letter_id)
    if format_ == "raw":
        sys.stdout.buffer.write(letter.payload)
    elif format_ == "json":
        click.echo(dumps(_row(letter) | {"payload": base64.b64encode(letter.payload).decode()}, indent=2))
    else:
        _print(letter)


@command.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.pass_obj
def retry(session: Session, ids: tuple[int, ...], every: bool) -> None:
    """Decode again, with today's settings; what decodes goes its way and leaves the list."""
    from consumer.judging import Judges

    settings = session.settings
    judges = Judges(registry.build(settings), settings.plugins.max_filter_errors)
    with session.store() as store:
        with store.read() as tx:
            letters = _chosen(tx, ids, every)
        back = sum(_retried(settings, judges, store, letter) for letter in letters)
    click.echo(f"{count(back)} of {count(len(letters))} decode now")
    if back < len(letters):
        raise AlertwatchError(f"{count(len(letters) - back)} still do not decode and stay in the list")


@command.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@click.option("--all", "every", is_flag=True, help="All of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def drop(session: Session, ids: tuple[int, ...], every: bool, yes: bool) -> None:
    """Delete them for good."""
    from alertwatch.store import dead_letters

    with session.store() as store:
        with store.read() as tx:
            chosen = [letter.id for letter in _chosen(tx, ids, every)]
        if not yes:
            click.confirm(f"Delete {count(len(chosen))} messages for good?", abort=True, err=True)
        with store.write() as tx:
            dropped = dead_letters.drop(tx, chosen)
    click.echo(f"{count(dropped)} dropped")


def _get(tx: Connection, letter_id: int) -> StoredLetter:
    from alertwatch.store import dead_letters

    letter = dead_letters.get(tx, letter_id)
    if letter is None:
        raise AlertwatchError(f"there is no dead letter {letter_id}; `alertwatch dead-letters list` lists them")
    return letter


def _chosen(tx: Connection, ids: Sequence[int], every: bool) -> Sequence[StoredLetter]:
    from alertwatch.store import dead_letters

    if bool(ids) == every:
        raise click.UsageError("Give the IDs of dead letters, or --all.")
    return dead_letters.list(tx, dead_letters.count(tx)) if every else [_get(tx, i) for i in ids]


def _retried(settings: Settings, judges: Judges, store: Store, letter: StoredLetter) -> bool:
    """Send one on its way, in one transaction with its leaving the list; ``False`` when it still is bad."""
    from alertwatch.store import dead_letters
    from consumer.kafka.source import Batch
    from consumer.message import Message, Partition
    from consumer.pipeline import Pipeline

    origin = Partition(letter.source, letter.topic, letter.partition)
    message = Message(origin, letter.offset, letter.timestamp_ms, letter.payload)
    pipeline = Pipeline(letter.source, _reader_names(settings, letter), judges, dead_letter_limit=1.0)
    outcome = pipeline.process([message])
    if outcome.dead_letters:
        return False
    with store.write() as tx:
        pipeline.store(tx, Batch([], {}), outcome, time.time())
        dead_letters.drop(tx, [letter.id])
    return True


def _reader_names(settings: Settings, letter: StoredLetter) -> Callable[[str], str]:
    """The reader of a topic by today's settings; a source that is no longer there keeps the one it had."""
    from consumer.kafka.topics import Topics

    source = settings.sources.get(letter.source)
    if source is None:
        return lambda topic: letter.reader  # noqa: ARG005 - there is only the letter's
    return Topics(letter.source, source.topics, source.retention_hours).reader_name


def _row(letter: StoredLetter) -> Row:
    return {
        "id": letter.id,
        "stored_at": clock(letter.stored_at),
        "source": letter.source,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "timestamp_ms": letter.timestamp_ms,
        "reader": letter.reader,
        "bytes": len(letter.payload),
        "error": letter.error,
    }


def _print(letter: StoredLetter) -> None:
    out = console()
    row = _row(letter)
    for key, value in row.items():
        out.print(f"{key:<13}{value}", markup=False)
    out.print(f"\n{_dump(letter.payload[:SHOWN_BYTES])}", markup=False)
    if len(letter.payload) > SHOWN_BYTES:
        out.print(f"… {count(len(letter.payload) - SHOWN_BYTES)} bytes more; --format raw writes them all")


def _dump(payload: bytes) -> str:
    """Bytes as people read them: offset, hexadecimal, text."""
    lines = []
    for start in range(0, len(payload), 16):
        part = payload[start : start + 16]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<47}  {letters}")
    return "\n".join(lines)
