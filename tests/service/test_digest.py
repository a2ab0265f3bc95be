"""A night's digest as a report: collected, made when it is due, and made once though the service is killed."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from sqlalchemy import update

from alertwatch.store import Store, deliveries, tables
from tests.service import messages
from tests.support.kafka import QUICK_GROUP, EmbeddedKafka, wait_for
from tests.support.service import Installation

COUNT = 3

SETTINGS = """
[channels.reports]
use = "notebook"
folder = "reports"
template = "night.ipynb"
[subscriptions.night]
filters = ["sn_message"]
channels = ["reports"]
digest = "weekly"
[notifications]
retry_minutes = [0.01]
lease_seconds = 1.0
"""

CODE = """
import os, time
os.write(1, b"noise")
open("begun", "a").write(".")
time.sleep(1)
print(*objects)
"""

TEMPLATE = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_markdown_cell("# {{ title }}"),
        nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(CODE),
    ]
)
"""Says when it is executed, and takes a moment; what it writes past Jupyter must not spoil anything."""


@pytest.fixture
def installation(tmp_path: Path, embedded_kafka: EmbeddedKafka, sqlite_url: str) -> Installation:
    topic = embedded_kafka.topic("stamps")
    embedded_kafka.produce(topic, [messages.stamp(messages.EVERY * n) for n in range(COUNT)])
    (tmp_path / "reports").mkdir()
    (tmp_path / "night.ipynb").write_text(nbformat.writes(TEMPLATE))
    made = Installation(
        tmp_path, embedded_kafka, sqlite_url, {topic: "ztf_stamp"}, ["sn_message"], 50, QUICK_GROUP
    )
    made.add(SETTINGS)
    return made


def let_the_week_pass(installation: Installation) -> None:
    """What waits for a time is due now."""
    with Store.open(installation.database) as store, store.write() as tx:
        tx.execute(update(tables.outbox).values(due=0.0))


@pytest.mark.slow
def test_what_a_week_collected_is_one_report_also_when_the_service_is_killed_while_it_is_made(
    tmp_path: Path, installation: Installation
) -> None:
    folder, begun = tmp_path / "reports", tmp_path / "reports" / "begun"
    installation.finish()
    assert not list(folder.iterdir()), "nothing before it is due"
    let_the_week_pass(installation)

    with installation.running():
        wait_for(begun.exists, "the first attempt")
    with installation.running() as service:
        wait_for(lambda: sent(installation) == 1, "the report")
        assert service.terminate() < 10

    (notebook,) = folder.glob("*.ipynb")
    (page,) = folder.glob("*.html")
    shown = nbformat.read(notebook, as_version=4).cells[-1].outputs[0].text
    assert set(shown.split()) == {messages.oid(messages.EVERY * n) for n in range(COUNT)}
    assert all(name in page.read_text() for name in shown.split())
    assert not list(folder.glob(".*")), "no half a file is left"
    (row,) = json.loads(installation.call("deliveries", "list", "--format", "json").stdout)
    assert (row["channel"], row["state"]) == ("reports", "sent")


def sent(installation: Installation) -> int:
    with installation.reading() as tx:
        return len(deliveries.list(tx, state="sent"))
