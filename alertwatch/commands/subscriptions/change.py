"""``alertwatch subscriptions add``, ``pause``, ``resume``, ``remove``."""

from __future__ import annotations

import time
from typing import Any

import click

from alertwatch.commands import Session, has_database
from alertwatch.commands.subscriptions import chosen, words
from alertwatch.commands.subscriptions.definition import definition, options
from alertwatch.console import clock, count
from alertwatch.errors import AlertwatchError
from alertwatch.subscriptions import known, parse

WHEN = "a running `alertwatch run` knows within seconds"


@options
@click.command()
@click.argument("name")
@click.option("--replace", is_flag=True, help="Change one that was added before.")
@click.pass_obj
def add(session: Session, /, name: str, replace: bool, **given: Any) -> None:
    """Add a subscription to the database.

    Its options are the keys of [subscriptions.NAME] in the settings file: conditions on what is told
    (--brighter-than), on what is told again (--again-…), and on what does not wait (--urgent-…).
    """
    from alertwatch.store import subscriptions

    settings, made = session.settings, definition(given)
    if name in settings.subscriptions:
        raise AlertwatchError(f"[subscriptions.{name}] stands in {session.config}; change it there")
    section = parse(name, made, settings)
    if not has_database(settings):
        raise AlertwatchError(
            f"there is no database to keep {name!r} in yet; `alertwatch run` makes it, "
            f"or write [subscriptions.{name}] into {session.config}"
        )
    with session.store() as store, store.write() as tx:
        if not replace and name in known(settings, tx):
            raise AlertwatchError(f"there is a subscription {name!r} already; --replace changes it")
        subscriptions.add(tx, name, made, time.time())
    told = f"{', '.join(section.channels)} told of {', '.join(section.filters)}"
    click.echo(f"{name}: {told} ({words.policy(section)}); {WHEN}")


@click.command()
@click.argument("name")
@click.pass_obj
def pause(session: Session, name: str) -> None:
    """Hold back what a subscription tells, until it is resumed; nothing is lost."""
    from alertwatch.store import subscriptions

    with session.store() as store, store.write() as tx:
        one = chosen.find(session, tx, name)
        subscriptions.pause(tx, name, time.time())
    if one.paused_at is not None:
        click.echo(f"{name} is paused already, since {clock(one.paused_at)} UTC")
    else:
        click.echo(f"{name} is paused; what is for it waits for `alertwatch subscriptions resume {name}`")


@click.command()
@click.argument("name")
@click.option("--skip", is_flag=True, help="What waits is never told.")
@click.pass_obj
def resume(session: Session, name: str, skip: bool) -> None:
    """Let a paused subscription tell again; what waited is judged anew by what is known now."""
    from alertwatch.store import outbox, subscriptions

    with session.store() as store, store.write() as tx:
        one = chosen.find(session, tx, name)
        skipped = subscriptions.skip(tx, name, "skipped when the subscription was resumed") if skip else 0
        subscriptions.resume(tx, name)
        outbox.release_paused(tx, name, time.time())
    said = f"{name} tells again" if one.paused_at is not None else f"{name} was not paused"
    click.echo(f"{said}; {count(skipped)} that waited are not told" if skip else said)


@click.command()
@click.argument("name")
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Remove a subscription that was added by command; what waits for it is not told."""
    from alertwatch.store import subscriptions

    in_file = name in session.settings.subscriptions
    with session.store() as store, store.write() as tx:
        one = chosen.find(session, tx, name)
        removed = subscriptions.remove(tx, name)
        if in_file and one.paused_at is not None:
            subscriptions.pause(tx, name, one.paused_at)
        skipped = 0 if in_file else subscriptions.skip(tx, name, "the subscription was removed")
    if not removed:
        raise AlertwatchError(
            f"[subscriptions.{name}] stands in {session.config}; remove it there, "
            f"or hold it back with `alertwatch subscriptions pause {name}`"
        )
    click.echo(
        f"{name} is removed; that of the settings file stays"
        if in_file
        else f"{name} is removed; {count(skipped)} that waited are not told"
    )
