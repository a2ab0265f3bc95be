from __future__ import annotations

import json
import time

import pytest


def listed(cli) -> list[dict]:
    result = cli("mute", "list", "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("arguments", "kind", "value"),
    [
        (["object", "ZTF24abcdef"], "object", "ZTF24abcdef"),
        (["filter", "young_sn"], "filter", "young_sn"),
        (["region", "150.1  2.2 10m"], "region", "150.1 2.2 10m"),
        (["region", "10:00:24 -02:12:00 5'"], "region", "10:00:24 -02:12:00 5'"),
    ],
)
def test_what_is_muted_is_listed_with_who_and_why(cli, store, arguments, kind, value):
    said = cli("mute", *arguments, "--for", "30d", "--reason", "a known variable")

    assert said.stdout.startswith(f"the {kind} {value} is muted for 30.0 d; `alertwatch mute remove 1`")
    (mute,) = listed(cli)
    assert (mute["kind"], mute["value"], mute["reason"]) == (kind, value, "a known variable")
    assert mute["by"]
    assert mute["until"] == time.strftime("%Y-%m-%d %H:%M", time.gmtime(time.time() + 30 * 86400))


def test_muting_again_changes_the_end(cli, store):
    cli("mute", "object", "ZTF24abcdef", "--for", "1h")
    cli("mute", "object", "ZTF24abcdef")

    (mute,) = listed(cli)
    assert mute["until"] is None


def test_an_object_that_nothing_has_matched_is_muted_with_a_word_about_it(cli, store):
    said = cli("mute", "object", "ztf:ZTF24abcdef")

    assert said.exit_code == 0
    assert said.stderr == "no filter has matched ztf:ZTF24abcdef so far; it is muted all the same\n"


def test_an_empty_id_is_no_object(cli, store):
    assert cli("mute", "object", " ").exit_code == 2
    assert listed(cli) == []


def test_a_mute_can_be_undone_once(cli, store):
    cli("mute", "object", "ZTF24abcdef")

    assert cli("mute", "remove", "1").stdout == "mute 1 is undone\n"
    assert listed(cli) == []
    again = cli("mute", "remove", "1")
    assert again.exit_code == 1
    assert "there is no mute 1" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["filter", "yung_sn"], "no filter 'yung_sn' is configured; did you mean 'young_sn'?"),
        (["region", "here"], "'here' is no circle"),
        (["region", "400 0 1"], "is not on the sky"),
        (["object", "ZTF24abcdef", "--for", "soon"], "'soon' is no length of time"),
    ],
)
def test_mistakes_are_said_and_mute_nothing(cli, store, arguments, said):
    result = cli("mute", *arguments)

    assert result.exit_code != 0
    assert said in result.stderr
    assert listed(cli) == []


def test_nothing_muted_is_said(cli, store):
    assert cli("mute").stderr == "nothing is muted\n"
