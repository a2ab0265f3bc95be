from __future__ import annotations

import getpass
import json

import pytest

from alertwatch.facts import Facts
from alertwatch.store import outbox, verdicts
from alertwatch.store.outbox import NewRow
from tests.store.examples import an_alert, judged

OBJECT = "ZTF21aaaaaaa"


@pytest.fixture
def matched(store):
    """A database that holds one match."""
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(OBJECT))], 10.0)
    return store


def labels_of(cli, object_id: str = OBJECT) -> list[dict]:
    result = cli("label", object_id, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_label_is_kept_and_said_back(cli, matched, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ana")

    assert cli("label", OBJECT, "claim").output == f"{OBJECT}: claimed by ana\n"
    (label,) = labels_of(cli)
    assert (label["label"], label["by"], label["via"], label["survey"]) == ("claim", "ana", "command", "ztf")


def test_anything_else_is_what_a_person_takes_the_object_for(cli, matched):
    cli("label", OBJECT, "SN Ia", "--by", "ben", "--reason", "broad Si II")
    cli("label", OBJECT, "Follow-Up", "--by", "ana")
    cli("label", OBJECT, "Bogus", "--by", "ana")

    assert [(label["label"], label["reason"]) for label in labels_of(cli)] == [
        ("bogus", None),
        ("follow_up", None),
        ("SN Ia", "broad Si II"),
    ]


def test_a_rejection_without_a_reason_is_refused(cli, matched):
    result = cli("label", OBJECT, "reject", "--by", "ana")

    assert (result.exit_code, result.stderr) == (1, f"alertwatch: to reject {OBJECT} takes a reason; add one\n")
    assert labels_of(cli) == []


def test_the_same_said_twice_is_one_label(cli, matched):
    cli("label", OBJECT, "claim", "--by", "ana")

    assert cli("label", OBJECT, "claim", "--by", "ana").stdout == f"{OBJECT}: claimed by ana, as before\n"
    assert len(labels_of(cli)) == 1


def test_an_object_that_never_matched_is_labelled_and_that_is_said(cli, matched):
    result = cli("label", "4242", "AGN", "--by", "ana")

    assert (result.exit_code, result.stdout) == (0, "4242: “AGN” says ana\n")
    assert result.stderr == "no filter has matched 4242; the label is kept all the same\n"
    assert labels_of(cli, "4242")[0]["survey"] == "lsst"


def test_the_survey_can_be_named(cli, matched):
    assert "no filter has matched" in cli("label", OBJECT, "AGN", "--by", "ana", "--survey", "lsst").stderr

    assert labels_of(cli) == []


def test_no_label_is_said(cli, matched):
    assert cli("label", OBJECT).stderr == f"nobody has said anything of {OBJECT}\n"


def test_without_a_login_name_the_way_out_is_said(cli, matched, monkeypatch):
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nobody)

    result = cli("label", OBJECT, "claim")

    assert result.exit_code == 1
    assert result.stderr == ("alertwatch: your login name is not known; say who you are with --by NAME\n")


def test_matches_and_explain_show_labels(cli, matched):
    assert "LABELS" not in cli("matches").stdout

    cli("label", OBJECT, "reject", "--by", "ana", "--reason", "a known variable")
    cli("label", OBJECT, "SN Ia", "--by", "ben")

    listed = cli("matches").stdout
    assert "LABELS" in listed
    assert "reject (ana), SN Ia (ben)" in listed
    (match,) = json.loads(cli("matches", "--format", "json").stdout)
    assert [label["label"] for label in match["labels"]] == ["reject", "SN Ia"]
    assert "Labels: “SN Ia” says ben; rejected by ana: a known variable" in cli("explain", OBJECT).stdout
    explained = json.loads(cli("explain", OBJECT, "--format", "json").stdout)
    assert [label["by"] for label in explained["labels"]] == ["ben", "ana"]


def test_explain_says_what_subscriptions_made_of_an_object(cli, matched):
    row = {"filter": "young_sn", "survey": "ztf", "object_id": OBJECT, "facts": Facts(mjd=60000.25)}
    with matched.write() as tx:
        outbox.add(tx, [NewRow(subscription="team", alert_id=str(n), **row) for n in range(4)], 10.0)
        first, second, third, _ = (one.id for one in outbox.of_object(tx, OBJECT))
        outbox.settle(tx, [first], "skipped", "mag 20.1 is not brighter than 19.0")
        outbox.settle(tx, [second], "told", "new")
        outbox.settle(tx, [third], "skipped", "nothing new since it was told")

    shown = cli("explain", OBJECT).stdout

    assert shown.endswith(
        "\nSubscriptions:\n"
        "team, alert of 2023-02-25 06:00: told: new\n"
        "team, alert of 2023-02-25 06:00: not looked at yet\n"
    )
    explained = json.loads(cli("explain", OBJECT, "--format", "json").stdout)
    assert explained["told"][0]["reason"] == "mag 20.1 is not brighter than 19.0"
    assert [row["state"] for row in explained["told"]] == ["skipped", "told", "skipped", "new"]
