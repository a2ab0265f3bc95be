from __future__ import annotations

import json
import time

import pytest

from alertwatch.store import candidates
from tests.store.examples import BIG_ID, a_candidate


@pytest.fixture
def queue(store):
    """Three candidates: one fresh, one postponed, one given up."""
    now = time.time()
    with store.write() as tx:
        candidates.add(tx, [a_candidate("ZTF26late"), a_candidate("ZTF26lost")], now - 7300)
        late, lost = candidates.claim(tx, "me", 2, now, 60)
        candidates.postpone(tx, late, "the ZTF API does not know ZTF26late yet (HTTP 404)", now + 900, 3)
        candidates.give_up(tx, lost, "nobody knew it for 48 h", now)
        candidates.add(tx, [a_candidate("ZTF26fresh")], now)
    return store


def rows(result) -> dict[str, dict]:
    assert result.exit_code == 0, result.output
    return {row["object_id"]: row for row in json.loads(result.stdout)}


def test_each_candidate_says_why_it_waits_and_when_it_is_tried(cli, queue):
    listed = rows(cli("candidates", "list", "--format", "json"))

    assert listed["ZTF26late"]["reason"] == "the ZTF API does not know ZTF26late yet (HTTP 404)"
    assert listed["ZTF26late"]["next"] == "in 15 min"
    assert listed["ZTF26late"]["attempts"] == 3
    assert listed["ZTF26fresh"]["reason"] == "not looked up yet"
    assert listed["ZTF26fresh"]["next"] == "due"
    assert listed["ZTF26lost"]["next"] == "given up"
    assert listed["ZTF26late"]["alert_id"] == BIG_ID


def test_the_list_ends_with_how_many_there_are(cli, queue):
    result = cli("candidates")

    assert "2.0 h" in result.stdout
    assert result.stderr == "2 wait (1 due now, the longest for 2.0 h), 1 given up\n"


def test_those_given_up_can_be_listed_alone(cli, queue):
    assert set(rows(cli("candidates", "list", "--given-up", "--format", "json"))) == {"ZTF26lost"}


def test_retry_queues_what_was_given_up(cli, queue):
    assert cli("candidates", "retry").stdout.startswith("1 are due now")

    assert rows(cli("candidates", "list", "--format", "json"))["ZTF26lost"]["next"] == "due"


def test_retry_of_one_leaves_the_others(cli, queue):
    late = rows(cli("candidates", "list", "--format", "json"))["ZTF26late"]["id"]

    cli("candidates", "retry", str(late))

    listed = rows(cli("candidates", "list", "--format", "json"))
    assert (listed["ZTF26late"]["next"], listed["ZTF26lost"]["next"]) == ("due", "given up")


def test_an_empty_queue_is_said(cli, store):
    result = cli("candidates")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no candidate waits for a look-up\n"
