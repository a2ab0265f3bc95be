"""``alertwatch subscriptions preview``: what a subscription would send, in files that open in a browser."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from alertwatch.commands import Session, has_database
from alertwatch.commands.subscriptions import chosen
from alertwatch.console import date
from alertwatch.errors import AlertwatchError
from alertwatch.facts import Facts
from alertwatch.notification import Kind, Notification
from alertwatch.subscriptions import Subscription

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alertwatch.alert import Cutouts, LightCurve
    from alertwatch.store import Store
    from alertwatch.store.deliveries import Item
    from alertwatch.store.queries import Match


@click.command()
@click.argument("name")
@click.option("--object", "object_id", metavar="ID", help="Of this object; without it: of the newest match.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("preview"),
    show_default=True,
    help="The folder that the files are written to.",
)
@click.pass_obj
def preview(session: Session, name: str, object_id: str | None, folder: Path) -> None:
    """Show what a subscription would send, and write it to files as each channel would show it.

    Nothing is sent. Where nothing has matched yet, the message is about an invented object.
    """
    from alertwatch import render

    subscription = chosen.working(session, name)
    render.use_templates(session.settings.notifications.templates)
    sinks = [chosen.sink(session.settings, channel) for channel in subscription.settings.channels]
    notification = _of_match(session, subscription, object_id) or _example(subscription, object_id)
    click.echo(render.plain_text(notification), nl=False)
    for sink in sinks:
        with_pictures = sink.wants_pictures and subscription.settings.pictures
        shown = notification if with_pictures else replace(notification, pictures=())
        for path in _written(folder, sink.preview(shown)):
            click.echo(f"{sink.name}: {path}", err=True)


def _of_match(session: Session, subscription: Subscription, object_id: str | None) -> Notification | None:
    """The message about the newest match (of an object), as it would be composed now."""
    if not has_database(session.settings):
        return None
    from consumer.notify.compose import filled

    with session.store() as store:
        with store.read() as tx:
            match = _newest_match(tx, subscription, object_id)
            if match is None:
                return None
            item = _item(tx, subscription, match)
            composed = filled(tx, _blank(subscription), [item])
        _say_if_not_told(subscription, item.facts, match)
        if composed.curve is None:
            return composed.notification
        images = _images(session, store, match, composed.curve)
    from alertwatch import plots

    drawn = plots.pictures(match.object_id, composed.curve, images, match.survey, mark_mjd=match.mjd)
    return replace(composed.notification, pictures=drawn)


def _images(session: Session, store: Store, match: Match, curve: LightCurve) -> Cutouts | None:
    """As a message would have them: stored, or else asked for."""
    import threading

    from consumer.lookup.stamps import Stamps
    from consumer.notify.images import Images
    from consumer.notify.patience import PatientStore

    stamps = Stamps(session.settings.apis)
    try:
        patient = PatientStore(store, threading.Event(), "a preview")
        return Images(patient, stamps).of(match.survey, match.object_id, match.alert_id, curve)
    finally:
        stamps.close()


def _newest_match(tx: Connection, subscription: Subscription, object_id: str | None) -> Match | None:
    from alertwatch.query.selection import Selection
    from alertwatch.store import queries

    objects = None if object_id is None else (object_id,)
    found = [
        match
        for name in subscription.settings.filters
        for match in queries.matches(tx, Selection(filter=name, objects=objects, limit=1))
    ]
    return max(found, key=lambda match: match.mjd or 0.0, default=None)


def _item(tx: Connection, subscription: Subscription, match: Match) -> Item:
    """The match as the outbox would have it."""
    from alertwatch import conditions
    from consumer.notify import items

    item, urgent = items.of_match(tx, match), subscription.settings.urgent
    return dataclasses.replace(
        item, urgent=urgent is not None and conditions.holds(urgent, item.facts)[0] is True
    )


def _blank(subscription: Subscription) -> Notification:
    return Notification(
        key=f"preview:{subscription.name}",
        subscription=subscription.name,
        kind=Kind.MATCH,
        title="",
        created_at=time.time(),
    )


def _say_if_not_told(subscription: Subscription, facts: Facts, match: Match) -> None:
    from alertwatch import conditions

    held, reason = conditions.holds(subscription.settings.where, facts)
    if held is not True:
        when = "" if match.mjd is None else f" of {date(match.mjd)} UTC"
        click.echo(f"the match{when} alone would not be told: {reason}", err=True)


def _example(subscription: Subscription, object_id: str | None) -> Notification:
    """The message about an invented object; raises when a real one was asked for."""
    from alertwatch.commands.subscriptions import example

    if object_id is not None:
        raise AlertwatchError(
            f"no filter of {subscription.name!r} has matched {object_id}; `alertwatch matches` lists what did"
        )
    click.echo("nothing has matched yet: this is an invented object", err=True)
    return example.notification(subscription.name, subscription.settings.filters)


def _written(folder: Path, files: dict[str, bytes]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, contents in files.items():
            (folder / name).write_bytes(contents)
    except OSError as error:
        raise AlertwatchError(f"{folder} cannot be written: {error.strerror}") from None
    return [folder / name for name in files]
