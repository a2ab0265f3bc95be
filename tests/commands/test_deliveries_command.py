from __future__ import annotations

import json
import time

import pytest

from alertwatch.facts import Facts
from alertwatch.notification import Kind, Receipt
from alertwatch.store import channels, deliveries, outbox
from alertwatch.store.deliveries import NewDelivery
from alertwatch.store.outbox import NewRow


@pytest.fixture
def ledger(store):
    """Four messages: sent, put off, refused, and one that nobody has tried yet; ``pi`` refuses everything."""
    now = time.time()

    def message(key: str, channel: str = "team", **other) -> NewDelivery:
        kind = Kind.MATCH
        return NewDelivery(key=key, subscription="sn", channel=channel, kind=kind, title=key, due=now, **other)

    with store.write() as tx:
        rows = [
            NewRow(
                subscription="sn", filter="young_sn", survey="ztf", object_id="Z1", alert_id="1", facts=Facts()
            )
        ]
        outbox.add(tx, rows, now)
        row = outbox.of_object(tx, "Z1")[0]
        deliveries.create(tx, [message("one", items=[(row.id, "new")])], now)
        deliveries.create(tx, [message("two")], now)
        deliveries.create(tx, [message("three")], now)
        claimed = [deliveries.claim(tx, "team", "me", now, 60) for _ in range(3)]
        deliveries.sent(tx, claimed[0], Receipt(id="<1@host>", extra={"thread": "<0@host>"}), now)
        deliveries.later(tx, claimed[1], "the server is away", now + 900, now)
        deliveries.failed(tx, claimed[2], "no such address", now)
        deliveries.create(tx, [message("four", channel="pi")], now)
        channels.refused(tx, "pi", "wrong password", now, now + 3_600)
    return store


def rows(result) -> dict[str, dict]:
    assert result.exit_code == 0, result.output
    return {row["title"]: row for row in json.loads(result.stdout)}


def test_each_message_says_what_became_of_it(cli, ledger):
    listed = rows(cli("deliveries", "list", "--format", "json"))

    assert list(listed) == ["four", "three", "two", "one"]
    assert [row["state"] for row in listed.values()] == ["pending", "failed", "pending", "sent"]
    assert [row["next"] for row in listed.values()] == ["due", None, "in 15 min", None]
    assert listed["three"]["error"] == "no such address"


def test_the_list_ends_with_what_waits_and_which_channel_refuses(cli, ledger):
    said = cli("deliveries").stderr

    assert said.startswith("not sent yet: 1 for pi, 1 for team\n")
    assert "! pi refuses messages, which wait: wrong password (tried again in 60 min); mend it, then: " in said


def test_the_list_can_be_narrowed(cli, ledger):
    assert set(rows(cli("deliveries", "list", "--state", "failed", "--format", "json"))) == {"three"}
    assert set(rows(cli("deliveries", "list", "--channel", "pi", "--format", "json"))) == {"four"}
    assert not rows(cli("deliveries", "list", "--subscription", "other", "--format", "json"))


def test_one_is_shown_with_what_it_tells_of_and_every_attempt(cli, ledger):
    number = str(rows(cli("deliveries", "list", "--format", "json"))["one"]["id"])

    shown = json.loads(cli("deliveries", "show", number, "--format", "json").stdout)
    assert shown["receipt"] == {"id": "<1@host>", "thread": "<0@host>"}
    assert [(item["object_id"], item["reason"]) for item in shown["items"]] == [("Z1", "new")]
    assert [attempt["outcome"] for attempt in shown["attempts"]] == ["sent"]
    text = cli("deliveries", "show", number).stdout
    assert "Z1" in text
    assert "<1@host>" in text


def test_a_message_that_is_not_there_is_an_error(cli, ledger):
    result = cli("deliveries", "show", "99")

    assert result.exit_code == 1
    assert "there is no message 99" in result.stderr


def test_retry_makes_what_failed_or_was_put_off_due_and_tries_the_channels(cli, ledger):
    assert cli("deliveries", "retry").stdout.startswith("3 messages are due now")

    listed = rows(cli("deliveries", "list", "--format", "json"))
    assert [row["next"] for row in listed.values()] == ["due", "due", "due", None]
    with ledger.read() as tx:
        state = channels.state(tx, "pi")
    assert state is not None
    assert state.try_at <= time.time()


def test_retry_of_a_channel_or_of_one_leaves_the_others(cli, ledger):
    assert cli("deliveries", "retry", "--channel", "pi").stdout.startswith("1 message is due now")
    number = str(rows(cli("deliveries", "list", "--format", "json"))["three"]["id"])
    assert cli("deliveries", "retry", number).stdout.startswith("1 message is due now")
    assert rows(cli("deliveries", "list", "--format", "json"))["two"]["next"] == "in 15 min"


def test_a_message_that_is_not_there_cannot_be_tried_again(cli, ledger):
    result = cli("deliveries", "retry", "999")
    assert result.exit_code == 1
    assert result.stderr == "alertwatch: there is no message 999; `alertwatch deliveries list` lists them\n"


def test_a_retry_says_when_there_is_nothing_to_try(cli, ledger):
    assert cli("deliveries", "retry", "--channel", "nobody").stdout == (
        "there is none to try again: all are sent, or under way\n"
    )
