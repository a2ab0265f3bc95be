"""The database sink: rows that a team can query, each there once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
import sqlalchemy as sa

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from alertwatch.notification import Kind, Notification
from sinks.database import Database
from sinks.database.table import UPSERTS
from tests.sinks.slack_notifications import digest, entry, match
from tests.sinks.test_contract import monster
from tests.support.ports import free_port

MakeSink = Callable[..., Database]


@pytest.fixture
def sink(database_url: str) -> Iterator[MakeSink]:
    """Makes channels to a new, empty database, and closes them."""
    with ExitStack() as stack:

        def make(**more: Any) -> Database:
            settings = Database.settings_type.model_validate({"url": database_url} | more)
            return stack.enter_context(closing(Database("marshal", settings)))

        yield make


@pytest.fixture
def ask(database_url: str) -> Iterator[Callable[[str], list[Any]]]:
    engine = sa.create_engine(database_url)

    def asked(statement: str) -> list[Any]:
        with engine.begin() as tx:
            result = tx.execute(sa.text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    yield asked
    engine.dispose()


def test_a_row_holds_what_is_known_of_the_object(sink, ask):
    channel = sink(table="told")
    assert channel.check().endswith("lets us in; the first message makes the table told")
    channel.send(match())

    assert ask('SELECT object_id, "class", mag, band, urgent, filters FROM told') == [
        ("ZTF24abcdef", "SN", 18.62, "g", False, "young_sn")
    ]
    assert channel.check().endswith("the table told is there")


@pytest.mark.parametrize("upserts", [UPSERTS, set()], ids=["on conflict", "delete and insert"])
def test_a_second_attempt_changes_nothing(sink, ask, monkeypatch, upserts):
    monkeypatch.setattr("sinks.database.table.UPSERTS", upserts)
    for message in (digest(30), digest(30), match("word", kind=Kind.OPERATOR, entries=(), text="lag")):
        sink().send(message)

    assert ask("SELECT key, count(*) FROM alertwatch GROUP BY key ORDER BY key") == [
        ("digest-1", 30),
        ("word", 1),
    ]


def test_the_rows_of_a_message_are_written_together_or_not_at_all(sink, ask):
    sink().send(match("first"))
    twice: Notification = digest(3)
    bad = match("bad", kind=Kind.DIGEST, entries=(*twice.entries, entry("x", n_det=2**70)))

    with pytest.raises(Exception, match=r"."):
        sink().send(bad)
    assert ask("SELECT key FROM alertwatch") == [("first",)]


def test_whatever_is_in_a_message_can_be_stored(sink, ask):
    sink().send(monster())

    assert ask("SELECT count(*) FROM alertwatch") == [(1,)]


def test_a_table_of_another_shape_is_left_alone(sink, ask):
    ask("CREATE TABLE alertwatch (key TEXT, object_id TEXT)")

    for act in (sink().check, lambda: sink().send(match())):
        with pytest.raises(ChannelRefused, match="the table alertwatch lacks survey, subscription, "):
            act()


def test_further_columns_of_the_team_do_no_harm(sink, ask):
    sink().send(match("a"))
    ask("ALTER TABLE alertwatch ADD COLUMN comment TEXT")
    sink().send(match("b"))

    assert ask("SELECT key, comment FROM alertwatch ORDER BY key") == [("a", None), ("b", None)]


def test_a_table_that_was_dropped_is_made_again(sink, ask):
    channel = sink()
    channel.send(match("a"))
    ask("DROP TABLE alertwatch")
    channel.send(match("b"))

    assert ask("SELECT key FROM alertwatch") == [("b",)]


def test_a_database_that_nobody_has_a_driver_for_waits_for_a_person(sink):
    with pytest.raises(ChannelRefused, match="No module named"):
        sink(url="oracle+cx_oracle://me@localhost/x").check()


def test_a_server_that_is_away_is_a_passing_error(sink):
    with pytest.raises(ChannelUnavailable, match="does not answer"):
        sink(url=f"postgresql://me:hunter2@127.0.0.1:{free_port()}/x").send(match())


@pytest.mark.docker
def test_a_wrong_password_waits_for_a_person_and_is_not_repeated(sink, postgres_url):
    with pytest.raises(ChannelRefused, match="refused access") as caught:
        sink(url=postgres_url, password="hunter2-wrong").send(match())

    assert "hunter2" not in str(caught.value)


@pytest.mark.docker
def test_a_schema_of_the_team_can_be_named(postgres_url):
    engine = sa.create_engine(postgres_url)
    with engine.begin() as tx:
        tx.execute(sa.text("CREATE SCHEMA marshal"))
    with closing(Database("m", Database.settings_type(url=postgres_url, table="marshal.told"))) as channel:
        channel.send(match())
    with engine.begin() as tx:
        links = tx.execute(sa.text("SELECT links->0->>'url' FROM marshal.told")).scalar_one()
    engine.dispose()

    assert links.startswith("https://")
