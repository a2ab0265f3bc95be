"""``alertwatch simulate``: a night that never was, on a broker of yours, with ALeRCE's API beside it."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alertwatch.errors import SettingsError

if TYPE_CHECKING:
    from simulator.api.catalogue import Catalogue
    from simulator.api.server import ApiServer
    from simulator.night import Night


@click.command()
@click.option("--brokers", required=True, help="Kafka to publish to: HOST:PORT, several separated by commas.")
@click.option("--api-port", type=int, default=8085, show_default=True, help="Port of the simulated API.")
@click.option("--api-host", default="127.0.0.1", show_default=True, help="Address that the API listens on.")
@click.option("--api-name", help="Host name to put into the settings, where it differs from --api-host.")
@click.option("--alerts", type=click.IntRange(50), default=5000, show_default=True, help="Size of the night.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same night.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="UTC date; by default the last complete night.")
@click.option("--truth", type=click.Path(path_type=Path, dir_okay=False), help="Write the truth to this file.")
@click.option("--rate", type=click.FloatRange(0.1), help="Messages per second; by default as fast as it goes.")
@click.option(
    "--ready-after",
    type=click.FloatRange(0.0),
    default=20.0,
    show_default=True,
    help="Seconds after its message until the API knows an alert.",
)
def command(  # one argument per option
    brokers: str,
    api_port: int,
    api_host: str,
    api_name: str | None,
    alerts: int,
    seed: int,
    date: dt.datetime | None,
    truth: Path | None,
    rate: float | None,
    ready_after: float,
) -> None:
    """Publish a simulated night to a Kafka broker and serve its API until stopped.

    The messages are in ALeRCE's exact wire formats, on daily topics; the API answers for the same objects.
    What to put into alertwatch.toml is printed. Ctrl-C or SIGTERM ends it.
    """
    from simulator import truth as truth_file
    from simulator.api.catalogue import Catalogue
    from simulator.night import Night
    from simulator.publish import producer_for, publish

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    producer = producer_for(brokers)
    night = Night(alerts, seed, date.date() if date else None)
    catalogue = Catalogue(night, ready_after=ready_after)
    if truth is not None:
        truth_file.write(truth, night.summary, night.truth)
    with _serve(catalogue, api_port, api_host) as api:
        click.echo(describe(night))
        click.echo(settings_for(api, brokers, api_name or api_host))
        sent = publish(night.messages, producer, rate=rate, on_sent=catalogue.sent, stop=stop.is_set)
        click.echo(f"# {sent} messages published; the API answers on port {api.port} until this is stopped")
        stop.wait()


def _serve(catalogue: Catalogue, port: int, host: str) -> ApiServer:
    """The API server; `SettingsError` when it cannot listen there."""
    from simulator.api.server import ApiServer

    try:
        return ApiServer(catalogue, port=port, host=host)
    except OSError as error:
        raise SettingsError(
            f"the simulated API cannot listen on {host}:{port} ({error.strerror}); see --api-port"
        ) from error


def describe(night: Night) -> str:
    """The night in a few lines, with the enrichment that everything measured on it depends on."""
    summary: dict[str, Any] = night.summary
    streams = ", ".join(f"{number} {name}" for name, number in summary["by_stream"].items())
    return (
        f"# night of {summary['date']} (seed {summary['seed']}): {summary['messages']} messages ({streams}) "
        f"of {summary['objects']} objects\n"
        f"# {summary['new_sn_top']} new ZTF objects with SN on top, {summary['enrichment']:g} times as many as "
        f"in a real night of this size; {summary['young_sn']} young supernovae (some not called SN), "
        f"{summary['flares']} AGN flares"
    )


def settings_for(api: ApiServer, brokers: str, host: str) -> str:
    """Sections for alertwatch.toml that follow the simulated night."""
    base = f"http://{host}:{api.port}"
    return f"""
[sources.simulated]
brokers  = "{brokers}"
group_id = "simulated-alertwatch"
[sources.simulated.topics]
"stamp_classifier_{{date}}"       = "ztf_stamp"
"lc_classifier_ztf_{{date}}"      = "ztf_lc"
"rubin_stamp_classifier_{{date}}" = "rubin_stamp"
[apis.ztf]
url     = "{base}/ztf/v1"
packets = "{base}"
tap     = "{base}/tap"
[apis.lsst]
url = "{base}"
[lookups]
retry_minutes = [0.1, 0.2, 0.5, 1]
[filters.young_sn]
[filters.agn_flare]
"""
