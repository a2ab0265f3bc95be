"""Processes are killed while they deliver: nothing is lost, and what can be looked up never comes twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from alertwatch.notification import Kind
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, deliveries
from alertwatch.store.deliveries import NewDelivery
from tests.notify.programs import start

MESSAGES = [f"m{n:03}" for n in range(300)]


def deliver(url: str, file: Path, program: str) -> tuple[Counter[str], int]:
    """What arrived, how often each; and how many processes were killed meanwhile."""
    new = [
        NewDelivery(key=key, subscription="sn", channel="team", kind=Kind.MATCH, title="t", due=1.0)
        for key in MESSAGES
    ]
    with Store.open(DatabaseSettings(url=url)) as store, store.write() as tx:
        deliveries.create(tx, new, 1.0)
    said, _ = start(program, url, file).communicate(timeout=200)
    return Counter(file.read_text().splitlines()), int(said.splitlines()[-1])


def test_nothing_is_lost_and_nothing_that_can_be_looked_up_comes_twice(
    database_url: str, tmp_path: Path
) -> None:
    arrived, kills = deliver(database_url, tmp_path / "arrived", "storm_searchable")
    assert kills > 5
    assert arrived == Counter(MESSAGES)
    with Store.open(DatabaseSettings(url=database_url)) as store, store.read() as tx:
        every = [a for d in deliveries.list(tx, limit=1_000) for a in deliveries.attempts(tx, d.id)]
    outcomes = Counter(attempt.outcome for attempt in every)  # every attempt left a trace
    assert outcomes["sent"] + outcomes["found"] == len(MESSAGES)
    assert 0 < outcomes[None] <= kills


def test_without_a_look_up_at_most_the_message_under_way_comes_twice(sqlite_url: str, tmp_path: Path) -> None:
    arrived, kills = deliver(sqlite_url, tmp_path / "arrived", "storm")
    assert arrived.keys() == set(MESSAGES)
    assert arrived.total() - len(MESSAGES) <= kills
