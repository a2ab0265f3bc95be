"""``alertwatch export``: matches for the Transient Name Server and for the TOM Toolkit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from alertwatch.commands import Session
from alertwatch.console import dumps
from alertwatch.exports import tns, tom
from alertwatch.query.options import selection_options

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alertwatch.query.selection import Selection
    from alertwatch.store.queries import Match


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["tns", "tom", "tom-json"]),
    required=True,
    help="TNS bulk report (JSON), TOM Toolkit targets (CSV to import, or JSON of its API).",
)
@selection_options
@click.option("--group", metavar="NUMBER", help="TNS: number of the group that reports; required.")
@click.option("--reporter", metavar="TEXT", help="TNS: who reports, names and affiliations; required.")
@click.option(
    "--at-type",
    type=click.Choice(list(tns.AT_TYPES)),
    default="psn",
    show_default=True,
    help="TNS: possible supernova, possible nova, known AGN, nuclear, other.",
)
@click.option(
    "--source", metavar="NUMBER", help="TNS: number of the data source.  [default: ZTF 48, Rubin 165]"
)
@click.option("--remarks", metavar="TEXT", help="TNS: a remark on every report.")
@click.pass_obj
def command(
    session: Session,
    selection: Selection,
    format_: str,
    group: str | None,
    reporter: str | None,
    at_type: str,
    source: str | None,
    remarks: str | None,
) -> None:
    """Write matches in the form that another service takes; nothing is sent.

    Each object comes once, with its first match in the order asked for. What cannot be exported is said, with
    the reason. Numbers of TNS groups and data sources: https://www.wis-tns.org/groups (ALeRCE is 74); make sure
    of Rubin's before you report.
    """
    who = None
    if group and reporter:
        kind = tns.AT_TYPES[at_type]
        who = tns.Reporter(group=group, names=reporter, at_type=kind, source=source, remarks=remarks)
    if format_ == "tns" and who is None:
        raise click.UsageError("a TNS report needs --group and --reporter: who answers for it")
    from alertwatch.query.known import refuse_unknown_filter

    with session.reader() as reader, reader.read() as tx:
        refuse_unknown_filter(tx, session.settings, selection.filter)
        found = _one_of_each(tx, selection)
        reports = list(_reports(tx, found, who)) if format_ == "tns" and who else []
    if format_ == "tns":
        click.echo(dumps(tns.bulk(reports), indent=2))
    elif format_ == "tom":
        click.echo(tom.as_csv(list(_targets(found))), nl=False)
    else:
        click.echo(dumps(tom.as_json(list(_targets(found))), indent=2))


def _one_of_each(tx: Connection, selection: Selection) -> list[Match]:
    from alertwatch.store import queries

    found: dict[tuple[str, str], Match] = {}
    for match in queries.matches(tx, selection):
        found.setdefault((match.survey, match.object_id), match)
    return list(found.values())


def _placed(found: Iterable[Match]) -> Iterator[tuple[Match, tuple[float, float]]]:
    for match in found:
        if match.ra is None or match.dec is None:
            click.echo(f"{match.object_id} is left out: its position is not known", err=True)
        else:
            yield match, (match.ra, match.dec)


def _reports(tx: Connection, found: Iterable[Match], who: tns.Reporter) -> Iterator[dict[str, Any]]:
    from alertwatch.store import queries

    for match, place in _placed(found):
        curve = queries.light_curve(tx, match.survey, match.object_id)
        try:
            yield tns.reported(match.survey, match.object_id, place, curve, who)
        except ValueError as error:
            click.echo(f"{match.object_id} is left out: {error}", err=True)


def _targets(found: Iterable[Match]) -> Iterator[tom.Target]:
    from alertwatch.render.derived import links

    for match, (ra, dec) in _placed(found):
        known = {
            "survey": match.survey,
            "filter": match.filter,
            "classification": match.class_name,
            "probability": None if match.probability is None else f"{match.probability:.3f}",
            "mjd": None if match.mjd is None else f"{match.mjd:.5f}",
            "magnitude": None if match.mag is None else f"{match.mag:.2f}",
            "band": match.band,
            "url": next((link.url for link in links(match.survey, match.object_id)), None),
        }
        extras = {key: value for key, value in known.items() if value is not None}
        yield tom.Target(name=match.object_id, ra=ra, dec=dec, extras=extras)
