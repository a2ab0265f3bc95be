from __future__ import annotations

import json

import pytest

from alertwatch.store import Store, verdicts
from tests.store.examples import an_alert, judged

OBJECT = "ZTF21aaaaaaa"


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


@pytest.fixture
def matched(store):
    """A database that holds one match."""
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(OBJECT))], 10.0)
    return store


def test_a_note_is_kept_and_listed(cli, matched):
    assert cli("note", OBJECT).stderr == f"there is no note on {OBJECT}\n"

    assert cli("note", OBJECT, "rises fast", "--by", "ana").stdout == f"{OBJECT}: noted by ana\n"

    (note,) = json.loads(cli("note", OBJECT, "--format", "json").stdout)
    assert (note["text"], note["by"], note["survey"]) == ("rises fast", "ana", "ztf")
    assert "rises fast" in cli("note", OBJECT).stdout


def test_tags_are_given_listed_and_taken_away(cli, matched):
    assert cli("tag").stderr == "nothing is tagged\n"
    assert cli("tag", OBJECT).stdout == f"{OBJECT}: no tag\n"

    assert cli("tag", OBJECT, "VLT", "paper 2", "--by", "ana").stdout == f"{OBJECT}: VLT, paper 2\n"
    assert json.loads(cli("tag", "--format", "json").stdout) == [
        {"tag": "VLT", "objects": 1},
        {"tag": "paper 2", "objects": 1},
    ]
    removed = cli("tag", OBJECT, "--remove", "VLT", "Keck")

    assert removed.stdout == f"{OBJECT}: paper 2\n"
    assert removed.stderr == f"{OBJECT} had no tag 'Keck'\n"
    (tagged,) = json.loads(cli("tag", OBJECT, "--format", "json").stdout)
    assert tagged == {"survey": "ztf", "object_id": OBJECT, "tags": ["paper 2"]}


def test_to_remove_nothing_is_a_mistake(cli, matched):
    result = cli("tag", OBJECT, "--remove")

    assert result.exit_code == 2
    assert "say which tags to remove" in result.stderr


def test_explain_shows_tags_and_notes(cli, matched):
    cli("tag", OBJECT, "VLT", "--by", "ana")
    cli("note", OBJECT, "rises fast", "--by", "ben")

    shown = cli("explain", OBJECT).stdout

    assert "Tags: VLT\n" in shown
    assert "Note of ben, " in shown
    assert ": rises fast\n" in shown
    explained = json.loads(cli("explain", OBJECT, "--format", "json").stdout)
    assert explained["tags"] == ["VLT"]
    assert [note["text"] for note in explained["notes"]] == ["rises fast"]
