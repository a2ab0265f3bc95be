"""Subscriptions: those of the settings file and those added by command, as one table.

One that was added by command is checked like the file's each time it is read, since filters and channels may
have gone meanwhile. It is then listed with its problem, and what is for it waits; the others go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from alertwatch.errors import SettingsError
from alertwatch.mistakes import Origin, listed, sentences
from alertwatch.settings import Settings, SubscriptionSettings
from alertwatch.verification import of_subscription

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alertwatch.store.subscriptions import Stored

ADDED = Origin(Path("added by command"), {}, {})
UNREADABLE = SubscriptionSettings.model_construct(filters=(), channels=())


@dataclass(frozen=True)
class Subscription:
    """Who is told of what, where and when. ``paused_at``: seconds since 1970; what is for it waits since then.

    ``problem`` says what a person has to mend in one added by command; what is for it waits until then. The
    ``settings`` of one that cannot be read name no filter and no channel.
    """

    name: str
    settings: SubscriptionSettings
    origin: Literal["file", "command"]
    paused_at: float | None = None
    problem: str | None = None


def known(settings: Settings, tx: Connection) -> dict[str, Subscription]:
    """Every subscription, by name; those of the settings file first, and theirs wins where both have one."""
    from alertwatch.store import subscriptions  # noqa: PLC0415 - the database's library is slow to load

    return merged(settings, subscriptions.stored(tx))


def merged(settings: Settings, stored: Mapping[str, Stored]) -> dict[str, Subscription]:
    """The same of what the database holds; without one, of nothing."""
    paused = {name: row.paused_at for name, row in stored.items()}
    of_file = {
        name: Subscription(name, section, "file", paused.get(name))
        for name, section in settings.subscriptions.items()
    }
    return of_file | {
        name: _added(name, row, row.definition, settings)
        for name, row in stored.items()
        if row.definition is not None and name not in of_file
    }


def problems(settings: Settings, tx: Connection) -> dict[str, str]:
    """What a person should mend, by subscription: what it names that is gone, or that it is there twice."""
    from alertwatch.store import subscriptions  # noqa: PLC0415 - the database's library is slow to load

    twice = {
        name: f"[subscriptions.{name}] stands in the settings file, which wins, and was added by command too; "
        f"`alertwatch subscriptions remove {name}` removes the latter"
        for name, row in subscriptions.stored(tx).items()
        if row.definition is not None and name in settings.subscriptions
    }
    return twice | {name: one.problem for name, one in known(settings, tx).items() if one.problem}


def parse(name: str, definition: Mapping[str, Any], settings: Settings) -> SubscriptionSettings:
    """A definition, checked as the settings file's are; raises `SettingsError` that lists every mistake."""
    section = _read(name, definition)
    found = list(of_subscription(name, section, settings))
    if found:
        raise SettingsError(listed(found))
    return section


def _added(name: str, row: Stored, definition: Mapping[str, Any], settings: Settings) -> Subscription:
    section = UNREADABLE
    try:
        section = _read(name, definition)
        found = list(of_subscription(name, section, settings))
        problem = listed(found) if found else None
    except SettingsError as error:
        problem = str(error)
    return Subscription(name, section, "command", row.paused_at, problem)


def _read(name: str, definition: Mapping[str, Any]) -> SubscriptionSettings:
    try:
        read = Settings.model_validate({"subscriptions": {name: definition}})
    except ValidationError as error:
        raise SettingsError(listed(sentences(error, ADDED))) from None
    return read.subscriptions[name]
