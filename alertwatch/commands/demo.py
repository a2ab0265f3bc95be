"""``alertwatch demo``: a simulated night through the real service."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo",
    show_default=True,
    help="Where settings, database and log go; made anew.",
)
@click.option("--alerts", type=click.IntRange(50), default=5000, show_default=True, help="Size of the night.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same night.")
def command(folder: Path, alerts: int, seed: int) -> None:
    """Run a simulated night through the real service, on this machine alone, in under a minute.

    Needs no account, Docker or network: Kafka is embedded, ALeRCE's messages and API are simulated.
    """
    from simulator import demo

    demo.run(folder, alerts, seed)
