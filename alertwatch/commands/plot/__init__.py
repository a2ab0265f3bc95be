"""``alertwatch plot``: an object's light curve and other pictures, as a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alertwatch import times
from alertwatch.commands import Session, survey_of
from alertwatch.commands.plot import stored
from alertwatch.errors import AlertwatchError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from alertwatch.alert import Cutouts, LightCurve
    from alertwatch.store.queries import Match

LIGHT_CURVES = ("difference", "apparent", "flux")
OTHERS = ("cadence", "colour-magnitude", "colour-colour", "classes", "cutouts")
FORMATS = ("png", "svg", "pdf", "html")


@click.command()
@click.argument("object_id", metavar="OBJECT")
@click.option(
    "--kind",
    type=click.Choice([*LIGHT_CURVES, *OTHERS]),
    metavar="KIND",  # the choices would be a line of 109 characters
    default="difference",
    show_default=True,
    help=f"A light curve: {', '.join(LIGHT_CURVES)}; or {', '.join(OTHERS)}.",
)
@click.option("--period", type=click.FloatRange(0, min_open=True), help="Fold the light curve at so many days.")
@click.option("--since-first", is_flag=True, help="Count days from the first detection.")
@click.option("--days", type=click.FloatRange(0, min_open=True), help="Only the last so many days.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Without it: told from --output, else png."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file; - is standard output.  [default: OBJECT-KIND.FORMAT here]",
)
@click.option("--open", "opens", is_flag=True, help="Show the file when it is written.")
@click.option("--survey", type=click.Choice(["ztf", "lsst"]), help="Without it: told from the id.")
@click.pass_obj
def command(
    session: Session,
    object_id: str,
    kind: str,
    period: float | None,
    since_first: bool,
    days: float | None,
    format_: str | None,
    output: Path | None,
    opens: bool,
    survey: str | None,
) -> None:
    """Draw the light curve of an object that matched, or another picture of it, as a file.

    Drawn is what the database holds; nothing is looked up. html is a page to hover over, for light curves
    alone (it needs Plotly: the extra "notebooks").
    """
    form = format_ or _told_by(output)
    options = {"period": period, "since_first": since_first or None, "days": days}
    _refuse_what_does_not_go_together(kind, form, options)
    if opens and str(output) == "-":
        raise click.UsageError("--open shows a file; --output - writes none")
    survey = survey or survey_of(object_id)
    if kind == "cutouts":
        content = _file(_cutouts(stored.images(session, survey, object_id), survey, object_id), form)
    elif kind == "classes":
        content = _file(_classes(stored.classified(session, survey, object_id), object_id), form)
    else:
        curve = stored.light_curve(session, survey, object_id)
        content = _drawn(curve, object_id, kind, form, {k: v for k, v in options.items() if v is not None})
    _write(content, output or Path(f"{object_id}-{kind}.{form}"), opens)


def _told_by(output: Path | None) -> str:
    suffix = "" if output is None else output.suffix.lstrip(".").lower()
    if suffix and suffix not in FORMATS:
        raise click.UsageError(f"--output {output}: no format is called {suffix}; give --format")
    return suffix or "png"


def _refuse_what_does_not_go_together(kind: str, form: str, options: dict[str, Any]) -> None:
    if kind not in LIGHT_CURVES:
        given = [name for name, value in options.items() if value is not None]
        if given:
            raise click.UsageError(f"--{given[0].replace('_', '-')} is for light curves, not for --kind {kind}")
        if form == "html":
            raise click.UsageError(f"--format html is for light curves; --kind {kind} takes png, svg, pdf")
    if options["period"] is not None and options["since_first"]:
        raise click.UsageError("--period shows phases, --since-first days; give one of the two")


def _classes(newest_first: list[Match], object_id: str) -> Figure:
    """What each classifier said last; of a message the database keeps the most probable class alone."""
    from alertwatch import plots

    latest = {match.classifier or "classifier not known": match for match in reversed(newest_first)}
    told = {
        f"{name} · top class{_on(match)}": {str(match.class_name): match.probability}
        for name, match in latest.items()
    }
    return plots.class_probabilities(told, title=object_id)


def _on(match: Match) -> str:
    return "" if match.mjd is None else f" on {times.to_datetime(match.mjd):%Y-%m-%d}"


def _cutouts(images: Cutouts, survey: str, object_id: str) -> Figure:
    from alertwatch import plots

    figure = plots.cutouts(images, survey, title=object_id)
    if figure is None:
        raise AlertwatchError(f"none of the stored images of {object_id} can be read")
    return figure


def _drawn(curve: LightCurve, title: str, kind: str, form: str, options: dict[str, Any]) -> bytes:
    from alertwatch import plots

    if form == "html":
        from alertwatch.plots import interactive

        page = interactive.html(interactive.light_curve(curve, title=title, kind=kind, **options))  # type: ignore[arg-type]
        return page.encode()
    if kind in LIGHT_CURVES:
        return _file(plots.light_curve(curve, title=title, kind=kind, **{"days": None, **options}), form)  # type: ignore[arg-type]
    draw: dict[str, Callable[..., Figure]] = {
        "cadence": plots.cadence,
        "colour-magnitude": plots.colour_magnitude,
        "colour-colour": plots.colour_colour,
    }
    return _file(draw[kind](curve, title=title), form)


def _file(figure: Figure, form: str) -> bytes:
    from alertwatch import plots

    if form == "png":
        return plots.png(figure)
    stream = io.BytesIO()
    figure.savefig(stream, format=form)
    return stream.getvalue()


def _write(content: bytes, output: Path, opens: bool) -> None:
    if str(output) == "-":
        click.echo(content, nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise AlertwatchError(
            f"{output} cannot be written: {error.strerror}; name another with --output"
        ) from None
    click.echo(str(output))
    if opens:
        click.launch(str(output))
