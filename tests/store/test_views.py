"""The SQL views: what `docs/sql.md` says of them, and what they show, on both databases."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, text

from alertwatch.alert import Detection
from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED, Criterion, Outcome, Result
from alertwatch.notification import Kind
from alertwatch.store import Store, deliveries, labels, notes, outbox, tags, verdicts
from alertwatch.store.deliveries import NewDelivery
from alertwatch.store.labels import Label
from alertwatch.store.notes import Note
from alertwatch.store.outbox import NewRow
from tests.store.examples import a_verdict, an_alert, judged
from tests.support.data import ROOT

OBJECT = "ZTF21aaaaaaa"
KEY = ("ztf", OBJECT)
PAGE = (ROOT / "docs" / "sql.md").read_text()
DOCUMENTED = {
    name: re.findall(r"^\| (\w+) \|", part, re.MULTILINE)[1:]
    for name, part in re.findall(r"^## (v_\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
}
EXAMPLES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
NOON = 60000.5  # MJD: 2023-02-25 12:00


def rows(store: Store, query: str) -> list[dict[str, Any]]:
    with store.read() as tx:
        return [dict(row) for row in tx.execute(text(query)).mappings()]


def moment(value: datetime | str) -> str:
    """A time as both databases show it, to the second."""
    return str(value)[:19]


@pytest.fixture
def filled(store: Store) -> Store:
    """One object with two matches of two filters, and all that people and subscriptions made of it."""
    later = an_alert(
        OBJECT,
        "later",
        mjd=NOON,
        detections=(
            Detection(mjd=NOON, band="g", alert_id="later", mag=17.5),
            Detection(mjd=NOON - 0.1, band="g", alert_id="fading", mag=15.0, positive=False),
        ),
    )
    doubtful = a_verdict(
        "agn_flare",
        Result.UNKNOWN,
        criteria=(
            Criterion(name="amplitude", outcome=Outcome.UNKNOWN, unit="mag"),
            Criterion(name="baseline", outcome=Outcome.FAIL, value="9", threshold="≥ 100", required=False),
        ),
    )
    without_criteria = a_verdict("no_questions", Result.NO_MATCH, criteria=())
    of_later = (a_verdict("nuclear", grade="gold"), doubtful, without_criteria)
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(OBJECT)), judged(later, *of_later)], 86_400.0)
        verdicts.save(tx, [judged(an_alert(OBJECT, "third"), a_verdict(FOLLOWED, Result.NO_MATCH))], 86_400.0)
        _people_speak(tx)
        _somebody_is_told(tx)
    return store


def _people_speak(tx: Connection) -> None:
    said = {"survey": KEY[0], "object_id": OBJECT, "added_at": 1.5}
    labels.add(tx, Label(label="SN Ia", by="ana", via="command", **said))
    labels.add(tx, Label(label="claim", by="ben", via="team", reason="for X-shooter", **said))
    tags.add(tx, KEY, ["VLT", "paper"], "ana", 1.5)
    notes.add(tx, Note(text="rises fast", by="ana", **said))


def _somebody_is_told(tx: Connection) -> None:
    facts = Facts(mjd=NOON)
    what = {"filter": "nuclear", "survey": KEY[0], "object_id": OBJECT, "alert_id": "later", "facts": facts}
    outbox.add(tx, [NewRow(subscription="all", **what)], 10.0)
    (row,) = outbox.of_object(tx, OBJECT)
    message = {"subscription": "all", "channel": "team", "due": 10.0}
    told = NewDelivery(key="k1", kind=Kind.MATCH, title="nuclear", items=[(row.id, "new")], **message)
    alarm = NewDelivery(key="k2", kind=Kind.OPERATOR, title="the disk is full", **message)
    deliveries.create(tx, [told, alarm], 10.0)


def test_every_view_and_its_columns_are_documented_in_their_order(store: Store) -> None:
    with store.read() as tx:
        found = inspect(tx)
        views = {
            name: [column["name"] for column in found.get_columns(name)] for name in found.get_view_names()
        }
    assert views == DOCUMENTED


@pytest.mark.parametrize("query", EXAMPLES)
def test_every_example_of_the_page_is_answered(filled: Store, query: str) -> None:
    with filled.read() as tx:
        tx.execute(text(query.replace(":", r"\:"))).all()


def test_a_match_is_one_row_whatever_people_say_of_its_object(filled: Store) -> None:
    earlier, later = rows(filled, "SELECT * FROM v_matches ORDER BY mjd")
    assert (earlier["filter"], earlier["n_detections"], earlier["peak_mag"]) == ("young_sn", 5, 17.5)
    assert (later["filter"], later["grade"], later["class"], later["probability"]) == (
        "nuclear",
        "gold",
        "SN",
        0.8,
    )
    assert moment(later["time_utc"]) == "2023-02-25 12:00:00"
    assert moment(later["matched_utc"]) == "1970-01-02 00:00:00"
    assert (later["first_detection_mjd"], later["last_detection_mjd"]) == (59999.25, NOON)
    assert later["last_non_detection_mjd"] == 59990.0
    assert (later["labels"], later["tags"], later["n_notes"]) == ("SN Ia (ana), claim (ben)", "VLT, paper", 1)


def test_an_object_is_shown_with_its_latest_match(filled: Store) -> None:
    (shown,) = rows(filled, "SELECT * FROM v_objects")
    assert (shown["n_matches"], shown["n_filters"], shown["filters"]) == (2, 2, "nuclear, young_sn")
    assert (shown["filter"], shown["match_mjd"], shown["mag"]) == ("nuclear", NOON, 17.5)
    assert shown["labels"] == "SN Ia (ana), claim (ben)"


def test_a_light_curve_has_all_that_was_measured(filled: Store) -> None:
    shown = rows(filled, f"SELECT * FROM v_light_curves WHERE object_id = '{OBJECT}' ORDER BY mjd, kind")
    assert [row["kind"] for row in shown] == ["forced", "non-detection", *["detection"] * 5]
    assert (shown[0]["flux_njy"], shown[1]["limit_mag"], shown[-1]["mag"]) == (120.0, 20.5, 17.5)
    assert [row["positive"] for row in shown if row["mag"] == 15.0] == [False]


def test_a_verdict_is_shown_criterion_by_criterion(filled: Store) -> None:
    shown = rows(filled, "SELECT * FROM v_verdicts WHERE filter = 'agn_flare' ORDER BY place")
    assert [(row["place"], row["criterion"], row["outcome"]) for row in shown] == [
        (1, "amplitude", "unknown"),
        (2, "baseline", "fail"),
    ]
    assert [(row["value"], row["threshold"], row["unit"]) for row in shown] == [
        (None, None, "mag"),
        ("9", "≥ 100", None),
    ]
    assert [bool(row["required"]) for row in shown] == [True, False]
    (bare,) = rows(filled, "SELECT * FROM v_verdicts WHERE filter = 'no_questions'")
    assert (bare["result"], bare["criterion"]) == ("no_match", None)
    assert rows(filled, f"SELECT * FROM v_verdicts WHERE filter = '{FOLLOWED}'") == []


def test_messages_are_shown_with_the_objects_they_tell_of(filled: Store) -> None:
    told, alarm = rows(filled, "SELECT * FROM v_deliveries ORDER BY delivery_id")
    assert (told["object_id"], told["filter"], told["reason"], told["sent_utc"]) == (
        OBJECT,
        "nuclear",
        "new",
        None,
    )
    assert moment(told["created_utc"]) == "1970-01-01 00:00:10"
    assert (alarm["object_id"], alarm["title"]) == (None, "the disk is full")


def test_what_people_said_is_shown_with_its_time(filled: Store) -> None:
    (claim,) = rows(filled, "SELECT * FROM v_labels WHERE label = 'claim'")
    assert (claim["said_by"], claim["via"], claim["reason"]) == ("ben", "team", "for X-shooter")
    assert moment(claim["said_utc"]) == "1970-01-01 00:00:01"
    assert [row["tag"] for row in rows(filled, "SELECT * FROM v_tags ORDER BY tag")] == ["VLT", "paper"]
    assert [row["text"] for row in rows(filled, "SELECT * FROM v_notes")] == ["rises fast"]
