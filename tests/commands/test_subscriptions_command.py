from __future__ import annotations

import json

import pytest

from alertwatch.commands.subscriptions.change import add
from alertwatch.facts import Facts
from alertwatch.settings import AgainSettings, ConditionSettings, SubscriptionSettings
from alertwatch.store import outbox, subscriptions
from alertwatch.store.outbox import NewRow

SUBSCRIPTION = """
[channels.team]
use = "file"
[channels.pi]
use = "file"
[subscriptions.young]
filters = ["young_sn", "bright_young_sn"]
channels = ["team", "pi"]
where = { classes = ["SN"], min_probability = 0.6, brighter_than = 19.0, cones = ["150.1 2.2 2d"] }
again = { brighter_by_mag = 0.5 }
quiet = "00:00-23:59"
digest = "evening"
urgent = { max_age_days = 2 }
"""


@pytest.fixture
def configured(settings_file):
    """The settings with two channels and a subscription."""
    settings_file.write_text(settings_file.read_text() + SUBSCRIPTION)
    return settings_file


def a_row(alert_id: str, subscription: str = "young") -> NewRow:
    return NewRow(
        subscription=subscription,
        filter="young_sn",
        survey="ztf",
        object_id="ZTF26aaaaaaa",
        alert_id=alert_id,
        facts=Facts(),
    )


@pytest.fixture
def waiting(store):
    """Two rows that wait and one that was told."""
    with store.write() as tx:
        outbox.add(tx, [a_row("1"), a_row("2"), a_row("3")], 1.7e9)
        one, two, three = (row.id for row in outbox.of_object(tx, "ZTF26aaaaaaa"))
        outbox.settle(tx, [one], "waiting", "quiet hours", due=1.8e9)
        outbox.settle(tx, [two], "waiting", outbox.PAUSED, due=1.9e9)
        outbox.settle(tx, [three], "told", "new")
    return store


def listed(cli) -> dict[str, dict]:
    result = cli("subscriptions", "list", "--format", "json")
    assert result.exit_code == 0, result.output
    return {row["name"]: row for row in json.loads(result.stdout)}


def states(store) -> list[tuple[str, str | None]]:
    with store.read() as tx:
        return [(row.state, row.reason) for row in outbox.of_object(tx, "ZTF26aaaaaaa")]


# -- list and show ----------------------------------------------------------------------------------------


def test_the_list_says_who_is_told_of_what_and_when(cli, configured):
    row = listed(cli)["young"]

    assert (row["filters"], row["channels"]) == (["young_sn", "bright_young_sn"], ["team", "pi"])
    assert row["policy"] == (
        "class SN, probability ≥ 0.6, brighter than 19.0, within 150.1 2.2 2d; quiet 00:00-23:59; "
        "evening digest; urgent: age ≤ 2 d"
    )
    assert (row["state"], row["waiting"], row["told"]) == ("on", 0, 0)


def test_the_list_counts_what_waits_and_what_was_told(cli, configured, waiting):
    row = listed(cli)["young"]

    assert (row["waiting"], row["told"]) == (2, 1)


def test_without_a_subcommand_the_list_is_shown(cli, configured):
    assert "young" in cli("subscriptions").stdout
    assert cli("subscriptions").stdout == cli("subscriptions", "list").stdout


def test_no_subscription_is_said_with_the_way_to_one(cli, settings_file):
    result = cli("subscriptions")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no subscription; `alertwatch subscriptions add` adds one\n"


def test_one_is_shown_with_its_whole_policy_and_what_waits(cli, configured, waiting):
    shown = cli("subscriptions", "show", "young").stdout

    for part in (
        "young (the settings file): on",
        "class SN, probability ≥ 0.6, brighter than 19.0, within 150.1 2.2 2d",
        "the class changes, another filter matches, brighter by 0.5 mag",
        "evening digest, next 20",
        "60 d after the match",
        "1 told, 2 wait",
        "ZTF26aaaaaaa",
        "quiet hours",
        "2027-01-15 08:00",
    ):
        assert part in shown


def test_quiet_hours_of_now_say_when_they_end(cli, configured):
    shown = json.loads(cli("subscriptions", "show", "young", "--format", "json").stdout)

    assert shown["quiet_until"].endswith("23:59")
    assert shown["next_digest"] > "2026"
    assert shown["settings"]["where"]["min_probability"] == 0.6


def test_the_least_subscription_tells_all_at_once(cli, settings_file):
    settings_file.write_text(
        settings_file.read_text()
        + '[channels.team]\n[subscriptions.young]\nfilters = ["young_sn"]\nchannels = ["team"]\n'
    )

    assert listed(cli)["young"]["policy"] == "all, at once"
    shown = cli("subscriptions", "show", "young").stdout
    assert "every match" in shown
    assert "at once" in shown


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"group_minutes": 10}, "grouped within 10 min"),
        ({"digest": "daily", "digest_at": "08:00 America/Santiago"}, "daily digest at 08:00 America/Santiago"),
        ({"digest": "weekly"}, "weekly digest at 08:00"),
        ({"urgent": {}}, "urgent: all"),
        (
            {"where": {"fainter_than": 17.5, "min_galactic_latitude": 15}},
            "fainter than 17.5, galactic",
        ),
        (
            {"where": {"min_dec": -30, "max_dec": 30, "grades": ["a", "b"]}},
            "grade a or b, Dec ≥ -30°, Dec",
        ),
    ],
)
def test_every_policy_has_its_words(asked, words):
    from alertwatch.commands.subscriptions.words import policy

    section = SubscriptionSettings.model_validate({"filters": ["f"], "channels": ["c"], **asked})

    assert words in policy(section)


def test_a_misspelt_name_gets_the_nearest_one(cli, configured, store):
    for command in ("show", "pause", "resume", "remove", "test", "preview"):
        result = cli("subscriptions", command, "yung")

        assert result.exit_code == 1, command
        assert result.stderr == "alertwatch: there is no subscription 'yung'; did you mean 'young'?\n"


# -- add and remove -----------------------------------------------------------------------------------------


def test_one_is_added_with_the_keys_of_the_settings_file(cli, configured, store):
    result = cli(
        *("subscriptions", "add", "fast", "--filter", "young_sn", "--channel", "team", "--channel", "pi"),
        *("--class", "SN", "--class", "TDE", "--brighter-than", "18.5", "--cone", "150.1 2.2 10'"),
        *("--no-again-class-change", "--again-brighter-by-mag", "0.5", "--urgent-min-probability", "0.9"),
        *("--quiet", "09:00-18:00 America/Santiago", "--digest", "hourly", "--no-pictures"),
    )

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("fast: team, pi told of young_sn (class SN or TDE, brighter than 18.5")
    with store.read() as tx:
        assert subscriptions.stored(tx)["fast"].definition == {
            "filters": ["young_sn"],
            "channels": ["team", "pi"],
            "where": {"classes": ["SN", "TDE"], "brighter_than": 18.5, "cones": ["150.1 2.2 10'"]},
            "again": {"class_change": False, "brighter_by_mag": 0.5},
            "urgent": {"min_probability": 0.9},
            "quiet": "09:00-18:00 America/Santiago",
            "digest": "hourly",
            "pictures": False,
        }
    assert listed(cli)["fast"]["origin"] == "command"
    assert cli("subscriptions", "show", "fast").stdout.startswith("fast (added by command): on\n")


def test_every_key_of_a_subscription_has_an_option():
    names = {option.name for option in add.params}

    keys = set(SubscriptionSettings.model_fields) - {"where", "again", "urgent"}
    keys |= {f"{s}__{key}" for s in ("where", "urgent") for key in ConditionSettings.model_fields}
    keys |= {f"again__{key}" for key in AgainSettings.model_fields}
    assert keys <= names


def test_one_is_only_changed_when_that_is_meant(cli, configured, store):
    given = ("subscriptions", "add", "fast", "--filter", "young_sn", "--channel", "team")
    cli(*given)

    result = cli(*given, "--digest", "daily")

    assert result.exit_code == 1
    assert result.stderr == "alertwatch: there is a subscription 'fast' already; --replace changes it\n"
    assert cli(*given, "--digest", "daily", "--replace").exit_code == 0
    assert listed(cli)["fast"]["policy"] == "daily digest at 08:00"


def test_one_of_the_settings_file_is_changed_there(cli, configured, store):
    result = cli("subscriptions", "add", "young", "--filter", "young_sn", "--channel", "team", "--replace")

    assert result.exit_code == 1
    assert result.stderr == ("alertwatch: [subscriptions.young] stands in alertwatch.toml; change it there\n")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--filter", "yung_sn", "--channel", "team"],
            "[subscriptions.fast] filters: no filter 'yung_sn' is configured; did you mean 'young_sn'?",
        ),
        (
            ["--filter", "young_sn", "--channel", "teem"],
            "[subscriptions.fast] channels: no channel 'teem' is configured; did you mean 'team'?",
        ),
        (
            ["--filter", "young_sn", "--channel", "team", "--min-probability", "60"],
            "[subscriptions.fast.where] min_probability should be less than or equal to 1",
        ),
        (
            ["--filter", "young_sn", "--channel", "team", "--urgent-cone", "150.1 2.2"],
            "[subscriptions.fast.urgent] cones number 1 is no circle",
        ),
        (
            ["--filter", "young_sn", "--channel", "team", "--quiet", "9 to 5"],
            '[subscriptions.fast] quiet is no range of hours; write it like "09:00-18:00 America/Santiago"',
        ),
    ],
)
def test_what_cannot_work_is_not_added(cli, configured, store, options, sentence):
    result = cli("subscriptions", "add", "fast", *options)

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert set(listed(cli)) == {"young"}


def test_a_name_that_the_settings_file_could_not_hold_is_refused(cli, configured, store):
    result = cli("subscriptions", "add", "Fast One", "--filter", "young_sn", "--channel", "team")

    assert result.exit_code == 2
    assert "a name begins with a letter and is made of a-z, 0-9 and _" in result.stderr


def test_without_a_database_the_ways_to_one_are_said(cli, configured):
    result = cli("subscriptions", "add", "fast", "--filter", "young_sn", "--channel", "team")

    assert result.exit_code == 1
    assert result.stderr == (
        "alertwatch: there is no database to keep 'fast' in yet; `alertwatch run` makes it, "
        "or write [subscriptions.fast] into alertwatch.toml\n"
    )


def test_one_that_was_added_is_removed_with_what_waits_for_it(cli, configured, store):
    cli("subscriptions", "add", "fast", "--filter", "young_sn", "--channel", "team")
    with store.write() as tx:
        outbox.add(tx, [a_row("1", "fast")], 1.7e9)

    result = cli("subscriptions", "remove", "fast")

    assert result.stdout == "fast is removed; 1 that waited are not told\n"
    assert states(store) == [("skipped", "the subscription was removed")]
    assert set(listed(cli)) == {"young"}


def test_one_of_the_settings_file_is_removed_there(cli, configured, waiting):
    result = cli("subscriptions", "remove", "young")

    assert result.exit_code == 1
    assert result.stderr == (
        "alertwatch: [subscriptions.young] stands in alertwatch.toml; remove it there, "
        "or hold it back with `alertwatch subscriptions pause young`\n"
    )
    assert listed(cli)["young"]["waiting"] == 2


def test_one_that_is_there_twice_is_said_until_the_added_one_is_removed(cli, configured, waiting):
    with waiting.write() as tx:
        subscriptions.add(tx, "young", {"filters": ["young_sn"], "channels": ["pi"]}, 1.7e9)
    cli("subscriptions", "pause", "young")

    assert "was added by command too" in cli("subscriptions").stderr
    assert cli("subscriptions", "remove", "young").stdout == (
        "young is removed; that of the settings file stays\n"
    )
    assert cli("subscriptions").stderr == ""
    row = listed(cli)["young"]
    assert (row["channels"], row["waiting"], row["state"][:6]) == (["team", "pi"], 2, "paused")


def test_one_whose_channel_is_gone_is_listed_with_its_problem(cli, configured, store):
    cli("subscriptions", "add", "fast", "--filter", "young_sn", "--channel", "pi")
    text = configured.read_text().replace("[channels.pi]", "[channels.po]").replace('"team", "pi"', '"team"')
    configured.write_text(text)

    result = cli("subscriptions")

    problem = "[subscriptions.fast] channels: no channel 'pi' is configured; known are: po, team"
    assert "waits: mend it" in result.stdout
    assert result.stderr == f"! {problem}\n"
    assert problem in cli("subscriptions", "show", "fast").stdout
    assert cli("subscriptions", "test", "fast").exit_code == 2
    assert listed(cli)["young"]["state"] == "on"


# -- pause and resume ----------------------------------------------------------------------------------------


def test_a_paused_one_is_listed_so_and_keeps_what_waits(cli, configured, waiting):
    assert "waits for `alertwatch subscriptions resume young`" in cli("subscriptions", "pause", "young").stdout
    assert "is paused already, since 20" in cli("subscriptions", "pause", "young").stdout

    row = listed(cli)["young"]
    assert row["state"].startswith("paused for ")
    assert row["waiting"] == 2


def test_resumed_it_tells_what_waited(cli, configured, waiting):
    cli("subscriptions", "pause", "young")

    assert cli("subscriptions", "resume", "young").stdout == "young tells again\n"
    assert cli("subscriptions", "resume", "young").stdout == "young was not paused\n"
    with waiting.read() as tx:
        quiet, paused = sorted(outbox.waiting(tx, "young"), key=lambda row: row.id)
    assert quiet.due == 1.8e9
    assert paused.due < 1.9e9
    assert listed(cli)["young"]["state"] == "on"


def test_what_waited_can_be_skipped(cli, configured, waiting):
    cli("subscriptions", "pause", "young")

    assert cli("subscriptions", "resume", "young", "--skip").stdout == (
        "young tells again; 2 that waited are not told\n"
    )
    skipped = ("skipped", "skipped when the subscription was resumed")
    assert states(waiting) == [skipped, skipped, ("told", "new")]
