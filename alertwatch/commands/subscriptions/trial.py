"""``alertwatch subscriptions test``: does a message arrive?"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from alertwatch.commands import Session
from alertwatch.commands.subscriptions import chosen
from alertwatch.console import console
from alertwatch.errors import AlertwatchError, ChannelUnavailable
from alertwatch.notification import Kind, Notification
from alertwatch.settings import Settings
from alertwatch.sink import Sink
from alertwatch.subscriptions import Subscription

if TYPE_CHECKING:
    from rich.console import Console

TEXT = (
    "This is a test of the subscription {name!r} of alertwatch, sent by hand. Nothing was found. "
    "If you can read it, this channel works: what the filters {filters} find will come here."
)


@click.command()
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Send a test message to each channel of a subscription, now.

    Each channel is asked whether it would take a message, then given one. Exit codes: 0 all took it, 2
    settings, 3 a channel refuses, 75 a channel does not answer.
    """
    from alertwatch import render

    session: Session = ctx.obj
    subscription = chosen.working(session, name)
    render.use_templates(session.settings.notifications.templates)
    out, errors = console(), []
    for channel in subscription.settings.channels:
        error = _tested(out, session.settings, subscription, channel)
        errors += [error] if error else []
    if errors:
        ctx.exit(errors[0].exit_code)


def _tested(
    out: Console, settings: Settings, subscription: Subscription, channel: str
) -> AlertwatchError | None:
    """Try one channel and print how that went; what went wrong."""
    try:
        said = _sent(chosen.sink(settings, channel), _test_notification(subscription))
    except AlertwatchError as error:
        out.print(Text.assemble(("✗", "bold red"), f" {channel}: {error}"))
        return error
    out.print(Text.assemble(("✓", "green"), f" {channel}: {said}"))
    if not settings.channels[channel].enabled:
        out.print(f"  but [channels.{channel}] enabled = false keeps what is for it", markup=False)
    return None


def _sent(sink: Sink[Any], notification: Notification) -> str:
    """Deliver as the service does, except that nothing is kept or repeated."""
    try:
        said = sink.check()
        receipt = sink.send(notification)
        sink.complete(notification, receipt)
    except AlertwatchError:
        raise
    except Exception as error:  # a sink of one's own may raise anything, its message may hold anything
        if click.get_current_context().find_root().params["debug"]:
            raise
        raise ChannelUnavailable(f"failed with {type(error).__name__}; --debug shows where") from error
    finally:
        sink.close()
    return f"{said}; the test message was sent ({receipt.id})"


def _test_notification(subscription: Subscription) -> Notification:
    filters = ", ".join(subscription.settings.filters)
    return Notification(
        key=f"test:{uuid.uuid4().hex}",
        subscription=subscription.name,
        kind=Kind.TEST,
        title=f"Test of the subscription {subscription.name}",
        text=TEXT.format(name=subscription.name, filters=filters),
        created_at=time.time(),
    )
