from __future__ import annotations

import base64
import io
import json

import fastavro
import pytest

from alertwatch.store import candidates, dead_letters
from alertwatch.store.dead_letters import DeadLetter

GARBAGE = bytes(range(256)) * 2
STAMP_SCHEMA = {
    "type": "record",
    "name": "alert",
    "fields": [
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {
            "name": "probabilities",
            "type": {
                "type": "record",
                "name": "p",
                "fields": [{"name": n, "type": "float"} for n in ("SN", "AGN", "VS", "asteroid", "bogus")],
            },
        },
    ],
}


def letter(offset: int, payload: bytes) -> DeadLetter:
    return DeadLetter(
        "ztf", "stamp_classifier_20260315", 1, offset, 1_773_533_520_000, "ztf_stamp", "no Avro", payload
    )


def good_message() -> bytes:
    probabilities = {"SN": 0.8, "AGN": 0.05, "VS": 0.05, "asteroid": 0.05, "bogus": 0.05}
    out = io.BytesIO()
    record = {"objectId": "ZTF26aaaaaaa", "candid": 2_345_678_901_234_567_890, "probabilities": probabilities}
    fastavro.writer(out, STAMP_SCHEMA, [record])
    return out.getvalue()


@pytest.fixture
def letters(store):
    """Number 1 is garbage, number 2 would decode today."""
    with store.write() as tx:
        dead_letters.add(tx, [letter(7, GARBAGE), letter(8, good_message())])
    return store


def listed(cli) -> list[dict]:
    return json.loads(cli("dead-letters", "list", "--format", "json").stdout)


def test_they_are_listed_with_origin_and_error(cli, letters):
    assert [(row["topic"], row["partition"], row["offset"], row["error"]) for row in listed(cli)] == [
        ("stamp_classifier_20260315", 1, 8, "no Avro"),
        ("stamp_classifier_20260315", 1, 7, "no Avro"),
    ]
    assert "no Avro" in cli("dead-letters").stdout


def test_one_is_shown_with_the_beginning_of_its_bytes(cli, letters):
    shown = cli("dead-letters", "show", "1").stdout

    assert "offset       7" in shown
    assert "00000040  40 41 42" in shown
    assert "@ABCDEFGHIJKLMNO" in shown
    assert "256 bytes more" in shown


def test_the_bytes_come_out_as_they_came_in(cli, letters):
    assert cli("dead-letters", "show", "1", "--format", "raw").stdout_bytes == GARBAGE
    shown = json.loads(cli("dead-letters", "show", "1", "--format", "json").stdout)
    assert base64.b64decode(shown["payload"]) == GARBAGE


def test_one_that_is_not_there_is_a_sentence(cli, letters):
    result = cli("dead-letters", "show", "99")

    assert result.exit_code == 1
    assert result.stderr.startswith("alertwatch: there is no dead letter 99")


def test_a_retry_sends_on_what_decodes_and_keeps_the_rest(cli, letters):
    result = cli("dead-letters", "retry", "--all")

    assert result.stdout == "1 of 2 decode now\n"
    assert result.exit_code == 1
    assert [row["offset"] for row in listed(cli)] == [7]
    with letters.read() as tx:
        assert [c.alert_id for c in candidates.list(tx)] == ["2345678901234567890"]


def test_a_retry_in_which_all_decode_is_a_success(cli, letters):
    assert cli("dead-letters", "retry", "2").exit_code == 0


def test_dropping_asks_first(cli, letters):
    assert cli("dead-letters", "drop", "1", input="n\n").exit_code == 1
    assert len(listed(cli)) == 2

    assert cli("dead-letters", "drop", "1", input="y\n").stdout.endswith("1 dropped\n")
    assert len(listed(cli)) == 1

    assert cli("dead-letters", "drop", "--all", "--yes").stdout == "1 dropped\n"
    assert listed(cli) == []


@pytest.mark.parametrize("command", ["retry", "drop"])
@pytest.mark.parametrize("which", [[], ["1", "--all"]])
def test_which_ones_must_be_said_once(cli, letters, command, which):
    result = cli("dead-letters", command, *which)

    assert result.exit_code == 2
    assert "Give the IDs of dead letters, or --all." in result.stderr
