"""Options of the command line that say which matches: the ones of `alertwatch.matches`, read the same way."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from alertwatch.errors import BadSelection
from alertwatch.query import given, words
from alertwatch.query.ids import objects as ids_of
from alertwatch.query.selection import Order

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, dir_okay=False)
_OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("--filter", {"metavar": "NAME", "help": "Only of this configured filter."}),
    ("--class", {"metavar": "CLASS", "help": "Only of this top class; SN, AGN, Transient, … are groups."}),
    ("--min-probability", {"type": click.FloatRange(0, 1), "help": "Least probability of that class."}),
    ("--night", {"metavar": "NIGHT", "help": 'Only of one night: "last night", tonight, date of the evening.'}),
    ("--since", {"metavar": "TIME", "help": 'Alerts from this time on: MJD, ISO date, 12h, "last night".'}),
    ("--until", {"metavar": "TIME", "help": "Alerts before this time."}),
    ("--brighter", {"type": float, "metavar": "MAG", "help": "Brighter than this difference magnitude."}),
    ("--fainter", {"type": float, "metavar": "MAG", "help": "Fainter than this difference magnitude."}),
    ("--cone", {"metavar": '"RA DEC RADIUS"', "help": "In a circle: degrees, arcsec (5' arcmin, 2d degrees)."}),
    ("--moc", {"metavar": "FILE", "help": 'In a MOC: FITS, JSON or ASCII file, or text like "3/1-3 4/20".'}),
    ("--object", {"metavar": "ID", "multiple": True, "help": "Only of this object; may be repeated."}),
    ("--objects", {"type": _FILE, "help": "Only of the objects in a file: an id in a line, or a CSV table."}),
    ("--label", {"metavar": "LABEL", "help": "Only objects of which somebody said so (`alertwatch label`)."}),
    ("--tag", {"metavar": "TAG", "help": "Only objects that have this tag (`alertwatch tag`)."}),
    ("--survey", {"type": click.Choice(["ztf", "lsst"]), "help": "Only of this survey."}),
    (
        "--order",
        {
            "type": click.Choice([str(order) for order in Order]),
            "default": str(Order.NEWEST),
            "show_default": True,
            "help": "What comes first.",
        },
    ),
]
_FIELDS = {"filter": "filter_", "class": "class_name"}  # option: what it is called in Python


def selection_options(command: F) -> F:
    """Adds the options; the command gets them as one ``selection``, a `Selection` without limit."""

    @wraps(command)
    def run(*args: Any, **given: Any) -> Any:
        context = click.get_current_context()
        asked = {name: given.pop(_parameter(option)) for option, name in _names()}
        try:
            asked["objects"] = _objects(asked.pop("object"), asked["objects"])
            selection = words.selection(longitude=context.obj.settings.site.longitude, **asked)
        except BadSelection as error:
            option = {"class_name": "class"}.get(error.argument, error.argument.replace("_", "-"))
            raise click.BadParameter(error.sentence, context, param_hint=f"'--{option}'") from None
        return command(*args, selection=selection, **given)

    decorated: Any = run
    for name, settings in reversed(_OPTIONS):
        decorated = click.option(name, _parameter(name), **settings)(decorated)
    found: F = decorated
    return found


def _names() -> list[tuple[str, str]]:
    return [(name, _parameter(name).rstrip("_")) for name, _ in _OPTIONS]


def _parameter(option: str) -> str:
    word = option.removeprefix("--").replace("-", "_")
    return _FIELDS.get(word, word)


def _objects(ids: tuple[str, ...], file: Path | None) -> tuple[str, ...] | None:
    """Ids that were typed and those of a file; ``None``: neither was given."""
    if not ids and file is None:
        return None
    listed = given.read("objects", ids_of, file) if file else ()
    return (*ids, *listed)
