"""``alertwatch subscriptions``: who is told of what, where and when."""

from __future__ import annotations

import click

from alertwatch.commands.subscriptions.change import add, pause, remove, resume
from alertwatch.commands.subscriptions.look import list_, show_
from alertwatch.commands.subscriptions.preview import preview
from alertwatch.commands.subscriptions.trial import test


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, change, pause, test and preview what people are told."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, format_="table")


for subcommand in (list_, show_, add, pause, resume, remove, test, preview):
    command.add_command(subcommand)
