"""What the demo shows: the commands that a person would type, what they print, and how to go on."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from alertwatch.__main__ import main as alertwatch
from simulator.demo_settings import PREVIEWED
from simulator.observer import opinions

if TYPE_CHECKING:
    from rich.console import Console

    from alertwatch.store.queries import Match
    from simulator.night import Night


def introduce(out: Console, night: Night) -> None:
    """What the night is made of."""
    summary = night.summary
    streams = ", ".join(f"{count:,} {name}" for name, count in summary["by_stream"].items())
    out.print(f"{summary['messages']:,} messages of {summary['objects']:,} objects: {streams}")
    out.print(
        f"{summary['new_sn_top']} new objects are called SN, {summary['enrichment']:g} times as many as in a"
        f" real night of this size; {summary['young_sn']} are young supernovae, {summary['flares']} AGN flare\n"
    )


def line(match: Match) -> str:
    """A match as it comes."""
    brightness = f"{match.band} = {match.mag:.2f}" if match.mag is not None else ""
    return f"[green]★[/] [bold]{match.object_id:<19}[/] {match.filter:<10} {match.grade or '':<7}{brightness}"


def show(out: Console, folder: Path, found: list[Match]) -> None:
    """The commands that a person would type, and what they print."""
    _type(out, folder, "matches", "--limit", "15")
    best = [m for m in found if m.filter == "young_sn" and m.survey == "ztf"] or found
    if best:
        _type(out, folder, "explain", best[0].object_id)


def label(out: Console, folder: Path, night: Night, found: list[Match]) -> None:
    """What people make of the matches: here somebody who knows the truth, and is sometimes wrong."""
    matched = {match.object_id for match in found}
    said = list(opinions(night.seed, (truth for truth in night.truth if truth.object_id in matched)))
    for number, (object_id, label) in enumerate(said):
        command = ("label", object_id, label, "--by", "simulated observer")
        if number == 0:
            _type(out, folder, *command)
            continue
        with redirect_stdout(io.StringIO()):
            _run(folder, *command)
    out.print(f"… and so of {len(said)} of the {len(matched)} objects, by the truth, wrong one time in ten.")
    _type(out, folder, "filters")


def preview(out: Console, folder: Path) -> None:
    """What people would have been sent: the text here, e-mail and Slack message as files for a browser."""
    (folder / "slack_token").write_text("xoxb-of-your-own\n")
    with (folder / "alertwatch.toml").open("a") as file:
        file.write(PREVIEWED)
    _type(out, folder, "subscriptions", "preview", "observers", "--to", str(folder / "preview"))


def _type(out: Console, folder: Path, *arguments: str) -> None:
    out.print(
        f"\n[bold cyan]$ alertwatch -c {folder}/alertwatch.toml {shlex.join(arguments)}[/]", soft_wrap=True
    )
    sys.stdout.flush()
    _run(folder, *arguments)


def _run(folder: Path, *arguments: str) -> None:
    alertwatch(["-c", str(folder / "alertwatch.toml"), *arguments], standalone_mode=False)


def say_what_next(out: Console, folder: Path, found: list[Match]) -> None:
    """The commands to go on with, as they can be pasted."""
    young = [match for match in found if match.filter == "young_sn" and match.mag is not None]
    best = min(young, key=lambda match: match.mag or 0.0).object_id if young else "OBJECT"  # shows on images
    settings = shlex.quote(str((folder / "alertwatch.toml").resolve()))
    steps = {
        "Next, in a notebook": ["make notebooks"]
        if Path("notebooks", "young_supernovae.ipynb").exists()
        else [],
        "Or on the command line": [
            f"export ALERTWATCH_CONFIG={settings}",
            f"{_here()}alertwatch matches --filter young_sn --min-probability 0.6",
            f"{_here()}alertwatch plot {best} --kind cutouts",
        ],
    }
    out.print(f"\nAll of it stays in [bold]{folder}/[/]: settings, matches.db, the log, and the truth.")
    for where, commands in steps.items():
        if commands:
            out.print(f"\n[bold]{where}[/]:")
        for command in commands:
            out.print(f"  [cyan]{command}[/]")


def _here() -> str:
    """The folder of our commands, where the shell does not look for them."""
    ours = Path(sys.prefix, "bin")
    return "" if shutil.which("alertwatch") == str(ours / "alertwatch") else f"{os.path.relpath(ours)}/"
