"""Notifications: from match to message, a long outbox, and what subscriptions cost the hot path.

Slack, mail server and web hook are local servers that speak the real protocols; pictures show real packets.
"""

from __future__ import annotations

import logging
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from alertwatch.alert import Alert, Cutouts
from alertwatch.filter import Criterion, Judged, Outcome, Result, Verdict
from alertwatch.settings import Settings
from alertwatch.store import Store, outbox, tables, verdicts
from benchmarks import corpus, path
from consumer import readers
from consumer.notify.notifier import Notifier

ROUNDS = 8
WITH_PICTURES, WITHOUT = (1.0, 20), (10.0, 200)  # matches per second, how many
WARM_UP = 2  # matches that are not counted
OUTBOX_ROWS = 100_000
LONGEST_SECONDS = 600.0


def main() -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    _latency("with pictures, e-mail and Slack", *WITH_PICTURES, pictures=True)
    _latency("without, e-mail and Slack", *WITHOUT, pictures=False)
    _long_outbox()
    _hot_path()


# -- from match to message ---------------------------------------------------------------------------------


def _latency(what: str, rate: float, count: int, *, pictures: bool) -> None:
    from tests.sinks import slack_server
    from tests.sinks.smtp_servers import smtp_server

    folder = tempfile.mkdtemp()
    with slack_server.running() as slack, smtp_server() as mail:
        channels = {
            "team": {
                "use": "slack", "channel": slack_server.CHANNEL, "token": slack_server.TOKEN,
                "base_url": f"{slack.url}/api/",
            },
            "pi": {
                "use": "email", "to": ["pi@example.org"], "sender": "alertwatch@example.org",
                "host": "127.0.0.1", "port": mail.port, "security": "none",
            },
        }  # fmt: skip
        for channel in channels.values():
            channel |= {"per_minute": 6_000, "budget_per_hour": 0}
        settings = _settings(folder, channels, pictures=pictures)
        with Store.open(settings.database) as store, _running(settings, store) as notifier:
            alerts = list(_alerts(WARM_UP + count))
            _match_at(1.0, store, notifier, alerts[:WARM_UP])  # templates, SDKs and the drawing process load
            _until(lambda: _sent(store) == WARM_UP * len(channels))
            _match_at(rate, store, notifier, alerts[WARM_UP:])
            _until(lambda: _sent(store) == len(alerts) * len(channels))
            waits = _waits(store, of_last=count)
        arrived = len(slack.top()), len(mail.letters)
    assert arrived == (len(alerts), len(alerts)), f"{arrived} arrived, not {len(alerts)} each"
    for name, found in waits.items():
        late = statistics.quantiles(found, n=100)[98]
        print(f"\nmatch to message sent, {what}, {rate:g}/s, {count} to {name}")
        print(f"  median {statistics.median(found):.2f} s (wanted 1), 99th percentile {late:.2f} s (wanted 5)")


def _settings(folder: str, channels: dict[str, Any], **policy: Any) -> Settings:
    subscription = {"filters": ["bench"], "channels": list(channels), **policy}
    return Settings.model_validate(
        {
            "database": {"url": f"sqlite:///{folder}/bench.db"},
            "filters": {"bench": {"use": "young_sn"}},
            "channels": channels,
            "subscriptions": {"all": subscription},
        }
    )


@contextmanager
def _running(settings: Settings, store: Store) -> Iterator[Notifier]:
    notifier = Notifier(settings, store, threading.Event())
    notifier.start()
    yield notifier
    notifier.stop()


def _alerts(count: int) -> Iterator[tuple[Alert, Cutouts | None]]:
    """Real packets with history and images, each under an object id of its own."""
    reader = readers.get("ztf_packet")
    payloads = corpus.ztf_packets(100).messages
    for i in range(count):
        payload = payloads[i % len(payloads)]
        alert = reader.read(payload)
        dec = -30.0 + 0.01 * i  # a source of its own on the sky
        yield msgspec.structs.replace(alert, object_id=f"ZTF99bench{i:06d}", dec=dec), reader.cutouts(payload)


def _match_at(
    rate: float, store: Store, notifier: Notifier, alerts: Iterable[tuple[Alert, Cutouts | None]]
) -> None:
    start = time.monotonic()
    for i, (alert, cutouts) in enumerate(alerts):
        time.sleep(max(0.0, start + i / rate - time.monotonic()))
        judged = Judged(alert, (_verdict(),), cutouts)
        with store.write() as tx:
            now = time.time()
            notifier.notices.record(tx, [judged], verdicts.save(tx, [judged], now), now)
        notifier.notices.committed([judged])


def _verdict() -> Verdict:
    criteria = (Criterion(name="age", outcome=Outcome.PASS, value="1.2", threshold="≤ 5", unit="d"),)
    return Verdict(filter="bench", result=Result.MATCH, criteria=criteria, parameters_hash="bench")


def _sent(store: Store) -> int:
    with store.read() as tx:
        query = sa.select(sa.func.count()).where(tables.deliveries.c.state == "sent")
        return tx.scalar(query) or 0


def _waits(store: Store, of_last: int) -> dict[str, list[float]]:
    """Seconds from the match's transaction to the word of the channel, with all pictures, by channel."""
    ledger, items, rows = tables.deliveries.c, tables.delivery_items.c, tables.outbox.c
    query = (
        sa.select(ledger.channel, ledger.sent_at - rows.added_at)
        .join_from(tables.deliveries, tables.delivery_items, items.delivery_id == ledger.id)
        .join(tables.outbox, rows.id == items.outbox_id)
    )
    found: dict[str, list[float]] = {}
    with store.read() as tx:
        for channel, seconds in tx.execute(query.order_by(rows.id)):
            found.setdefault(channel, []).append(seconds)
    return {channel: seconds[-of_last:] for channel, seconds in found.items()}


def _until(done: Any) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("the messages did not go out")
        time.sleep(0.2)


# -- a long outbox -----------------------------------------------------------------------------------------


class _Taken(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    entries = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).entries += len(msgspec.json.decode(body)["entries"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def _long_outbox() -> None:
    """Fill an outbox in this process, drain it in another one, whose memory is looked at."""
    folder = tempfile.mkdtemp()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        with Store.open(_hook_settings(folder, url).database) as store:
            _fill(store)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.notify", folder, url],
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * LONGEST_SECONDS,
        )
        server.shutdown()
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    print(done.stdout.rstrip())
    print(f"  {_Taken.entries:,} objects arrived")


def _hook_settings(folder: str, url: str) -> Settings:
    """A subscription that gathers what comes within a second."""
    hook = {"use": "webhook", "url": url}
    return _settings(folder, {"hook": hook}, pictures=False, group_minutes=1 / 60)


def _fill(store: Store) -> None:
    """As if so many objects had matched while nobody was told."""
    from alertwatch.facts import Facts
    from alertwatch.store import followed
    from alertwatch.store.followed import Followed

    for start in range(0, OUTBOX_ROWS, 1000):
        rows, objects, now = [], [], time.time()
        for i in range(start, start + 1000):
            facts = Facts(mjd=61000.0, ra=(i * 0.01) % 360, dec=-60 + i // 36_000, band="g", mag=19.0)
            name = f"ZTF99bench{i:06d}"
            what = {"survey": "ztf", "object_id": name, "facts": facts}
            rows.append(outbox.NewRow(subscription="all", filter="bench", alert_id="1", **what))
            where = {"ra": facts.ra, "dec": facts.dec, "since": now, "until_at": now + 1e6}
            objects.append(Followed(filters={"bench": now}, **what, **where))
        with store.write() as tx:
            followed.add(tx, objects)
            outbox.add(tx, rows, now)


def drain(folder: str, url: str) -> None:
    """Send all that the outbox holds; print how long it took and how the memory went."""
    settings = _hook_settings(folder, url)
    with Store.open(settings.database) as store, _running(settings, store):
        start, memory = time.monotonic(), []
        while left := _left(store):
            memory.append((left, _resident_mb()))
            time.sleep(0.5)
        seconds = time.monotonic() - start
    tenth = next(mb for left, mb in memory if left <= 0.9 * OUTBOX_ROWS)
    print(f"\n{OUTBOX_ROWS:,} outbox rows drained in {seconds:.0f} s ({OUTBOX_ROWS / seconds:,.0f}/s)")
    print(f"  memory: {tenth:.0f} MB after a tenth of them, {memory[-1][1]:.0f} MB at the end", end=" ")
    print(f"(growth {memory[-1][1] / tenth - 1:+.0%})")


def _left(store: Store) -> int:
    """Rows not planned, and those in messages not sent."""
    rows, ledger, items = tables.outbox.c, tables.deliveries.c, tables.delivery_items.c
    planned = sa.select(sa.func.count()).where(rows.state.in_(("new", "waiting")))
    unsent = (
        sa.select(sa.func.count())
        .select_from(tables.delivery_items)
        .join(tables.deliveries, ledger.id == items.delivery_id)
        .where(ledger.state != "sent")
    )
    with store.read() as tx:
        return (tx.scalar(planned) or 0) + (tx.scalar(unsent) or 0)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


# -- the hot path ------------------------------------------------------------------------------------------


def _hot_path() -> None:
    """As nearly all alerts go, which nobody wants; and with a hundred matches a second, more than any has."""
    from simulator.embedded import EmbeddedBroker

    found = corpus.ztf_packets(10_000)
    with EmbeddedBroker() as broker:
        job = path.publish(broker, found)
        rejecting = job._replace(filter_settings={"surely_real": {"min_real_bogus": 1.0}})
        print("\nhot path, full ZTF packets: speed with subscriptions over speed without")
        for what, one in (("nothing matches", rejecting), ("1 % match, all are told", job)):
            ratios = [_ratio(one, turned=i % 2 == 1) for i in range(ROUNDS)]
            worst, best = min(ratios), max(ratios)
            print(f"  {what}: {statistics.median(ratios):.2f} ({worst:.2f} to {best:.2f}, {ROUNDS} rounds)")


def _ratio(job: path.Job, *, turned: bool) -> float:
    """One after the other, in turns: whoever comes second has warmer caches."""
    names = ["alertwatch", "subscribed"]
    rates = {name: path.contend(name, job)["rate"] for name in (reversed(names) if turned else names)}
    return rates["subscribed"] / rates["alertwatch"]


if __name__ == "__main__":
    drain(*sys.argv[1:]) if sys.argv[1:] else main()
