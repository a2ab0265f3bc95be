from __future__ import annotations

import json

from alertwatch.store import filter_state, verdicts
from tests.store.examples import an_alert, judged


def test_configured_filters_come_first_then_those_that_could_be(cli, settings_file):
    rows = json.loads(cli("filters", "list", "--format", "json").stdout)

    shown = {row["name"]: (row["filter"], row["state"]) for row in rows}
    assert list(shown)[:2] == ["young_sn", "bright_young_sn"]
    assert shown["bright_young_sn"] == ("young_sn", "on")
    assert shown["agn_flare"] == ("agn_flare", "not configured")


def test_without_a_subcommand_the_list_is_shown(cli, settings_file):
    assert cli("filters").stdout == cli("filters", "list").stdout


def test_an_instance_is_shown_with_its_own_values_beside_the_defaults(cli, settings_file):
    shown = json.loads(cli("filters", "show", "bright_young_sn", "--format", "json").stdout)

    parameters = {row["name"]: row for row in shown["parameters"]}
    assert (parameters["brighter_than"]["value"], parameters["brighter_than"]["default"]) == (18.5, None)
    assert parameters["max_age_days"]["unit"] == "d"
    assert parameters["max_age_days"]["bounds"] == "> 0, ≤ 100"
    assert shown["streams"] == ["rubin_stamp", "ztf_stamp"]


def test_every_parameter_is_shown_to_a_person(cli, settings_file):
    listed = json.loads(cli("filters", "show", "young_sn", "--format", "json").stdout)["parameters"]

    shown = cli("filters", "show", "young_sn").stdout

    assert shown.startswith("young_sn: on\n")
    for parameter in listed:
        assert parameter["name"] in shown
        assert parameter["description"] in shown


def test_a_filter_that_is_not_configured_is_shown_with_its_defaults(cli, settings_file):
    assert cli("filters", "show", "agn_flare").stdout.startswith("agn_flare: not configured")


def test_a_misspelt_name_gets_the_nearest_one(cli, settings_file):
    result = cli("filters", "show", "yung_sn")

    assert result.exit_code == 1
    assert result.stderr == "alertwatch: there is no filter 'yung_sn'; did you mean 'young_sn'?\n"


def test_a_filter_switched_off_is_shown_with_the_reason_until_it_is_reset(cli, store):
    with store.write() as tx:
        filter_state.record_error(tx, "young_sn", "KeyError: 'x'", 1.7e9, 10, switch_off=True)

    shown = cli("filters", "show", "young_sn").stdout
    assert "young_sn: switched off" in shown
    assert "since 2023-11-14 22:13 UTC: 10 errors in a row" in shown

    assert cli("filters", "reset", "young_sn").stdout == "young_sn runs again\n"
    assert cli("filters", "show", "young_sn").stdout.startswith("young_sn: on")
    assert cli("filters", "reset", "young_sn").stdout == "young_sn was not switched off\n"


def test_a_wrong_parameter_is_said_with_the_nearest_one(cli, settings_file):
    settings_file.write_text("[filters.young_sn]\nmax_age_day = 3\n")

    result = cli("filters")

    assert result.exit_code == 2
    assert "max_age_day" in result.stderr
    assert "did you mean 'max_age_days'?" in result.stderr


def test_a_filter_disabled_in_the_settings_says_so(cli, settings_file):
    settings_file.write_text("[filters.young_sn]\nenabled = false\n")

    assert cli("filters", "show", "young_sn").stdout.startswith("young_sn: disabled in the settings")


def test_precision_is_counted_from_what_people_said(cli, either_store):
    with either_store.write() as tx:
        verdicts.save(tx, [judged(an_alert(name)) for name in ("ZTF21aaaaaaa", "ZTF21bbbbbbb")], 1.0)
    assert "PRECISION" not in cli("filters").stdout

    cli("label", "ZTF21aaaaaaa", "SN Ia", "--by", "ana")
    cli("label", "ZTF21bbbbbbb", "bogus", "--by", "ana")

    assert "50 % (1 of 2; 9 to 91 %)" in cli("filters").stdout
    rows = {row["name"]: row for row in json.loads(cli("filters", "list", "--format", "json").stdout)}
    assert rows["young_sn"]["precision"] == {
        "right": 1,
        "wrong": 1,
        "share": 0.5,
        "low": 0.0945,
        "high": 0.9055,
    }
    assert rows["bright_young_sn"]["precision"] is None
