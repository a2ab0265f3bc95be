from __future__ import annotations

import json
import time

import pytest

from alertwatch.filter import Criterion, Outcome, Result
from alertwatch.store import candidates, verdicts
from consumer import readers
from consumer.lookup import on_demand
from tests.lookup import fake_api
from tests.lookup.fake_api import Reply
from tests.lookup.ztf_answers import (
    CANDID,
    LIGHT_CURVE,
    MJD,
    OBJECT,
    OID,
    detection,
    light_curve,
    non_detection,
    packet,
    ztf_object,
)
from tests.store.examples import BIG_ID, a_candidate, a_verdict, an_alert, judged

YOUNG = "[filters.young_sn]\nonly_new_ids = false\nmin_ecliptic_latitude = 10"
CRITERIA = (
    Criterion(name="age", outcome=Outcome.PASS, value="2.1", threshold="≤ 5", unit="d"),
    Criterion(name="not a star", outcome=Outcome.FAIL, value="0.9", threshold="≤ 0.5"),
    Criterion(name="extinction", outcome=Outcome.UNKNOWN, threshold="< 1", unit="mag", required=False),
    Criterion(name="PS1", outcome=Outcome.NOT_APPLICABLE, note="too far south"),
    Criterion(name="positive", outcome=Outcome.GUARANTEED, note="stamp_classifier 1.0.4"),
)
PROBABILITIES = [
    {
        "classifier_name": "stamp_classifier",
        "classifier_version": "stamp_classifier_1.0.4",
        "class_name": name,
        "probability": probability,
        "ranking": ranking,
    }
    for ranking, (name, probability) in enumerate((("SN", 0.8), ("AGN", 0.2)), 1)
]


@pytest.fixture
def api(settings_file):
    """The services, and settings that name them; they know one young supernova."""
    with fake_api.running() as api:
        text = settings_file.read_text().replace("[filters.young_sn]", YOUNG)
        settings_file.write_text(f'{text}\n[apis.ztf]\nurl = "{api.url}"\npackets = "{api.url}"\n')
        curve = light_curve(
            detection(), detection(MJD - 1, "3400200010115015001"), limits=(non_detection(MJD - 2),)
        )
        api.script(LIGHT_CURVE, Reply(curve))
        api.script(OBJECT, Reply(ztf_object(firstmjd=MJD - 1)))
        api.script(f"{OBJECT}/probabilities", Reply(PROBABILITIES))
        api.script("/get_avro_info", Reply(packet(jdstarthist=MJD - 1 + 2_400_000.5, magpsf=19.0)))
        yield api


def test_every_criterion_of_a_stored_verdict_is_told(cli, store):
    with store.write() as tx:
        verdict = a_verdict(result=Result.NO_MATCH, criteria=CRITERIA)
        verdicts.save(tx, [judged(an_alert("ZTF26aaaaaaa"), verdict)], 1.7e9)

    lines = cli("explain", "ZTF26aaaaaaa").stdout.splitlines()

    assert lines[0] == "ZTF26aaaaaaa"
    assert lines[2] == "young_sn: no match"
    assert lines[3] == (
        f"alert {BIG_ID} · ztf_stamp · 2023-02-25 06:00 UTC (MJD 60000.25000) · judged 2023-11-14 22:13"
    )
    assert [line.split() for line in lines[4:]] == [
        ["✓", "age", "2.1", "≤", "5", "d"],
        ["✗", "not", "a", "star", "0.9", "≤", "0.5"],
        ["?", "extinction", "<", "1", "mag", "not", "known;", "optional"],
        ["–", "PS1", "not", "applicable;", "too", "far", "south"],
        ["◆", "positive", "guaranteed", "by", "the", "broker;", "stamp_classifier", "1.0.4"],
    ]


def test_the_latest_verdict_comes_first_and_earlier_ones_take_a_line_each(cli, store):
    with store.write() as tx:
        for mjd, result in ((60000.25, Result.UNKNOWN), (60003.25, Result.NO_MATCH), (60001.25, Result.MATCH)):
            alert = an_alert("ZTF26aaaaaaa", f"{mjd:.0f}", mjd=mjd)
            verdicts.save(tx, [judged(alert, a_verdict(result=result, criteria=CRITERIA))], 1.7e9)

    told = cli("explain", "ZTF26aaaaaaa").stdout.splitlines()
    whole = cli("explain", "ZTF26aaaaaaa", "--all").stdout.splitlines()

    assert [line for line in told if "young_sn" in line or "Earlier" in line] == [
        "young_sn: no match",
        "Earlier (--all shows their criteria):",
        "young_sn: MATCH · alert 60001 · ztf_stamp · 2023-02-26 06:00 UTC (MJD 60001.25000)",
        "young_sn: not known · alert 60000 · ztf_stamp · 2023-02-25 06:00 UTC (MJD 60000.25000)",
    ]
    assert sum("not a star" in line for line in told) == 1
    assert [line for line in whole if "young_sn" in line] == [
        "young_sn: no match",
        "young_sn: MATCH",
        "young_sn: not known",
    ]
    assert sum("not a star" in line for line in whole) == 3


def test_json_has_the_same_with_ids_as_text(cli, store):
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert("ZTF26aaaaaaa"), a_verdict(grade="gold"))], 1.7e9)

    told = json.loads(cli("explain", "ZTF26aaaaaaa", "--format", "json").stdout)

    assert told["looked_up_now"] is False
    (verdict,) = told["verdicts"]
    assert (verdict["result"], verdict["grade"], verdict["alert_id"]) == ("match", "gold", BIG_ID)
    assert verdict["criteria"][0]["threshold"] == "≤ 5"


def test_an_object_that_no_filter_saw_is_looked_up_now_and_that_is_said(cli, api, settings_file):
    result = cli("explain", OID)

    assert result.exit_code == 0, result.output
    assert (
        "No filter has judged it. Looked up now and judged as of its latest detection; not stored."
        in result.stdout
    )
    assert "young_sn: MATCH" in result.stdout, result.stdout
    assert f"alert {CANDID} · ztf_stamp" in result.stdout
    assert "bright_young_sn: no match" in result.stdout  # 19.0 is not brighter than 18.5
    assert not settings_file.with_name("alertwatch.db").exists()


def test_an_object_of_every_stream_can_be_looked_up():
    """A new reader needs a line in ``on_demand.CLASSIFIERS``."""
    assert {stream for streams in on_demand.CLASSIFIERS.values() for stream in streams} == set(readers.names())


def test_what_the_services_cannot_tell_is_unknown_rather_than_an_error(cli, api):
    api.script("/get_avro_info", Reply({"message": "gone"}, 404))

    told = json.loads(cli("explain", OID, "--format", "json").stdout)

    young = next(verdict for verdict in told["verdicts"] if verdict["filter"] == "young_sn")
    outcomes = {c["name"]: c["outcome"] for c in young["criteria"]}
    assert outcomes["age"] == "pass"
    assert told["looked_up_now"] is True


def test_now_looks_up_again_what_is_stored(cli, api, store):
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(OID), a_verdict(result=Result.UNKNOWN))], 1.7e9)

    assert "young_sn: not known" in cli("explain", OID).stdout
    assert "young_sn: MATCH" in cli("explain", OID, "--now").stdout


def test_a_candidate_that_waits_is_told_with_its_reason(cli, api, store):
    with store.write() as tx:
        candidates.add(tx, [a_candidate(OID)], time.time())

    assert f"Alert {BIG_ID} waits for a look-up (young_sn): not looked up yet" in cli("explain", OID).stdout


def test_an_object_that_the_api_does_not_know_is_a_sentence(cli, api):
    api.script(LIGHT_CURVE, Reply({"message": "no"}, 404))

    result = cli("explain", OID)

    assert result.exit_code == 75
    assert f"does not know {OID}" in result.stderr


def test_an_api_that_is_down_is_a_sentence(cli, api):
    api.every = Reply(status=503)

    result = cli("explain", OID)

    assert (result.exit_code, result.stdout) == (75, "")
    assert result.stderr.startswith("alertwatch: the ZTF API at 127.0.0.1 does not answer")


def test_without_an_api_nothing_can_be_looked_up_and_that_is_said(cli, settings_file):
    result = cli("explain", "1234567890")

    assert result.exit_code == 2
    assert result.stderr == ("alertwatch: [apis.lsst] is not configured, so 1234567890 cannot be looked up\n")
