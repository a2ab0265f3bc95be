"""``alertwatch label``: what people say of an object."""

from __future__ import annotations

import getpass
import time
from typing import TYPE_CHECKING

import click

from alertwatch.commands import Session, survey_of
from alertwatch.console import Column, Format, Row, clock, format_option, show
from alertwatch.errors import AlertwatchError

if TYPE_CHECKING:
    from alertwatch.store.labels import Label

COLUMNS = [
    Column("at", "WHEN (UTC)"),
    Column("object_id", "OBJECT", style="bold"),
    Column("label", "LABEL"),
    Column("by", "BY"),
    Column("via", "VIA"),
    Column("reason", "REASON"),
]


@click.command()
@click.argument("object_id", metavar="OBJECT")
@click.argument("label", metavar="[LABEL]", required=False)
@click.option("--reason", help="Why; a rejection needs one.")
@click.option("--by", metavar="NAME", help="Who says so.  [default: your login name]")
@click.option("--survey", type=click.Choice(["ztf", "lsst"]), help="Without it: told from the id.")
@format_option
@click.pass_obj
def command(
    session: Session,
    object_id: str,
    label: str | None,
    reason: str | None,
    by: str | None,
    survey: str | None,
    format_: Format,
) -> None:
    """Say what you know of an object, or list what people said.

    LABEL is claim, follow_up or reject (which needs a --reason, and keeps later alerts of the object from
    being told), or what you take the object for: real, bogus, or a class such as "SN Ia". It is kept with the
    object's matches. Without LABEL the object's labels are listed.
    """
    survey = survey or survey_of(object_id)
    if label is None:
        _list(session, survey, object_id, format_)
    else:
        _add(session, survey, object_id, _canonical(label), reason, by or login_name())


def _list(session: Session, survey: str, object_id: str, format_: Format) -> None:
    from alertwatch.store import labels

    with session.reader() as reader, reader.read() as tx:
        found = labels.list(tx, object_id, survey)
    show([as_row(label) for label in found], COLUMNS, format_, f"nobody has said anything of {object_id}")


def _add(session: Session, survey: str, object_id: str, word: str, reason: str | None, by: str) -> None:
    from alertwatch.query.selection import Selection
    from alertwatch.store import labels, queries
    from alertwatch.store.labels import Label

    label = Label(
        survey=survey,
        object_id=object_id,
        label=word,
        reason=reason,
        by=by,
        via="command",
        added_at=time.time(),
    )
    with session.store() as store, store.write() as tx:
        added = labels.add(tx, label)
        found = queries.matches(tx, Selection(objects=(object_id,), survey=survey, limit=1))
    click.echo(f"{object_id}: {labels.in_words(label)}{'' if added else ', as before'}")
    if not found:
        click.echo(f"no filter has matched {object_id}; the label is kept all the same", err=True)


def as_row(label: Label) -> Row:
    """A label as it is printed."""
    return {
        "at": clock(label.added_at),
        "survey": label.survey,
        "object_id": label.object_id,
        "label": label.label,
        "by": label.by,
        "via": label.via,
        "reason": label.reason,
    }


def _canonical(label: str) -> str:
    """``Follow-up`` → ``follow_up``; a class stays as it was typed."""
    from alertwatch.store.labels import DEEDS

    word = label.strip().lower().replace("-", "_").replace(" ", "_")
    return word if word in {*DEEDS, "real", "bogus"} else label.strip()


def login_name() -> str:
    """Who types; raises `AlertwatchError` where nobody knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # in a container, a user number may have no name
        raise AlertwatchError("your login name is not known; say who you are with --by NAME") from None
