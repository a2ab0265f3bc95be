"""``alertwatch sinks``: what can carry notifications, and what each of them wants to know."""

from __future__ import annotations

import click

from alertwatch import registry
from alertwatch.commands import Session
from alertwatch.console import Column, Format, Row, console, dumps, format_option, show, table
from alertwatch.described import about, fields
from alertwatch.errors import AlertwatchError
from alertwatch.registry import SinkType
from alertwatch.settings import Settings

COLUMNS = [
    Column("name", "NAME", style="bold"),
    Column("channels", "CHANNELS"),
    Column("about", "WHAT IT IS"),
]
SETTINGS = [
    Column("name", "SETTING", style="bold"),
    Column("default", "DEFAULT", right=True),
    Column("bounds", "BOUNDS"),
    Column("description", "MEANING"),
]


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List what can carry notifications, or show one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, format_="table")


@command.command("list")
@format_option
@click.pass_obj
def list_(session: Session, format_: Format) -> None:
    """List the sinks, and the channels that use each."""
    settings = session.settings
    rows: list[Row] = [
        {"name": name, "channels": _channels(settings, name), "about": about(kind)}
        for name, kind in registry.sinks(settings.plugins.folders).items()
    ]
    if format_ in {"table", "csv"}:
        rows = [row | {"channels": ", ".join(row["channels"]) or None} for row in rows]
    show(rows, COLUMNS, format_, "there are no sinks")


@command.command("show")
@click.argument("name")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)
@click.pass_obj
def show_(session: Session, name: str, format_: str) -> None:
    """Show one sink: what it can do, and each setting of a channel that uses it."""
    known = registry.sinks(session.settings.plugins.folders)
    if name not in known:
        raise AlertwatchError(f"there is no sink {name!r}{registry.nearest(name, known)}")
    kind = known[name]
    described: Row = {
        "name": name,
        "channels": _channels(session.settings, name),
        "about": (kind.__doc__ or "").strip(),
        "can": _can(kind),
        "settings": fields(kind.settings_type),
    }
    if format_ == "json":
        click.echo(dumps(described, indent=2))
    else:
        _print(described)


def _channels(settings: Settings, sink: str) -> list[str]:
    return sorted(name for name, section in settings.channels.items() if (section.use or name) == sink)


def _can(kind: SinkType) -> Row:
    return {
        "pictures": kind.wants_pictures,
        "find": kind.can_find,
        "per_minute": kind.per_minute,
        "budget_per_hour": kind.budget_per_hour,
    }


def _print(shown: Row) -> None:
    out, can = console(), shown["can"]
    used = ", ".join(shown["channels"]) or "no channel"
    out.print(f"[bold]{shown['name']}[/]: used by {used}")
    out.print("\n" + "\n".join(line.strip() for line in shown["about"].splitlines()) + "\n", markup=False)
    out.print(f"pictures         {'yes' if can['pictures'] else 'no'}")
    out.print(f"second attempts  {'look first whether it arrived' if can['find'] else 'send again'}")
    out.print(f"per minute       {can['per_minute'] or 'any number'}")
    hourly = f"{can['budget_per_hour']}, further ones merged" if can["budget_per_hour"] else "any number"
    out.print(f"per hour         {hourly}\n")
    out.print(table(shown["settings"], SETTINGS))
