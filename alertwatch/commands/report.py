"""``alertwatch report``: an executed notebook and an HTML page of what was found."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from alertwatch.commands import Session
from alertwatch.errors import AlertwatchError
from alertwatch.notification import Kind, Notification
from alertwatch.query.options import selection_options
from alertwatch.report import SECTIONS, Report, Written, lacking

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alertwatch.query.selection import Selection
    from alertwatch.store.queries import Match

TEMPLATE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@selection_options
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, help="At most so many matches."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="The folder of the two files; made if it is not there.",
)
@click.option("--title", help="Its headline; without it: how many sources there are.")
@click.option("--template", type=TEMPLATE, help="A notebook to make it from; without it: ours.")
@click.option(
    "--sections",
    type=click.IntRange(0),
    default=SECTIONS,
    show_default=True,
    help="Most objects with a section of their own; the table has all.",
)
@click.option("--open", "open_", is_flag=True, help="Show the page in the browser.")
@click.pass_obj
def command(
    session: Session,
    selection: Selection,
    limit: int,
    output: Path,
    title: str | None,
    template: Path | None,
    sections: int,
    open_: bool,
) -> None:
    """Write a report of matches: an executed notebook, and the same as an HTML page.

    How many there are, a map of the sky, a table, and for each object its light curve, its images, what people
    said of it, links and why it matched. All that the report shows is inside the two files.
    """
    if (missing := lacking()) is not None:
        raise AlertwatchError(missing)
    from alertwatch.query.known import refuse_unknown_filter

    with session.reader() as reader, reader.read() as tx:
        refuse_unknown_filter(tx, session.settings, selection.filter)
        notification = _told(tx, replace(selection, limit=limit), title)
    report = Report(
        notification=notification,
        config=str(session.config.resolve()),
        template=None if template is None else str(template.resolve()),
        sections=sections,
    )
    written = _written(report, output)
    click.echo(notification.text, err=True)
    for problem in written.problems:
        click.echo(f"something could not be shown: {problem}", err=True)
    click.echo(f"{written.notebook}\n{written.page}")
    if open_:
        click.launch(written.page)


def _told(tx: Connection, selection: Selection, title: str | None) -> Notification:
    """What there is to tell of the matches, as things are now."""
    from consumer.notify import items
    from consumer.notify.compose import filled

    now = time.time()
    matches, asked = _matches(tx, selection)
    blank = Notification(
        key=f"report:{now:.6f}",
        subscription=selection.filter or "matches",
        kind=Kind.DIGEST,
        title=title or "",
        created_at=now,
        text=asked,
    )
    found = [items.of_match(tx, match, reason="") for match in matches]
    told = filled(tx, blank, found).notification if found else blank
    return msgspec.structs.replace(told, title=title or _headline(len(told.entries), selection))


def _matches(tx: Connection, selection: Selection) -> tuple[list[Match], str]:
    """The matches, and what was asked and found, in a sentence or two."""
    from alertwatch.query.phrases import in_words
    from alertwatch.store import queries

    limit = selection.limit or 0
    found = queries.matches(tx, replace(selection, limit=limit + 1))
    count = min(len(found), limit)
    asked = (
        f"Asked for {in_words(selection)}: {f'{count:,}' if count else 'no'} match{'es' if count > 1 else ''}."
    )
    if len(found) > limit:
        asked += f" There are more: these are the first {limit:,}, {selection.order} first; --limit takes more."
    return found[:limit], asked


def _headline(count: int, selection: Selection) -> str:
    what = f"{selection.filter}: " if selection.filter else ""
    return f"{what}{count or 'no'} source{'s' if count != 1 else ''}"


def _written(report: Report, output: Path) -> Written:
    from alertwatch.report import build

    try:
        output.mkdir(parents=True, exist_ok=True)
        with click.progressbar(
            length=0, label="making the report", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:

            def told(done: int, of: int) -> None:
                bar.length = of
                bar.update(done - bar.pos)

            return build.write(report, output, told)
    except OSError as error:
        raise AlertwatchError(f"{output} cannot be written: {error.strerror}") from None
    except RuntimeError as error:
        raise AlertwatchError(f"the report was not made: {error}") from None
