from __future__ import annotations

import csv
import io
import json
import sys
import webbrowser

import pandas as pd
import pytest
from astropy import units as u
from astropy.table import QTable
from rich.console import Console

from alertwatch.alert import Classification
from alertwatch.commands.matches import COLUMNS
from alertwatch.console import fitting
from alertwatch.query import fields
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
        (["--class", "Transient"], {"ZTF26young", "ZTF26later"}),
        (["--min-probability", "0.85"], {"ZTF26flare"}),
        (["--brighter", "18.5"], set()),
        (["--brighter", "18.6", "--fainter", "18.4"], {"ZTF26young", "ZTF26later", "ZTF26flare"}),
        (["--night", "2023-02-24"], {"ZTF26young", "ZTF26flare"}),
        (["--night", "last night"], set()),
        (["--until", "last night"], {"ZTF26young", "ZTF26later", "ZTF26flare"}),
        (["--object", "ZTF26young", "--object", "ZTF26flare"], {"ZTF26young", "ZTF26flare"}),
        (["--moc", "0/0-11"], {"ZTF26young", "ZTF26later", "ZTF26flare"}),
        (["--survey", "lsst"], set()),
        (["--order", "oldest", "--limit", "1"], {"ZTF26flare"}),
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


def test_a_limit_that_cuts_is_said(cli):
    result = cli("matches", "--limit", "2", "--format", "jsonl")

    assert len(result.stdout.splitlines()) == 2
    assert "these are the newest 2" in result.stderr


def test_a_misspelt_filter_is_named_with_those_there_are(cli):
    result = cli("matches", "--filter", "yuong_sn")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "'yuong_sn' is not configured; did you mean 'young_sn'?" in result.stderr


def test_nothing_found_is_said_beside_the_output(cli):
    result = cli("matches", "--label", "no_such", "--format", "json")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "[]\n", "no match\n")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--since", "yesterday"], "'yesterday' is no time"),
        (["--since", "nan"], "'nan' is no time"),
        (["--cone", "10 20"], "'10 20' is no circle"),
        (["--cone", "10 20 5parsec"], "'10 20 5parsec' is no circle"),
        (["--cone", "10 91 5"], "'10 91 5' is not on the sky"),
        (["--moc", "nowhere.fits"], "'--moc': 'nowhere.fits' No such file"),
        (["--night", "soon"], "'--night': 'soon' is no night"),
        (["--night", "tonight", "--since", "3d"], "leave out since and until"),
        (["--min-probability", "80"], "not in the range 0<=x<=1"),
    ],
)
def test_what_cannot_be_understood_is_a_usage_error(cli, options, sentence):
    result = cli("matches", *options)

    assert result.exit_code == 2
    assert sentence in result.output


def test_objects_of_a_file_and_of_the_line_are_listed(cli, folder):
    (folder / "mine.txt").write_text("# tonight\nZTF26young\n")
    found = cli("matches", "--objects", "mine.txt", "--object", "ZTF26flare", "--format", "json")
    assert set(objects(found)) == {"ZTF26young", "ZTF26flare"}


def test_objects_are_found_by_what_people_said(cli):
    cli("label", "ZTF26flare", "SN Ia", "--by", "ana")
    assert objects(cli("matches", "--label", "sn ia", "--format", "json")) == ["ZTF26flare"]


def test_what_people_said_stands_beside_the_match(cli):
    assert "TAGS" not in cli("matches").stdout
    cli("label", "ZTF26flare", "bogus", "--by", "ana")
    cli("tag", "ZTF26flare", "VLT", "paper 2")
    cli("note", "ZTF26flare", "broad lines", "--by", "ana")
    cli("note", "ZTF26flare", "a spectrum of the host is in the archive,\nask Ben", "--by", "ana")

    table = cli("matches", "--tag", "vlt").stdout
    assert table.splitlines()[0].split()[-3:] == ["LABELS", "TAGS", "NOTES"]
    assert "bogus (ana)  VLT, paper 2  a spectrum of the host is in the archiv… (+1)" in table
    (match,) = json.loads(cli("matches", "--tag", "VLT", "--format", "json").stdout)
    assert match["tags"] == ["VLT", "paper 2"]
    assert (match["notes"][0]["by"], match["notes"][0]["text"]) == ("ana", "broad lines")
    assert match["utc"] == "2023-02-25T06:00:00.000+00:00"
    (row,) = csv.DictReader(io.StringIO(cli("matches", "--tag", "VLT", "--format", "csv").stdout))
    assert (row["labels"], row["tags"], row["utc"]) == ("bogus", "VLT; paper 2", "2023-02-25T06:00:00.000000Z")


def test_every_format_of_a_program_has_the_columns_of_python(cli):
    names = [field.name for field in fields.MATCHES]
    assert next(csv.reader(io.StringIO(cli("matches", "--format", "csv").stdout))) == names
    assert {*json.loads(cli("matches", "--format", "json").stdout)[0]} == {*names, "criteria"}


def test_a_narrow_terminal_keeps_what_says_which_object_it_is(cli, monkeypatch):
    rows = [{"mjd": 61000.0, "object_id": "313853517906477090", "filter": "young_sn", "alert_id": BIG_ID}]
    narrow = Console(width=80, file=io.StringIO())

    narrow.print(fitting(rows, COLUMNS, narrow))

    assert "2025-11-21 00:00  313853517906477090  young_sn" in narrow.file.getvalue()
    assert "ALERT" not in narrow.file.getvalue()


def test_a_misspelt_filter_gets_the_nearest_name(cli):
    for command in (("matches",), ("export", "--format", "tom")):
        result = cli(*command, "--filter", "yuong_sn")
        assert (result.exit_code, "did you mean 'young_sn'?" in result.stderr) == (2, True)


def test_parquet_and_votable_carry_ids_and_units(cli):
    parquet = pd.read_parquet(io.BytesIO(cli("matches", "--format", "parquet").stdout_bytes))
    votable = QTable.read(io.BytesIO(cli("matches", "--format", "votable").stdout_bytes), format="votable")

    assert parquet["alert_id"].tolist() == [str(one) for one in votable["alert_id"]] == [BIG_ID] * 3
    assert parquet.attrs["units"]["mag"] == str(votable["mag"].unit) == "mag"
    assert votable["ra"][0] == 10 * u.deg


@pytest.mark.parametrize("form", ["parquet", "votable"])
def test_a_file_of_nothing_has_columns_and_says_so(cli, form):
    result = cli("matches", "--label", "no_such", "--format", form)

    reading = io.BytesIO(result.stdout_bytes)
    found = (
        pd.read_parquet(reading) if form == "parquet" else QTable.read(reading, format="votable").to_pandas()
    )
    assert (len(found), found.columns[0], result.stderr) == (0, "object_id", "no match\n")


def test_parquet_is_not_written_on_a_terminal(cli, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("alertwatch.commands.matches.sys", type("s", (), {"stdout": Terminal()}))
    result = cli("matches", "--format", "parquet")
    assert (result.exit_code, "add > matches.parquet" in result.output) == (2, True)


def test_parquet_without_its_library_says_what_to_install(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = cli("matches", "--format", "parquet")
    assert (result.exit_code, result.stderr) == (
        1, "alertwatch: Parquet needs pyarrow: pip install 'alertwatch[parquet]'\n"
    )  # fmt: skip


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """The pages that the browser was asked to open."""
    pages: list[str] = []
    monkeypatch.setattr(webbrowser, "open_new_tab", pages.append)
    return pages


def test_pages_of_the_explorer_are_opened_once_for_each_object(cli, opened):
    result = cli("matches", "--class", "SN", "--open", "--format", "json")

    assert opened == [f"https://alerce.online/object/{name}" for name in ("ZTF26later", "ZTF26young")]
    assert all(f"opened {page}" in result.stderr for page in opened)


def test_a_browser_is_asked_for_ten_pages_at_most(cli, store, opened):
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(f"ZTF26x{n:02d}", mjd=61100.0 + n)) for n in range(12)], now=1.0)

    result = cli("matches", "--open")

    assert len(opened) == 10
    assert opened[0].endswith("ZTF26x11")
    assert "opened the first 10 objects only; narrow the list" in result.stderr


def test_a_list_for_programs_is_not_cut(cli, store):
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(f"ZTF26x{n:03d}")) for n in range(120)], now=1.0)

    assert len(cli("matches", "--format", "jsonl").stdout.splitlines()) == 123
    table = cli("matches")
    assert len(table.stdout.splitlines()) == 101
    assert "these are the newest 100; --limit shows more" in table.stderr


def test_listing_writes_nothing(cli, folder):
    before = (folder / "alertwatch.db").read_bytes()
    cli("matches")
    assert (folder / "alertwatch.db").read_bytes() == before
