"""``alertwatch check``: is everything in place for `alertwatch run`?"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import click
from rich.text import Text

from alertwatch import loader, registry
from alertwatch.commands import Session, has_database, sqlite_file
from alertwatch.console import console
from alertwatch.errors import AlertwatchError, ApiUnavailable, ChannelUnavailable, SettingsError
from alertwatch.settings import ApiSettings, Settings, SourceSettings

if TYPE_CHECKING:
    from consumer.kafka.topics import TopicPattern

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "bold red")}


class Finding(NamedTuple):
    """One thing that was looked at. ``error`` is set where `alertwatch run` could not work."""

    level: str
    sentence: str
    error: AlertwatchError | None = None


@click.command()
@click.pass_context
def command(ctx: click.Context) -> None:
    """Verify settings, broker, topics, database, API and channels.

    Exit codes: 0 all is well (warnings included), 2 settings, 3 credentials, 4 database too new, 75 something
    does not answer.
    """
    out, errors = console(), []
    for finding in _findings(ctx.obj):
        mark, style = MARKS[finding.level]
        out.print(Text.assemble((mark, style), f" {finding.sentence}"))
        errors += [finding.error] if finding.error else []
    if errors:
        ctx.exit(errors[0].exit_code)


def _findings(session: Session) -> Iterator[Finding]:
    try:
        settings = session.settings
    except SettingsError as error:
        yield _failed(error)
        return
    yield from _of_settings(settings, session)
    for name, source in settings.sources.items():
        yield from _of_source(name, source)
    yield from _of_database(settings, session)
    for name, api in settings.apis.items():
        yield from _of_api(name, api)
    yield from _of_channels(settings)


def _of_settings(settings: Settings, session: Session) -> Iterator[Finding]:
    try:
        loader.verify(settings)
    except SettingsError as error:
        yield _failed(error)
        return
    running = [name for name, section in settings.filters.items() if section.enabled]
    yield Finding("ok", f"settings: {session.config} is fine")
    if running:
        yield Finding("ok", f"filters: {', '.join(running)}")
    else:
        yield _failed(
            SettingsError("filters: none is configured, so nothing could match; try [filters.young_sn]")
        )
    if not settings.sources:
        yield _failed(SettingsError("sources: none is configured, so there is nothing to follow"))


def _of_source(name: str, source: SourceSettings) -> Iterator[Finding]:
    from consumer.kafka.cluster import Cluster
    from consumer.kafka.topics import Topics

    try:
        existing = Cluster(name, source).partitions()
        patterns = Topics(name, source.topics, source.retention_hours).patterns
    except AlertwatchError as error:
        yield _failed(error)
        return
    login = " and lets us in" if source.security.startswith("SASL") else ""
    yield Finding("ok", f"sources.{name}: Kafka at {source.brokers} answers{login}")
    for pattern in patterns:
        yield from _of_pattern(f"sources.{name}.topics", pattern, existing, source.switch_hour)


def _of_pattern(
    place: str, pattern: TopicPattern, existing: Collection[str], switch_hour: int
) -> Iterator[Finding]:
    """The newest of the pattern's topics, and whether tonight's is there: it comes with the first alert."""
    from consumer.kafka.topics import date_at

    topics = sorted(topic for topic in existing if pattern.matches(topic))
    if topics:
        more = f" and {len(topics) - 1} more" if len(topics) > 1 else ""
        yield Finding("ok", f"{place}: {topics[-1]}{more} → {pattern.reader}")
    elif not pattern.daily:
        yield Finding("warning", f"{place}: {pattern.text} does not exist (yet)")
    if pattern.daily and (tonight := pattern.on(date_at(datetime.now(UTC), switch_hour))) not in existing:
        yield Finding("warning", f"{place}: {tonight} is not yet created tonight")


def _of_database(settings: Settings, session: Session) -> Iterator[Finding]:
    if not has_database(settings):
        yield _of_no_database(settings)
        return
    try:
        with session.store() as store:
            yield Finding("ok", f"database: {store.address} is up to date")
    except AlertwatchError as error:
        yield _failed(error)


def _of_no_database(settings: Settings) -> Finding:
    file = sqlite_file(settings.database.url)
    assert file is not None, "only a SQLite file can be missing"
    if os.access(file.parent, os.W_OK):
        return Finding("warning", f"database: {file} is not there yet; `alertwatch run` makes it")
    return _failed(SettingsError(f"database: {file} cannot be made, {file.parent} is not a writable folder"))


def _of_api(name: str, api: ApiSettings) -> Iterator[Finding]:
    """Any answer but a server's error will do: what the paths say is the look-up's business."""
    import httpx

    for what, url in (("url", api.url), ("packets", api.packets), ("tap", api.tap)):
        if url is None:
            continue
        try:
            status = httpx.get(url, timeout=api.timeout_seconds).status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            yield _failed(ApiUnavailable(f"apis.{name}.{what}: {url} does not answer: {reason}"))
        else:
            if status >= 500:
                yield _failed(ApiUnavailable(f"apis.{name}.{what}: {url} answers with an error ({status})"))
            else:
                yield Finding("ok", f"apis.{name}.{what}: {url} answers")


def _of_channels(settings: Settings) -> Iterator[Finding]:
    """Each enabled channel is asked; settings that make no sinks have been told of already."""
    try:
        sinks = registry.build_sinks(settings)
    except SettingsError:
        return
    for name, sink in sinks.items():
        try:
            yield Finding("ok", f"channels.{name}: {sink.check()}")
        except AlertwatchError as error:
            yield Finding("error", f"channels.{name}: {error}", error)
        except Exception as error:  # a sink of one's own may raise anything; its words may hold a secret
            yield _failed(ChannelUnavailable(f"channels.{name}: its check failed with {type(error).__name__}"))
        finally:
            sink.close()


def _failed(error: AlertwatchError) -> Finding:
    return Finding("error", str(error), error)
