"""``alertwatch run``: follow the stream."""

from __future__ import annotations

import signal
import threading

import click

from alertwatch import loader
from alertwatch.commands import Session


@click.command()
@click.option(
    "--until-empty", is_flag=True, help="End when the topics are read to their end and no candidate is due."
)
@click.option(
    "--max-alerts", type=click.IntRange(min=1), metavar="N", help="End after N messages of each source."
)
@click.pass_obj
def command(session: Session, until_empty: bool, max_alerts: int | None) -> None:
    """Follow the streams, judge every alert, keep every match.

    Runs until SIGTERM or Ctrl-C, which finish the batch and leave the consumer group within 10 seconds; a
    second Ctrl-C ends at once, and loses nothing either. --until-empty and --max-alerts make it a batch tool.
    """
    from consumer.loop import Limits
    from consumer.service import build, open_store

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: _stop_or_end(stop))
    settings = session.settings
    loader.verify(settings)
    limits = Limits(until_empty, max_alerts)
    with open_store(settings.database, stop, patient=not limits.is_batch) as store:
        service = build(settings, store, stop, limits)
        waiting = service.run()
        messages = service.notifier.waiting() if limits.is_batch else 0
    if waiting is not None and waiting.waiting:
        click.echo(
            f"{waiting.waiting} candidates still wait for a look-up; `alertwatch candidates` says why,"
            " and the next run goes on with them",
            err=True,
        )
    if messages:
        click.echo(
            f"{messages} messages are not sent yet; `alertwatch deliveries` says why, and the next run goes on"
            " with them",
            err=True,
        )


def _stop_or_end(stop: threading.Event) -> None:
    if stop.is_set():
        raise KeyboardInterrupt
    stop.set()
