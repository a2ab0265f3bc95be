"""``alertwatch tag``: words that gather objects."""

from __future__ import annotations

import time

import click

from alertwatch.commands import Session, survey_of
from alertwatch.commands.label import login_name
from alertwatch.console import Column, Format, format_option, show

COUNTS = [Column("tag", "TAG", style="bold"), Column("objects", "OBJECTS", right=True)]


@click.command()
@click.argument("object_id", metavar="[OBJECT]", required=False)
@click.argument("tags", metavar="[TAG]…", nargs=-1)
@click.option("--remove", is_flag=True, help="Take these tags from the object.")
@click.option("--by", metavar="NAME", help="Who tags.  [default: your login name]")
@click.option("--survey", type=click.Choice(["ztf", "lsst"]), help="Without it: told from the id.")
@format_option
@click.pass_obj
def command(
    session: Session,
    object_id: str | None,
    tags: tuple[str, ...],
    remove: bool,
    by: str | None,
    survey: str | None,
    format_: Format,
) -> None:
    """Give an object tags, take them away, or list them.

    A tag gathers objects: a campaign, a telescope, a paper. An object has a tag or has it not; what you take
    the object for is a label. Without TAG the object's tags are listed, without OBJECT all tags.
    """
    if object_id is None:
        _list(session, format_)
        return
    key = (survey or survey_of(object_id), object_id)
    if remove and not tags:
        raise click.UsageError("say which tags to remove")
    if remove:
        _remove(session, key, tags)
    elif tags:
        _add(session, key, tags, by or login_name())
    _say(session, key, format_)


def _list(session: Session, format_: Format) -> None:
    from alertwatch.store import tags

    with session.reader() as reader, reader.read() as tx:
        rows = [{"tag": tag, "objects": count} for tag, count in tags.counts(tx).items()]
    show(rows, COUNTS, format_, "nothing is tagged")


def _add(session: Session, key: tuple[str, str], words: tuple[str, ...], by: str) -> None:
    from alertwatch.store import tags

    with session.store() as store, store.write() as tx:
        tags.add(tx, key, words, by, time.time())


def _remove(session: Session, key: tuple[str, str], words: tuple[str, ...]) -> None:
    from alertwatch.store import tags

    with session.store() as store, store.write() as tx:
        gone = tags.remove(tx, key, words)
    for word in sorted(set(words) - set(gone)):
        click.echo(f"{key[1]} had no tag {word!r}", err=True)


def _say(session: Session, key: tuple[str, str], format_: Format) -> None:
    from alertwatch.store import tags

    with session.reader() as reader, reader.read() as tx:
        found = tags.of(tx, [key]).get(key, ())
    if format_ == "table":
        click.echo(f"{key[1]}: {', '.join(found) or 'no tag'}")
    else:
        show([{"survey": key[0], "object_id": key[1], "tags": list(found)}], (), format_, "")
