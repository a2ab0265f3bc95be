"""`alertwatch subscriptions test` and `preview`, through real sinks."""

from __future__ import annotations

import pytest

from alertwatch import render
from alertwatch.alert import Classification
from alertwatch.store import labels, verdicts
from alertwatch.store.labels import Label
from tests.sinks.smtp_servers import smtp_server
from tests.store.examples import an_alert, judged

SETTINGS = """
[filters.young_sn]
[plugins]
folders = ["sinks"]
[channels.log]
use = "file"
path = "told.jsonl"
[channels.pi]
use = "email"
to = ["pi@example.org"]
sender = "alertwatch <watch@example.org>"
host = "127.0.0.1"
port = {port}
security = "none"
[channels.odd]
[subscriptions.both]
filters = ["young_sn"]
channels = ["log", "pi"]
[subscriptions.odd]
filters = ["young_sn"]
channels = ["odd", "log"]
[subscriptions.bright]
filters = ["young_sn"]
channels = ["log"]
where = {{ brighter_than = 15.0 }}
pictures = false
"""

ODD = '''
"""Fails."""

from alertwatch.sink import Sink, SinkSettings


class Settings(SinkSettings):
    """Nothing."""


class Odd(Sink[Settings]):
    """Fails in its own way."""

    def check(self):
        return "well"

    def send(self, notification):
        raise KeyError("xoxb-a-secret")
'''


@pytest.fixture(autouse=True)
def our_templates():
    """Commands choose the templates of the whole process."""
    yield
    render.use_templates(None)


@pytest.fixture
def mailbox():
    with smtp_server() as mailbox:
        yield mailbox


@pytest.fixture
def settings_file(folder, mailbox):
    path = folder / "alertwatch.toml"
    path.write_text(SETTINGS.format(port=mailbox.port))
    (folder / "sinks").mkdir()
    (folder / "sinks" / "odd.py").write_text(ODD)
    return path


@pytest.fixture
def matched(store):
    """A database that holds two matches, the newer one of ZTF26newer."""
    with store.write() as tx:
        older = an_alert("ZTF26older", mjd=60000.0)
        newer = an_alert(
            "ZTF26newer",
            classifications=(Classification(classifier="stamp_classifier", probabilities={"SN": 0.9}),),
        )
        verdicts.save(tx, [judged(older), judged(newer)], 10.0)
    return store


# -- test ------------------------------------------------------------------------------------------------


def test_a_test_message_reaches_every_channel_and_says_what_it_is(cli, settings_file, mailbox, folder):
    result = cli("subscriptions", "test", "both")

    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()
    assert first.startswith("✓ log: ")
    assert second.startswith("✓ pi: ")
    assert "the test message was sent" in second
    assert "Test of the subscription both" in str(mailbox.only()["Subject"])
    assert "Nothing was found" in (folder / "told.jsonl").read_text()


def test_a_second_test_is_a_second_message(cli, settings_file, mailbox):
    cli("subscriptions", "test", "both")
    cli("subscriptions", "test", "both")

    assert len({str(letter.message["Message-ID"]) for letter in mailbox.letters}) == 2


def test_a_channel_that_refuses_is_a_cross_and_its_exit_code(cli, settings_file, mailbox, folder):
    mailbox.script("RCPT", "550 5.1.1 no such user", "550 5.1.1 no such user")

    result = cli("subscriptions", "test", "both")

    assert result.exit_code != 0
    assert "✓ log: " in result.stdout
    assert "✗ pi: " in result.stdout
    assert "no such user" in result.stdout


def test_a_channel_that_does_not_answer_is_a_cross_and_its_exit_code(cli, settings_file):
    settings_file.write_text(SETTINGS.format(port=1))

    result = cli("subscriptions", "test", "both")

    assert result.exit_code == 75
    assert "✗ pi: 127.0.0.1:1 cannot be reached" in result.stdout


def test_a_sink_that_fails_in_its_own_way_says_so_without_its_words(cli, settings_file):
    result = cli("subscriptions", "test", "odd")

    assert result.exit_code == 75
    assert "✗ odd: failed with KeyError; --debug shows where" in result.stdout
    assert "xoxb" not in result.output
    assert "✓ log: " in result.stdout
    with pytest.raises(KeyError):
        cli("--debug", "subscriptions", "test", "odd")


def test_a_channel_that_the_settings_get_wrong_is_a_cross(cli, settings_file):
    settings_file.write_text(settings_file.read_text().replace('use = "file"', 'use = "fyle"'))

    result = cli("subscriptions", "test", "both")

    assert result.exit_code == 2
    assert "✗ log: [channels.log] uses 'fyle', which is no sink; did you mean 'file'?" in result.stdout


def test_a_channel_that_is_not_there_is_a_cross(cli, settings_file):
    settings_file.write_text(settings_file.read_text().replace("[channels.log]", "[channels.lug]"))

    result = cli("subscriptions", "test", "bright")

    assert result.exit_code == 2
    assert "✗ log: no channel 'log' is configured; did you mean 'lug'?" in result.stdout


def test_a_disabled_channel_is_tested_and_named(cli, settings_file):
    settings_file.write_text(settings_file.read_text().replace('use = "file"', 'use = "file"\nenabled = false'))

    result = cli("subscriptions", "test", "bright")

    assert result.exit_code == 0
    assert "but [channels.log] enabled = false keeps what is for it" in result.stdout


# -- preview ---------------------------------------------------------------------------------------------


def test_a_preview_is_the_newest_match_as_each_channel_shows_it(cli, settings_file, matched, mailbox, folder):
    with matched.write() as tx:
        said = {"label": "claim", "by": "ana", "via": "command", "added_at": 10.0}
        labels.add(tx, Label(survey="ztf", object_id="ZTF26newer", **said))

    result = cli("subscriptions", "preview", "both")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("SN candidate ZTF26newer: ")
    assert "claimed by ana" in result.stdout
    assert "pi: preview/pi.html" in result.stderr
    page = (folder / "preview" / "pi.html").read_text()
    assert "ZTF26newer" in page
    assert "data:image/png" in page
    assert mailbox.letters == []


def test_a_preview_of_an_object_goes_where_it_is_told_to(cli, settings_file, matched, folder):
    result = cli("subscriptions", "preview", "bright", "--object", "ZTF26older", "--to", "some/where")

    assert "ZTF26older" in result.stdout
    assert result.stderr.startswith(
        "the match of 2023-02-25 00:00 UTC alone would not be told: mag 18.5 is not brighter than 15"
    )
    (told,) = (folder / "some" / "where").iterdir()
    assert "ZTF26older" in told.read_text()


def test_without_any_match_the_preview_is_about_an_invented_object(cli, settings_file):
    result = cli("subscriptions", "preview", "both")

    assert result.exit_code == 0, result.output
    assert "ZTF26example" in result.stdout
    assert result.stderr.startswith("nothing has matched yet: this is an invented object\n")


def test_an_object_that_never_matched_is_said(cli, settings_file, matched):
    result = cli("subscriptions", "preview", "both", "--object", "ZTF26never")

    assert result.exit_code == 1
    assert result.stderr == (
        "alertwatch: no filter of 'both' has matched ZTF26never; `alertwatch matches` lists what did\n"
    )


def test_a_folder_that_cannot_be_written_is_said(cli, settings_file, folder):
    (folder / "taken").write_text("a file")

    result = cli("subscriptions", "preview", "bright", "--to", "taken/too")

    assert result.exit_code == 1
    assert "taken/too cannot be written: Not a directory" in result.stderr


def test_templates_of_ones_own_are_previewed(cli, settings_file, folder):
    (folder / "templates").mkdir()
    (folder / "templates" / "object.txt.j2").write_text("Look at {{ entries[0].name }}!")
    settings_file.write_text(settings_file.read_text() + '[notifications]\ntemplates = "templates"\n')

    assert cli("subscriptions", "preview", "bright").stdout == "Look at ZTF26example!\n"
