"""A thousand notifications to each channel, while these fail and the service is killed: all arrive, once."""

from __future__ import annotations

import csv
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from alertwatch.store import tables
from tests.service import messages
from tests.service.conftest import Place
from tests.sinks import slack_server
from tests.sinks.slack_server import Fault, SlackServer
from tests.sinks.smtp_servers import DROP, Answer, Mailbox, smtp_server
from tests.support.kafka import QUICK_GROUP, wait_for
from tests.support.service import Installation

COUNT = 1_000
KILLS = 6
CHANNELS = ("slack", "mail", "hook", "lines", "rows")

SETTINGS = """
[channels.slack]
channel = "{channel}"
base_url = "{slack}/api/"
[channels.mail]
use = "email"
to = ["observer@example.org"]
sender = "alertwatch@example.org"
host = "127.0.0.1"
port = {port}
security = "none"
[channels.hook]
use = "webhook"
url = "{hook}"
[channels.lines]
use = "file"
path = "told.csv"
format = "csv"
[channels.rows]
use = "database"
url = "sqlite:///team.db"
[subscriptions.storm]
filters = ["sn_message"]
channels = ["slack", "mail", "hook", "lines", "rows"]
pictures = false
[notifications]
retry_minutes = [0.001, 0.005]
then_every_minutes = 0.01
lease_seconds = 1.5
"""


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted; now and then it takes a message and hangs up, or refuses for a while."""

    protocol_version = "HTTP/1.1"
    seen: list[str]
    doubtful: list[str]
    rng: random.Random

    def do_POST(self) -> None:
        text = self.rfile.read(length := int(self.headers["Content-Length"]))
        if len(text) < length:
            return  # killed while it sent
        body = json.loads(text)
        luck = self.rng.random()
        if luck < 0.01:
            self.send_response(503)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.seen.append(self.headers["Idempotency-Key"] + " " + body["entries"][0]["object_id"])
        if luck < 0.02:
            self.doubtful.append(self.headers["Idempotency-Key"])
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hook_server(rng: random.Random) -> Iterator[tuple[str, type[Hook]]]:
    kind = type("BoundHook", (Hook,), {"seen": [], "doubtful": [], "rng": rng})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", kind
        server.shutdown()
        thread.join()


def misbehave(slack: SlackServer, mail: Mailbox) -> int:
    """A few of each misfortune, one after the other; gives how many letters are taken without a word."""
    slack.fail(
        "chat.postMessage",
        Fault(accept=True, drop=True),
        Fault(status=429, headers={"Retry-After": "0"}),
        Fault(status=500),
        Fault(drop=True),
    )
    mail.script("DOT", "451 try again", Answer(drop=True, takes=True))
    mail.script("MAIL", DROP)
    return 1


def installation_for(folder: Path, place: Place, topic: str, **values: object) -> Installation:
    made = Installation(folder, *place, {topic: "ztf_stamp"}, ["sn_message"], 50, QUICK_GROUP)
    text = SETTINGS.format(**values)
    for name in CHANNELS:
        text = text.replace(
            f"[channels.{name}]", f"[channels.{name}]\nper_minute = 100000\nbudget_per_hour = 0"
        )
    made.add(text)
    made.environment["ALERTWATCH_CHANNELS__SLACK__TOKEN"] = slack_server.TOKEN
    return made


def sent(installation: Installation) -> int:
    """How many deliveries are in the ledger as sent."""
    query = sa.select(sa.func.count()).where(tables.deliveries.c.state == "sent")
    with installation.reading() as tx:
        return tx.scalars(query).one()


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_killed_again_and_again_all_are_told_and_whoever_can_be_asked_is_told_once(
    tmp_path: Path, place: Place
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    expected = {messages.oid(messages.EVERY * n) for n in range(COUNT)}
    topic = place.broker.topic("stamps")
    place.broker.produce(topic, [messages.stamp(messages.EVERY * n) for n in range(COUNT)])
    with slack_server.running() as slack, smtp_server() as mail, hook_server(rng) as (url, hook):
        installation = installation_for(
            tmp_path, place, topic, channel=slack_server.CHANNEL, slack=slack.url, port=mail.port, hook=url
        )
        everything, doubtful = COUNT * len(CHANNELS), 0
        for target in sorted(rng.randrange(everything * 8 // 10) for _ in range(KILLS)):
            doubtful += misbehave(slack, mail)
            with installation.running():
                wait_for(lambda: sent(installation) > target, f"delivery {target}", 120)  # noqa: B023
                time.sleep(rng.uniform(0.0, 0.2))
        with installation.running() as service:
            wait_for(lambda: sent(installation) == everything, "every delivery", 180)
            assert service.terminate() < 10

        posted = Counter(m["metadata"]["event_payload"]["key"] for m in slack.top())
        letters = Counter(letter.message["Message-ID"] for letter in mail.letters)
        posts = Counter(hook.seen)

    assert {oid for oid in expected if any(oid in m["text"] for m in slack.top())} == expected
    assert len(posted) == COUNT
    assert max(posted.values()) == 1

    assert len(letters) == COUNT
    subjects = " ".join(letter.message["Subject"] for letter in mail.letters)
    assert {oid for oid in expected if oid in subjects} == expected
    assert letters.total() - COUNT <= KILLS + doubtful  # killed, or hung up on, when it was taken already

    assert {key.split()[1] for key in posts} == expected
    assert posts.total() - COUNT <= KILLS + len(hook.doubtful)

    with (tmp_path / "told.csv").open(newline="") as file:
        lines = Counter(row["object_id"] for row in csv.DictReader(file))
    assert lines == dict.fromkeys(expected, 1)

    engine = sa.create_engine(f"sqlite:///{tmp_path / 'team.db'}")
    with engine.connect() as connection:
        (table,) = sa.inspect(connection).get_table_names()
        rows = Counter(connection.scalars(sa.text(f"SELECT object_id FROM {table}")))
    engine.dispose()
    assert rows == dict.fromkeys(expected, 1)
