"""``alertwatch filters``: what filters there are, what they ask, and whether they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from alertwatch import registry
from alertwatch.commands import Session, has_database
from alertwatch.console import Column, Format, Row, clock, console, dumps, format_option, show, table
from alertwatch.described import about, fields
from alertwatch.errors import AlertwatchError
from alertwatch.filter import Filter

if TYPE_CHECKING:
    from alertwatch.store.filter_state import FilterState
    from alertwatch.store.precision import Precision

FilterType = type[Filter[Any]]


def _in_words(found: Row) -> str:
    """``75 % (3 of 4; 30 to 95 %)``."""
    judged = found["right"] + found["wrong"]
    share, low, high = (round(100 * found[name]) for name in ("share", "low", "high"))
    return f"{share} % ({found['right']} of {judged}; {low} to {high} %)"


COLUMNS = [
    Column("name", "NAME", style="bold"),
    Column("filter", "FILTER"),
    Column("state", "STATE"),
    Column("precision", "PRECISION", _in_words),
    Column("about", "WHAT IT LOOKS FOR"),
]
UNLABELLED = [column for column in COLUMNS if column.key != "precision"]
PARAMETERS = [
    Column("name", "PARAMETER", style="bold"),
    Column("value", "VALUE", right=True),
    Column("default", "DEFAULT", right=True),
    Column("unit", "UNIT"),
    Column("bounds", "BOUNDS"),
    Column("description", "MEANING; SOURCE"),
]


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List filters, show one, or switch one on again."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, format_="table")


@command.command("list")
@format_option
@click.pass_obj
def list_(session: Session, format_: Format) -> None:
    """List the configured filters with their precision, then the available ones.

    PRECISION is the share of a filter's labelled objects that were right, with counts and a 95 % interval.
    Right is an object that people call real, or by a class that the filter looks for (any, if it names none);
    wrong is bogus, rejected, or of another class. The latest word on an object counts.
    """
    known, states = registry.filters(session.settings.plugins.folders), _states(session)
    kinds = {
        name: type(registry.instance(name, known, section.use or name, section.parameters))
        for name, section in session.settings.filters.items()
    }
    found = _precision(session, kinds)
    rows: list[Row] = []
    for name, section in session.settings.filters.items():
        state = _state(section.enabled, states.get(name))
        row = {"name": name, "filter": section.use or name, "state": state, "precision": found.get(name)}
        rows.append({**row, "about": about(kinds[name])})
    rows += [
        {
            "name": name,
            "filter": name,
            "state": "not configured",
            "precision": None,
            "about": about(known[name]),
        }
        for name in sorted(known.keys() - {row["filter"] for row in rows})
    ]
    show(rows, COLUMNS if any(found.values()) else UNLABELLED, format_, "there are no filters")


@command.command("show")
@click.argument("name")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="How to print it."
)
@click.pass_obj
def show_(session: Session, name: str, format_: str) -> None:
    """Show one filter: streams, classes, needs, and each parameter with its source."""
    instance = _instance(session, name)
    state = _states(session).get(name)
    section = session.settings.filters.get(name)
    kind = type(instance)
    description: Row = {
        "name": name,
        "filter": section.use or name if section else name,
        "state": _state(section.enabled, state) if section else "not configured",
        "about": (kind.__doc__ or "").strip(),
        "streams": sorted(kind.streams),
        "classes": sorted(kind.classes) if kind.classes is not None else None,
        "needs": sorted(kind.needs),
        "parameters": fields(kind.parameters_type, instance.parameters),
    }
    if format_ == "json":
        click.echo(dumps(description, indent=2))
    else:
        _print(description, state)


@command.command()
@click.argument("name")
@click.pass_obj
def reset(session: Session, name: str) -> None:
    """Let a filter run again that was switched off after repeated errors."""
    from alertwatch.store import filter_state

    if name not in session.settings.filters:
        raise AlertwatchError(
            f"no filter {name!r} is configured{registry.nearest(name, session.settings.filters)}"
        )
    with session.store() as store, store.write() as tx:
        was_off = filter_state.reset(tx, name)
    click.echo(f"{name} runs again" if was_off else f"{name} was not switched off")


def _instance(session: Session, name: str) -> Filter[Any]:
    """The filter as configured; one that is not, with its defaults."""
    known = registry.filters(session.settings.plugins.folders)
    section = session.settings.filters.get(name)
    if section is not None:
        return registry.instance(name, known, section.use or name, section.parameters)
    if name not in known:
        raise AlertwatchError(
            f"there is no filter {name!r}{registry.nearest(name, {*known, *session.settings.filters})}"
        )
    return registry.instance(name, known, name, {})


def _states(session: Session) -> dict[str, FilterState]:
    if not has_database(session.settings):
        return {}
    from alertwatch.store import filter_state

    with session.store() as store, store.read() as tx:
        return dict(filter_state.all(tx))


def _precision(session: Session, kinds: dict[str, FilterType]) -> dict[str, Row | None]:
    """By filter; ``None``: nobody has said what its objects are."""
    if not has_database(session.settings):
        return {}
    from alertwatch.store import precision

    with session.store() as store, store.read() as tx:
        found = precision.of(tx, {name: kind.sought or kind.classes for name, kind in kinds.items()})
    return {name: _as_row(one) for name, one in found.items()}


def _as_row(found: Precision) -> Row | None:
    if found.share is None or found.interval is None:
        return None
    low, high = found.interval
    return {
        "right": found.right,
        "wrong": found.wrong,
        "share": round(found.share, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _state(enabled: bool, state: FilterState | None) -> str:
    if not enabled:
        return "disabled in the settings"
    if state is not None and state.off_since is not None:
        return "switched off"
    return "on"


def _print(shown: Row, state: FilterState | None) -> None:
    out = console()
    uses = "" if shown["filter"] == shown["name"] else f" (uses {shown['filter']})"
    out.print(f"[bold]{shown['name']}[/]{uses}: {shown['state']}")
    if state is not None and state.off_since is not None:
        out.print(f"  since {clock(state.off_since)} UTC: {state.off_reason}", markup=False)
        out.print(f"  mend it, then: alertwatch filters reset {shown['name']}", markup=False)
    out.print("\n" + "\n".join(line.strip() for line in shown["about"].splitlines()) + "\n", markup=False)
    out.print(f"streams  {', '.join(shown['streams'])}")
    out.print(f"classes  {', '.join(shown['classes']) if shown['classes'] is not None else 'any'}")
    out.print(f"needs    {', '.join(shown['needs']) or 'nothing beyond the message'}\n")
    if shown["parameters"]:
        out.print(table(shown["parameters"], PARAMETERS))
