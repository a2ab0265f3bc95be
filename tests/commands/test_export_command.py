from __future__ import annotations

import csv
import io
import json

import pytest

from alertwatch.alert import Detection
from alertwatch.store import Store, verdicts
from tests.store.examples import a_verdict, an_alert, judged

WHO = ("--group", "999", "--reporter", "A. Person (Somewhere)")


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


@pytest.fixture
def matched(store):
    """Two objects: one matched by two filters, and one that has been fainter than the reference."""
    fading = an_alert("ZTF21bbbbbbb", detections=(Detection(mjd=60000.0, band="g", mag=19.0, positive=False),))
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(), a_verdict(), a_verdict("nuclear")), judged(fading)], 10.0)
    return store


def test_a_tns_report_has_each_object_once_and_says_what_it_leaves_out(cli, matched):
    result = cli("export", "--format", "tns", *WHO)

    reports = json.loads(result.stdout)["at_report"]
    assert [report["internal_name"] for report in reports.values()] == ["ZTF21aaaaaaa"]
    assert reports["0"]["discovery_datetime"] == "2023-02-24 06:00:00.000"
    assert reports["0"]["non_detection"]["limiting_flux"] == "20.50"
    assert len(reports["0"]["photometry"]["photometry_group"]) == 2
    assert result.stderr == (
        "ZTF21bbbbbbb is left out: it has been fainter than the reference: a variable source\n"
    )


def test_a_report_that_nobody_answers_for_is_not_written(cli, matched):
    result = cli("export", "--format", "tns", "--group", "999")

    assert result.exit_code == 2
    assert "needs --group and --reporter" in result.stderr


def test_targets_of_a_selection(cli, matched):
    rows = list(csv.DictReader(io.StringIO(cli("export", "--format", "tom", "--filter", "nuclear").stdout)))
    (target,) = rows
    assert (target["name"], target["type"], target["classification"]) == ("ZTF21aaaaaaa", "SIDEREAL", "SN")
    assert target["url"] == "https://alerce.online/object/ZTF21aaaaaaa"

    sent = json.loads(cli("export", "--format", "tom-json").stdout)
    assert sorted(target["name"] for target in sent) == ["ZTF21aaaaaaa", "ZTF21bbbbbbb"]
