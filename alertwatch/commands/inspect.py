"""``alertwatch inspect``: what the alerts in files decode to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.table import Table
from rich.text import Text

from alertwatch.alert import Alert, Detection
from alertwatch.console import UNKNOWN, console, date
from alertwatch.errors import BadInput, DecodeError

if TYPE_CHECKING:
    from consumer.readers import Reader

MOST_CLASSES = 5  # in a line of text
LAST_DATE = 2_900_000.0  # MJD of the year 9798


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--reader", "name", metavar="NAME", help="The format of the files. Without it: the one that fits."
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "jsonl"]), default="text", help="How to print it."
)
@click.pass_context
def command(ctx: click.Context, files: Sequence[Path], name: str | None, format_: str) -> None:
    """Show what the alerts in FILEs decode to.

    jsonl: one object per alert, with its ids, time (MJD UTC), position (deg), band, difference magnitude, light
    curve and classifications. What cannot be decoded is said on stderr, and makes the exit code 1; the other
    files are shown all the same.
    """
    readers = _readers(name)
    failed = False
    for file in files:
        for found in _alerts(file, readers):
            if isinstance(found, BadInput):
                click.echo(f"alertwatch: {file}: {found}", err=True)
                failed = True
            elif format_ == "jsonl":
                click.echo(msgspec.json.encode({"file": str(file), **_row(found)}).decode())
            else:
                _print(file, found)
    if failed:
        ctx.exit(BadInput.exit_code)


def _readers(name: str | None) -> list[Reader]:
    from consumer import readers

    return [readers.get(each) for each in ([name] if name else readers.names())]


def _alerts(file: Path, readers: Iterable[Reader]) -> Iterator[Alert | BadInput]:
    """Every alert of a file, or why there is none."""
    try:
        payload = file.read_bytes()
    except OSError as error:
        yield BadInput(f"cannot be read: {error.strerror}")
        return
    errors: dict[str, DecodeError] = {}
    for reader in readers:
        found = [_read(reader, each) for each in reader.split(payload)]
        if any(isinstance(each, Alert) for each in found):
            yield from found
            return
        errors[reader.name] = next(each for each in found if isinstance(each, DecodeError))
    yield _no_reader(errors)


def _read(reader: Reader, payload: bytes) -> Alert | DecodeError:
    try:
        return reader.read(payload)
    except DecodeError as error:
        return error


def _no_reader(errors: dict[str, DecodeError]) -> BadInput:
    if len(errors) == 1:
        return next(iter(errors.values()))
    return BadInput("no reader decodes it" + "".join(f"\n  {name}: {error}" for name, error in errors.items()))


def _row(alert: Alert) -> dict[str, Any]:
    """The alert as JSON has it: what it is about first, then its light curve, then the rest."""
    own = alert.detection
    return {
        "reader": alert.stream,
        "survey": alert.survey,
        "object_id": alert.object_id,
        "alert_id": alert.alert_id,
        "mjd": alert.mjd,
        "ra": alert.ra,
        "dec": alert.dec,
        "band": own.band if own else None,
        "mag": own.mag if own else None,
        "e_mag": own.e_mag if own else None,
        "solar_system": alert.solar_system,
        "classifications": alert.classifications,
        "detections": alert.detections,
        "non_detections": alert.non_detections,
        "forced_photometry": alert.forced_photometry,
        "crossmatches": alert.crossmatches,
        "summary": alert.summary,
        "features": alert.features,
        "parts": sorted(alert.parts),
    }


def _print(file: Path, alert: Alert) -> None:
    out = console()
    out.print(Text.assemble((alert.object_id, "bold"), f"  {alert.survey}, read as {alert.stream} from {file}"))
    facts = Table.grid(padding=(0, 2))
    for name, value in _facts(alert):
        facts.add_row(Text(f"  {name}", "dim"), Text(value))
    out.print(facts)
    if alert.detections or alert.non_detections or alert.forced_photometry:
        out.print(_light_curve(alert))
    out.print()


def _facts(alert: Alert) -> Iterator[tuple[str, str]]:
    own = alert.detection
    yield "alert", alert.alert_id
    yield "time", _time(alert.mjd)
    if alert.ra is not None and alert.dec is not None:
        yield "position", f"{alert.ra:.6f} {alert.dec:+.6f} deg"
    if own:
        band, sign, value, error, unit = _measured(own)
        yield "brightness", f"{band} = {value} ± {error} {unit} ({sign})"
        yield "real/bogus", _number(own.real_bogus if own.real_bogus is not None else own.rb)
    if alert.solar_system is not None:
        yield "solar system", "a known object is there" if alert.solar_system else "no known object"
    for each in alert.classifications:
        ranking = ", ".join(f"{name} {value:.3f}" for name, value in each.ranking[:MOST_CLASSES])
        yield f"{each.classifier} {each.version or ''}".rstrip(), ranking
    if alert.features:
        yield (
            "features",
            f"{sum(value is not None for value in alert.features.values())} of {len(alert.features)}",
        )
    for match in alert.crossmatches:
        yield match.catalog, _match(match.source_id, match.distance, match.star_score)
    if alert.summary and alert.summary.first_mjd is not None:
        yield "first seen", _time(alert.summary.first_mjd)
    if alert.summary and alert.summary.first_hist_mjd is not None:
        yield "history", f"{_number(alert.summary.n_hist, 0)} times since {_time(alert.summary.first_hist_mjd)}"


def _match(source_id: str | None, distance: float | None, star_score: float | None) -> str:
    score = "" if star_score is None else f", star score {star_score:.2f}"
    return f'{source_id or "a source"} at {_number(distance)}"{score}'


def _light_curve(alert: Alert) -> Table:
    """Everything with a time, in its order."""
    forced = (
        (f.mjd, f.band, "", f"{f.flux:.0f}", _number(f.e_flux, 0), "nJy forced")
        for f in alert.forced_photometry
    )
    rows = [
        *((d.mjd, *_measured(d)) for d in alert.detections),
        *((n.mjd, n.band, ">", _number(n.limit), "", "mag") for n in alert.non_detections),
        *forced,
    ]
    table = Table(box=None, header_style="dim", pad_edge=True)
    for heading in ("MJD", "BAND", "", "VALUE", "±", "UNIT"):
        table.add_column(heading, justify="right" if heading in ("VALUE", "±") else "left")
    for mjd, *cells in sorted(rows):
        table.add_row(f"{mjd:.5f}", *cells)
    return table


def _measured(own: Detection) -> tuple[str, str, str, str, str]:
    """Band, sign, value, error and unit; the flux where the difference has no magnitude."""
    sign = "-" if own.positive is False else "+"
    if own.mag is None and own.flux is not None:
        return own.band, sign, f"{own.flux:.0f}", _number(own.e_flux, 0), "nJy"
    return own.band, sign, _number(own.mag), _number(own.e_mag), "mag"


def _time(mjd: float | None) -> str:
    """Official samples have times that no calendar reaches."""
    if mjd is None or not 0.0 < mjd < LAST_DATE:
        return f"MJD {mjd}"
    return f"{date(mjd)} UTC, MJD {mjd:.6f}"


def _number(value: float | None, digits: int = 3) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"
