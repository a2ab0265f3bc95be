"""What can be wrong with settings, said so that a person can mend it: where, what, and the nearest right key.

No sentence holds a value: it could be a secret in the wrong place.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from alertwatch.registry import nearest
from alertwatch.secrets import PASSWORD_IN_URL, is_channel_secret, is_secret_option
from alertwatch.settings import Settings

PREFIX = "ALERTWATCH_"
DELIMITER = "__"
OTHER_VARIABLES = frozenset({"ALERTWATCH_CONFIG", "ALERTWATCH_DEBUG"})
TEST_VARIABLES = "ALERTWATCH_TEST_"

Place = tuple[str, ...]


@dataclass(frozen=True)
class Origin:
    """Where each value was written: a line of the settings file, or an environment variable."""

    file: Path
    lines: Mapping[Place, int]
    environment: Mapping[str, Any]

    def of(self, place: Place) -> str:
        """``alertwatch.toml, line 12``, or the name of the variable."""
        if _holds(self.environment, place):
            return variable(*place)
        above = (self.lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self.lines)
        below = (line for other, line in self.lines.items() if other[: len(place)] == place)
        line = next(above, None) or next(below, None)
        return self.file.name if line is None else f"{self.file.name}, line {line}"


def listed(found: list[str]) -> str:
    """One mistake as it is, several as a list."""
    if len(found) == 1:
        return found[0]
    return "\n  - ".join([f"{len(found)} mistakes in the settings:", *found])


def variable(*place: str) -> str:
    """The environment variable of a key: ``variable("sources", "ztf", "group_id")``."""
    return PREFIX + DELIMITER.join(place).upper()


def line_numbers(text: str) -> dict[Place, int]:
    """Where each table and key of a TOML text stands, by its path."""
    found: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            table = _place(line) or table
            found.setdefault(table, number)
        elif "=" in line:
            key = _place(line.partition("=")[0] + "= 0")
            if key:
                found.setdefault(table + key, number)
    return found


def unknown_variables(environ: Mapping[str, str], table: Mapping[str, Any]) -> Iterator[str]:
    """Sentences on the ``ALERTWATCH_…`` variables that mean nothing; ``table``: all that is set."""
    known, open_ended = OTHER_VARIABLES, set()
    for place, is_open in keys(Settings, table):
        known |= {variable(*place)}
        open_ended |= {variable(*place) + DELIMITER} if is_open else set()
    for name in sorted(environ):
        mine = name.upper().startswith(PREFIX) and not name.startswith(TEST_VARIABLES)
        if mine and name.upper() not in known and not name.upper().startswith(tuple(open_ended)):
            yield f"the environment variable {name} is no setting{nearest(name.upper(), known)}"


def keys(kind: Any, table: Any, above: Place = ()) -> Iterator[tuple[Place, bool]]:
    """Every key that may be set, and whether it may hold any further keys (filters' parameters, topics)."""
    kind = _plain(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        inner = {key: field.annotation for key, field in kind.model_fields.items()}
        is_open = kind.model_config.get("extra") == "allow"
    else:
        value = get_args(kind)[1] if get_origin(kind) is dict else None
        is_table = isinstance(value, type) and issubclass(value, BaseModel)
        inner = dict.fromkeys(table, value) if is_table and isinstance(table, Mapping) else {}
        is_open = value is not None and not is_table
    if above:
        yield above, is_open
    for key, below in inner.items():
        yield from keys(below, table.get(key) if isinstance(table, Mapping) else None, (*above, key))


def misplaced_secrets(table: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Sentences on the secrets that stand in the settings file, which people share and commit."""
    for place, value in _leaves(table):
        at = f"{origin.of(place)}: {_named(place)}"
        if SecretStr in get_args(_type_at(place)) or (_is_channels_secret(place) and len(place) == 3):
            yield (
                f"{at} must not stand in this file; set {variable(*place)}, "
                f"or {place[-1]}_file to a file that holds it"
            )
        elif ("kafka" in place[:-1] and is_secret_option(place[-1])) or _is_channels_secret(place):
            yield f'{at} must not stand in this file; set {variable(*place[:-1])} to {{"{place[-1]}": …}}'
        elif isinstance(value, str) and PASSWORD_IN_URL.search(value):
            yield f"{at} holds a password; take it out and set {_password_variable(place)}"


def _is_channels_secret(place: Place) -> bool:
    return len(place) > 2 and place[0] == "channels" and is_channel_secret(place[-1])


def sentences(error: ValidationError, origin: Origin) -> list[str]:
    """What pydantic found, in our words and once per key."""
    found: dict[Place, str] = {}
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        place = tuple(str(part) for part in takewhile(_is_key, problem["loc"]))
        if "kafka" in place:  # a union of plain types: one complaint for each of them
            place = place[: place.index("kafka") + 2]
        if problem["type"] == "extra_forbidden" and variable(*place) in os.environ:
            continue  # `unknown_variables` has said so
        found.setdefault(place, f"{origin.of(place)}: {_sentence(problem, place)}")
    return list(found.values())


def _is_key(part: int | str) -> bool:
    """Neither the number of a list's item nor pydantic's mark of a wrong key."""
    return isinstance(part, str) and part != "[key]"


def _sentence(problem: ErrorDetails, place: Place) -> str:
    match problem["type"]:
        case "extra_forbidden" if len(place) == 1:
            return f"[{place[0]}] is no section of the settings{nearest(place[0], Settings.model_fields)}"
        case "extra_forbidden":
            section = _plain(_type_at(place[:-1]))
            return f"{_named(place)} is no setting{nearest(place[-1], section.model_fields)}"
        case "missing":
            section = _plain(_type_at(place[:-1]))
            return f"{_named(place)} is missing ({section.model_fields[place[-1]].description})"
        case "string_pattern_mismatch":
            return f"{_named(place)}: a name begins with a letter and is made of a-z, 0-9 and _"
        case _:
            said = re.sub(r"^(Input|String|Tuple|Value error,) ", "", problem["msg"])
            return f"{_named(place)} {said}"


def _named(place: Place) -> str:
    """``[sources.ztf] group_id``."""
    return f"[{'.'.join(place[:-1])}] {place[-1]}" if len(place) > 1 else f"[{place[0]}]"


def _password_variable(place: Place) -> str:
    if place == ("database", "url"):
        return f"{variable('database', 'password')}, or password_file to a file that holds it"
    return f"{variable(*place)} to the whole address"


def _place(toml: str) -> Place:
    """The path that one line of TOML opens or sets; empty when the line alone is no TOML."""
    try:
        table = tomllib.loads(toml)
    except tomllib.TOMLDecodeError:
        return ()
    place = []
    while isinstance(table, dict) and table:
        key, table = next(iter(table.items()))
        place.append(key)
    return tuple(place)


def _holds(table: Any, place: Place) -> bool:
    for key in place:
        if not isinstance(table, Mapping) or key not in table:
            return False
        table = table[key]
    return True


def _leaves(table: Mapping[str, Any], above: Place = ()) -> Iterator[tuple[Place, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _inner(kind: Any, key: str) -> Any:
    """The type of what ``key`` holds in a value of type ``kind``; ``None``: nothing is there."""
    kind = _plain(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(key)
        return None if field is None else field.annotation
    return get_args(kind)[1] if get_origin(kind) is dict else None


def _plain(kind: Any) -> Any:
    """``X`` of ``X | None``, any other type as it is."""
    inner = [arg for arg in get_args(kind) if arg is not type(None)]
    return inner[0] if len(inner) == 1 and type(None) in get_args(kind) else kind


def _type_at(place: Place) -> Any:
    kind: Any = Settings
    for key in place:
        kind = _inner(kind, key)
    return kind
