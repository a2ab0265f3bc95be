from __future__ import annotations

import json


def test_every_sink_is_listed_with_the_channels_that_use_it(cli, settings_file):
    settings_file.write_text(settings_file.read_text() + '[channels.nightly]\nuse = "file"\npath = "a.jsonl"\n')
    rows = {row["name"]: row for row in json.loads(cli("sinks", "list", "--format", "json").stdout)}

    assert rows["file"]["channels"] == ["nightly"]
    assert rows["webhook"]["channels"] == []
    assert "nightly" in cli("sinks").stdout


def test_a_sink_is_shown_with_all_that_a_channel_may_set(cli, settings_file):
    listed = json.loads(cli("sinks", "show", "webhook", "--format", "json").stdout)
    shown = cli("sinks", "show", "webhook").stdout

    assert shown.startswith("webhook: used by no channel\n")
    assert "second attempts  send again" in shown
    for setting in listed["settings"]:
        assert setting["name"] in shown
        assert setting["description"] in shown
    assert {row["name"]: row["default"] for row in listed["settings"]}["url"] == "required"


def test_a_misspelt_sink_gets_the_nearest_one(cli, settings_file):
    result = cli("sinks", "show", "webhok")

    assert result.exit_code == 1
    assert result.stderr == "alertwatch: there is no sink 'webhok'; did you mean 'webhook'?\n"


def test_the_channels_of_a_sink_are_listed_as_people_write_them(cli, settings_file):
    more = "".join(
        f'[channels.{name}]\nuse = "file"\npath = "{name}.jsonl"\n' for name in ("nightly", "archive")
    )
    settings_file.write_text(settings_file.read_text() + more)
    said = cli("sinks").stdout
    assert "archive, nightly" in said
    assert "[" not in said
