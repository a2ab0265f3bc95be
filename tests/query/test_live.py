"""Matches as they arrive: in a script, on both databases, and through an outage."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import insert

import alertwatch
from alertwatch.errors import BadSelection, StoreUnavailable
from alertwatch.query.live import Live
from alertwatch.store import Store, verdicts
from alertwatch.store.tables import matches
from tests.store.examples import a_verdict, an_alert, judged

QUICK = 0.02  # seconds between two looks


def arrive(store: Store, *object_ids: str, filter_: str = "young_sn") -> None:
    """Matches of these objects are stored."""
    with store.write() as tx:
        verdicts.save(
            tx, [judged(an_alert(oid, f"alert-{oid}"), a_verdict(filter_)) for oid in object_ids], now=1.0
        )


@contextmanager
def watching(url: str, *arguments: str, **more: Any) -> Iterator[Live]:
    with alertwatch.live(*arguments, database=url, **{"every": QUICK, **more}) as live:
        yield live


def first(live: Live, count: int) -> list[str]:
    """The next ones, as a script would take them; it then leaves its loop."""
    found: list[str] = []
    for match in live:
        found.append(match.object_id)
        if len(found) == count:
            break
    return found


def test_a_script_gets_each_match_that_arrives_and_none_that_was_there(store, database_url):
    arrive(store, "before")
    with watching(database_url) as live:
        arrive(store, "a", "b")
        threading.Timer(0.1, arrive, (store, "c")).start()

        assert first(live, 3) == ["a", "b", "c"]
        assert not live.running


def test_since_brings_those_that_are_there_first(store, database_url):
    arrive(store, "before")
    with watching(database_url, since="2020-01-01") as live:
        arrive(store, "after")

        assert first(live, 2) == ["before", "after"]


def test_only_what_is_selected_arrives(store, database_url):
    with watching(database_url, "young_sn") as live:
        arrive(store, "flare", filter_="agn_flare")
        arrive(store, "supernova")

        assert first(live, 1) == ["supernova"]
        assert live.matches["filter"].tolist() == ["young_sn"]


def test_a_match_that_was_numbered_early_and_appears_late_is_not_missed(store, database_url):
    row = {
        "survey": "ztf",
        "alert_id": "1",
        "stream": "ztf_stamp",
        "criteria": [],
        "parameters_hash": "",
        "filter": "f",
    }
    with watching(database_url) as live:
        for number, name in ((20, "late"), (10, "early")):
            with store.write() as tx:
                tx.execute(insert(matches).values(id=number, object_id=name, matched_at=1.0, **row))
            threading.Event().wait(3 * QUICK)

        assert first(live, 2) == ["late", "early"]


def test_the_table_has_the_columns_of_matches_also_while_it_is_empty(store, database_url):
    with watching(database_url) as live:
        assert live.matches.empty
        assert list(live.matches) == list(alertwatch.matches(database=database_url))
        assert live.matches.attrs["units"]["ra"] == "deg"
    assert repr(live) == "<live matches of all filters: 0 so far, stopped>"


def test_a_loop_that_waits_ends_when_it_is_stopped(store, database_url):
    with watching(database_url, every=30.0) as live:  # it sleeps when it is told
        threading.Timer(0.1, live.stop).start()

        assert list(live) == []


def test_a_database_that_is_away_is_asked_again(store, database_url, monkeypatch):
    with watching(database_url) as live:
        said = threading.Event()
        live.on_change = said.set
        with monkeypatch.context() as outage:

            def away(_: object) -> Any:
                raise StoreUnavailable("the database is away")

            outage.setattr(type(live.place.reader), "read", away)
            assert said.wait(10)
            assert live.trouble == "the database is away"
        arrive(store, "after")

        assert first(live, 1) == ["after"]
        assert live.trouble is None


def test_what_ends_it_is_raised_where_it_is_waited_for(store, database_url, monkeypatch):
    with watching(database_url, every=0.2) as live:
        monkeypatch.setattr(live._arrivals, "look", lambda _: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            list(live)


@pytest.mark.parametrize("words", [{"cone": "nowhere"}, {"every": 0}, {"every": "often"}])
def test_a_word_that_cannot_be_read_is_said_at_once(store, database_url, words):
    with pytest.raises(BadSelection, match=next(iter(words))):
        alertwatch.live(**words, database=database_url)
    assert "live" not in {thread.name for thread in threading.enumerate()}
