"""What can be wrong with settings that have been read: names of readers, filters, sinks and each other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from alertwatch import registry
from alertwatch.errors import SettingsError
from alertwatch.mistakes import variable
from alertwatch.secrets import reveal
from alertwatch.settings import Settings, SourceSettings, SubscriptionSettings


def mistakes_in(settings: Settings) -> Iterator[str]:
    """A sentence for each mistake; none: `alertwatch run` can begin."""
    yield from _of_sources(settings)
    yield from _of_filters(settings)
    yield from _of_channels(settings)
    for name, subscription in settings.subscriptions.items():
        yield from of_subscription(name, subscription, settings)
    yield from _unknown(
        "[notifications] operator", "channel", settings.notifications.operator, settings.channels
    )


def of_subscription(name: str, subscription: SubscriptionSettings, settings: Settings) -> Iterator[str]:
    """Sentences on the filters and channels of a subscription that are not configured."""
    place = f"[subscriptions.{name}]"
    yield from _unknown(f"{place} filters", "filter", subscription.filters, settings.filters)
    yield from _unknown(f"{place} channels", "channel", subscription.channels, settings.channels)


def _unknown(place: str, noun: str, names: Iterable[str], configured: Iterable[str]) -> Iterator[str]:
    known = sorted(configured)
    for name in sorted(set(names) - set(known)):
        hint = registry.nearest(name, known) if known else f"; none is: write a section [{noun}s.{name}]"
        yield f"{place}: no {noun} {name!r} is configured{hint}"


def _of_sources(settings: Settings) -> Iterator[str]:
    readers = importlib.import_module("consumer.readers")
    known = sorted(readers.names())
    for name, source in settings.sources.items():
        for topic, reader in source.topics.items():
            if reader not in known:
                yield (
                    f"[sources.{name}.topics] {topic!r} is to be read by {reader!r}, which is no reader"
                    f"{registry.nearest(reader, known)}"
                )
        yield from _no_login(name, source)


def _no_login(name: str, source: SourceSettings) -> Iterator[str]:
    if not source.security.startswith("SASL"):
        return
    for key in ("username", "password"):
        if reveal(source, key) is None and not any(o.startswith("sasl.") for o in source.kafka):
            yield (
                f"[sources.{name}] {source.security} needs a {key}: set "
                f"{variable('sources', name, key)}, or {key}_file to a file that holds it"
            )


def _of_filters(settings: Settings) -> Iterator[str]:
    try:
        known = registry.filters(settings.plugins.folders)
    except SettingsError as error:
        yield str(error)
        return
    for name, section in settings.filters.items():
        if section.enabled:
            yield from _tried(registry.instance, name, known, section.use or name, section.parameters)


def _of_channels(settings: Settings) -> Iterator[str]:
    try:
        known = registry.sinks(settings.plugins.folders)
    except SettingsError as error:
        yield str(error)
        return
    for name, section in settings.channels.items():
        if section.enabled:
            yield from _tried(registry.sink, name, known, section.use or name, section.own, section.folder)


def _tried(make: Callable[..., Any], *arguments: Any) -> list[str]:
    try:
        make(*arguments)
    except SettingsError as error:
        return str(error).splitlines()  # one for each key
    return []
