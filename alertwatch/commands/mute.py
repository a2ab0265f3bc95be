"""``alertwatch mute``: objects, filters and regions of the sky that nobody wants to hear of."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import click

from alertwatch import sky, times
from alertwatch.commands import Session
from alertwatch.commands.label import login_name
from alertwatch.console import Column, Format, Row, clock, duration, format_option, show
from alertwatch.errors import AlertwatchError
from alertwatch.registry import nearest

if TYPE_CHECKING:
    from alertwatch.store.mutes import Mute, MuteKind

COLUMNS = [
    Column("id", "ID", right=True),
    Column("kind", "WHAT"),
    Column("value", "WHICH", style="bold"),
    Column("until", "UNTIL (UTC)"),
    Column("by", "BY"),
    Column("reason", "WHY"),
]
LONGEST_DAYS = 36_525  # a century: who wants longer mutes for good


class Cone(click.ParamType[tuple[float, float, float]]):
    """A circle on the sky, as `alertwatch.sky.circle` reads it → ra, dec, radius in degrees."""

    name = '"RA DEC RADIUS"'

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float]:
        """The circle that the text means."""
        try:
            return sky.circle(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class Span(click.ParamType[float]):
    """A length of time → seconds: ``90m``, ``12h``, ``30d``, ``2w``."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that the text means."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", str(value).strip())
        days = float(found[1]) * times.AGO[found[2]] if found else 0.0
        if not 0 < days < LONGEST_DAYS:
            self.fail(f"{value!r} is no length of time; give 90m, 12h, 30d or 2w", param, ctx)
        return days * times.SECONDS_PER_DAY


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List what is muted, mute an object, a filter or a region, or undo that.

    Matches of what is muted are stored as ever; nobody is told of them. When a mute ends, the next alert of a
    source that nobody was told of is told as new.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, format_="table")


@command.command("list")
@format_option
@click.pass_obj
def list_(session: Session, format_: Format) -> None:
    """List what is muted, and for how long."""
    from alertwatch.store import mutes

    with session.store() as store, store.read() as tx:
        found = mutes.active(tx, time.time())
    show([_row(mute) for mute in found], COLUMNS, format_, "nothing is muted")


@command.command("object")
@click.argument("object_id", metavar="OBJECT")
@click.option("--for", "span", type=Span(), help="For so long (12h, 30d, 8w).  [default: for good]")
@click.option("--reason", help="Why; those who wonder will see it.")
@click.pass_obj
def object_(session: Session, object_id: str, span: float | None, reason: str | None) -> None:
    """Mute an object, whatever other ids it has: OBJECT is ZTF24abcdef or ztf:ZTF24abcdef."""
    from alertwatch.query.selection import Selection
    from alertwatch.store import queries

    name = object_id.strip()
    if not name:
        raise click.BadParameter("give the id of an object, such as ZTF24abcdef", param_hint="'OBJECT'")
    _mute(session, "object", name, span, reason)
    with session.store() as store, store.read() as tx:
        found = queries.matches(tx, Selection(objects=(name.rpartition(":")[2],), limit=1))
    if not found:
        click.echo(f"no filter has matched {name} so far; it is muted all the same", err=True)


@command.command("filter")
@click.argument("name", metavar="FILTER")
@click.option("--for", "span", type=Span(), help="For so long (12h, 30d, 8w).  [default: for good]")
@click.option("--reason", help="Why; those who wonder will see it.")
@click.pass_obj
def filter_(session: Session, name: str, span: float | None, reason: str | None) -> None:
    """Mute the matches of a configured filter; sources that others match are told for those."""
    if name not in session.settings.filters:
        hint = nearest(name, session.settings.filters) if session.settings.filters else ""
        raise AlertwatchError(f"no filter {name!r} is configured{hint}")
    _mute(session, "filter", name, span, reason)


@command.command()
@click.argument("circle", metavar='"RA DEC RADIUS"')
@click.option("--for", "span", type=Span(), help="For so long (12h, 30d, 8w).  [default: for good]")
@click.option("--reason", help="Why; those who wonder will see it.")
@click.pass_context
def region(ctx: click.Context, circle: str, span: float | None, reason: str | None) -> None:
    """Mute a circle on the sky: degrees, the radius in arcsec (5' arcmin, 2d degrees)."""
    Cone().convert(circle, None, ctx)
    _mute(ctx.obj, "region", " ".join(circle.split()), span, reason)


@command.command()
@click.argument("mute_id", metavar="ID", type=int)
@click.pass_obj
def remove(session: Session, mute_id: int) -> None:
    """Undo a mute; ID as `alertwatch mute` lists it."""
    from alertwatch.store import mutes

    with session.store() as store, store.write() as tx:
        removed = mutes.remove(tx, mute_id)
    if not removed:
        raise AlertwatchError(f"there is no mute {mute_id}; `alertwatch mute` lists them")
    click.echo(f"mute {mute_id} is undone")


def _mute(session: Session, kind: MuteKind, value: str, span: float | None, reason: str | None) -> None:
    from alertwatch.store import mutes

    now = time.time()
    until = None if span is None else now + span
    new = mutes.NewMute(kind=kind, value=value, until_at=until, reason=reason, by=login_name())
    with session.store() as store, store.write() as tx:
        number = mutes.add(tx, new, now)
    how_long = "for good" if span is None else f"for {duration(span)}"
    click.echo(f"the {kind} {value} is muted {how_long}; `alertwatch mute remove {number}` undoes it")


def _row(mute: Mute) -> Row:
    return {
        "id": mute.id,
        "kind": mute.kind,
        "value": mute.value,
        "until": None if mute.until_at is None else clock(mute.until_at),
        "by": mute.by,
        "reason": mute.reason,
        "added_at": clock(mute.added_at),
    }
