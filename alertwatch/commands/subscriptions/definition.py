"""The options of `alertwatch subscriptions add`: the keys of a subscription's settings, by the same names.

``where.brighter_than`` is ``--brighter-than``, ``urgent.brighter_than`` is ``--urgent-brighter-than`` and
``again.brighter_by_mag`` is ``--again-brighter-by-mag``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from alertwatch.settings import AgainSettings, ConditionSettings, SubscriptionSettings

F = TypeVar("F", bound=click.Command)

SECTIONS: dict[str, type[BaseModel]] = {
    "where": ConditionSettings,
    "again": AgainSettings,
    "urgent": ConditionSettings,
}
SINGULAR = {"filters": "filter", "channels": "channel", "classes": "class", "grades": "grade", "cones": "cone"}
METAVARS = {"filters": "NAME", "channels": "NAME", "classes": "CLASS", "grades": "GRADE", "cones": "CIRCLE"}

Path = tuple[str, ...]


def options(command: F) -> F:
    """Give a command an option for each key."""
    command.params.extend(_option(path, field) for path, field in _keys())
    return command


def definition(given: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the settings file for these values of the options; what was not given is left out."""
    made: dict[str, Any] = {}
    for path, _ in _keys():
        value = given["__".join(path)]
        if value is None or value == ():
            continue
        table = made.setdefault(path[0], {}) if len(path) > 1 else made
        table[path[-1]] = list(value) if isinstance(value, tuple) else value
    return made


def _keys() -> Iterator[tuple[Path, FieldInfo]]:
    for key, field in SubscriptionSettings.model_fields.items():
        if key not in SECTIONS:
            yield (key,), field
            continue
        for inner, inner_field in SECTIONS[key].model_fields.items():
            yield (key, inner), inner_field


def _option(path: Path, field: FieldInfo) -> click.Option:
    key = SINGULAR.get(path[-1], path[-1])
    flag = "-".join((*(part for part in path[:-1] if part != "where"), key)).replace("_", "-")
    name = "__".join(path)
    many = path[-1] in SINGULAR
    said = f"{_help(path, field)}{' (repeat for several)' if many else ''}."
    if field.annotation is bool:
        return click.Option([f"--{flag}/--no-{flag}", name], default=None, help=said)
    return click.Option(
        [f"--{flag}", name],
        type=_type(field.annotation),
        multiple=many,
        required=field.is_required(),
        metavar=METAVARS.get(path[-1]),
        help=said,
    )


def _help(path: Path, field: FieldInfo) -> str:
    said = (field.description or "").partition(", e.g.")[0]
    prefix = {"again": "Again: ", "urgent": "Urgent: "}.get(path[0], "")
    return f"{prefix}{said}" if prefix else said[:1].upper() + said[1:]


def _type(annotation: Any) -> click.ParamType[Any]:
    """The type on the command line; the settings' model has the last word on the value."""
    kinds = (annotation, *get_args(annotation))
    if get_origin(annotation) is Literal:
        return click.Choice(get_args(annotation))
    return click.FLOAT if float in kinds else click.STRING
