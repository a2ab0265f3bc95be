"""The subscription that a person names, and its channels."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from alertwatch import registry
from alertwatch.commands import Session, has_database
from alertwatch.errors import AlertwatchError, SettingsError
from alertwatch.settings import Settings
from alertwatch.sink import Sink
from alertwatch.subscriptions import Subscription, known, merged

if TYPE_CHECKING:
    from sqlalchemy import Connection


def find(session: Session, tx: Connection, name: str) -> Subscription:
    """A subscription by its name; the nearest one is named when there is none."""
    there = known(session.settings, tx)
    if name not in there:
        raise nothing_called(name, there)
    return there[name]


def working(session: Session, name: str) -> Subscription:
    """One that could tell something. Raises when there is none, or when it has a problem."""
    if has_database(session.settings):
        with session.store() as store, store.read() as tx:
            there = known(session.settings, tx)
    else:
        there = merged(session.settings, {})
    if name not in there:
        raise nothing_called(name, there)
    if (problem := there[name].problem) is not None:
        raise SettingsError(problem)
    return there[name]


def nothing_called(name: str, there: Collection[str]) -> AlertwatchError:
    """The error that there is no subscription of that name, with the nearest one."""
    hint = registry.nearest(name, there) if there else "; `alertwatch subscriptions add` adds one"
    return AlertwatchError(f"there is no subscription {name!r}{hint}")


def sink(settings: Settings, channel: str) -> Sink[Any]:
    """The sink of one channel, enabled or not; raises `SettingsError`."""
    if channel not in settings.channels:
        hint = registry.nearest(channel, settings.channels) if settings.channels else ""
        raise SettingsError(f"no channel {channel!r} is configured{hint}")
    section = settings.channels[channel]
    sinks = registry.sinks(settings.plugins.folders)
    return registry.sink(channel, sinks, section.use or channel, section.own, section.folder)
