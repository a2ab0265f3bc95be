from __future__ import annotations

import csv
import io
import json

import pytest

from alertwatch.alert import Classification
from alertwatch.store import verdicts
from tests.store.examples import BIG_ID, a_verdict, an_alert, judged


@pytest.fixture(autouse=True)
def three_matches(store):
    agn = (Classification(classifier="stamp_classifier", probabilities={"AGN": 0.9}),)
    with store.write() as tx:
        verdicts.save(
            tx,
            [
                judged(an_alert("ZTF26young")),
                judged(an_alert("ZTF26later", mjd=61000.0, ra=10.0, dec=-45.0), a_verdict(grade="gold")),
                judged(an_alert("ZTF26flare", classifications=agn), a_verdict("agn_flare")),
            ],
            now=1.7e9,
        )


def objects(result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [match["object_id"] for match in json.loads(result.stdout)]


def test_the_newest_match_comes_first(cli):
    assert objects(cli("matches", "--format", "json"))[0] == "ZTF26later"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--filter", "agn_flare"], {"ZTF26flare"}),
        (["--class", "sn"], {"ZTF26young", "ZTF26later"}),
        (["--object", "ZTF26young"], {"ZTF26young"}),
        (["--since", "60500"], {"ZTF26later"}),
        (["--since", "2025-01-01"], {"ZTF26later"}),
        (["--since", "20250101"], {"ZTF26later"}),
        (["--until", "2025-01-01T12:00"], {"ZTF26young", "ZTF26flare"}),
        (["--cone", "10.0 -45.0005 5"], {"ZTF26later"}),
        (["--cone", "00:40:00 -45:00:00 1'"], {"ZTF26later"}),
        (["--cone", "150, 3, 2d"], {"ZTF26young", "ZTF26flare"}),
        (["--cone", "200 0 5"], set()),
    ],
)
def test_options_narrow_what_is_listed(cli, options, found):
    assert set(objects(cli("matches", "--format", "json", *options))) == found


def test_a_table_names_what_a_person_looks_for(cli):
    result = cli("matches", "--object", "ZTF26later")

    head, line = result.stdout.splitlines()
    assert " ".join(head.split()) == "TIME (UTC) OBJECT FILTER GRADE CLASS P RA DEC MAG ALERT"
    what = f"ZTF26later young_sn gold SN 0.80 10.0000 -45.0000 18.50 g {BIG_ID}"
    assert " ".join(line.split()) == f"2025-11-21 00:00 {what}"


def test_a_table_fits_a_terminal_of_120_columns(cli, store):
    rubin = an_alert("313853517906477090", "sha256-" + 32 * "0", survey="lsst", dec=-45.0)
    with store.write() as tx:
        verdicts.save(tx, [judged(rubin, a_verdict(grade="silver"))], now=1.7e9)

    lines = cli("matches").stdout.splitlines()

    assert max(len(line.rstrip()) for line in lines) <= 120
    assert "sha256-00000000000…" in cli("matches", "--object", "313853517906477090").stdout


def test_ids_survive_every_format_to_the_last_digit(cli):
    assert json.loads(cli("matches", "--format", "json").stdout)[0]["alert_id"] == BIG_ID
    lines = cli("matches", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["alert_id"] for line in lines] == [BIG_ID] * 3
    rows = list(csv.DictReader(io.StringIO(cli("matches", "--format", "csv").stdout)))
    assert [row["alert_id"] for row in rows] == [BIG_ID] * 3
    assert json.loads(rows[0]["criteria"])[0]["name"] == "age"


def test_a_limit_that_cuts_is_said(cli):
    result = cli("matches", "--limit", "2", "--format", "jsonl")

    assert len(result.stdout.splitlines()) == 2
    assert "these are the newest 2" in result.stderr


def test_nothing_found_is_said_beside_the_output(cli):
    result = cli("matches", "--filter", "no_such", "--format", "json")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "[]\n", "no match\n")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--since", "yesterday"], "'yesterday' is no time"),
        (["--since", "nan"], "'nan' is no time"),
        (["--cone", "10 20"], "'10 20' is no circle"),
        (["--cone", "10 20 5parsec"], "'10 20 5parsec' is no circle"),
        (["--cone", "10 91 5"], "'10 91 5' is not on the sky"),
    ],
)
def test_what_cannot_be_understood_is_a_usage_error(cli, options, sentence):
    result = cli("matches", *options)

    assert result.exit_code == 2
    assert sentence in result.output
