"""``alertwatch check`` asks each channel whether it would take a message."""

from __future__ import annotations

import pytest

from consumer.kafka.cluster import Cluster
from tests.sinks.counterparts import receiver
from tests.support.ports import free_port


@pytest.fixture
def channels(settings_file, monkeypatch):
    """``channels(toml)``: settings with these channels, and a broker that is not waited for."""
    monkeypatch.setattr(Cluster.partitions, "__defaults__", (0.1,))
    return lambda toml: settings_file.write_text(settings_file.read_text() + toml)


def test_a_channel_that_would_take_a_message_is_a_tick(cli, channels, folder):
    with receiver() as web:
        channels(f'[channels.hook]\nuse = "webhook"\nurl = "{web.url}"\n[channels.file]\npath = "a.jsonl"\n')
        said = cli("check").stdout

    assert "✓ channels.hook: 127.0.0.1 answers" in said
    assert f"✓ channels.file: {folder}/a.jsonl is not there yet; the first message makes it" in said
    assert web.posts == []
    assert not (folder / "a.jsonl").exists()


def test_a_channel_that_is_away_is_a_cross(cli, channels):
    channels(f'[channels.hook]\nuse = "webhook"\nurl = "http://127.0.0.1:{free_port()}"\n')
    result = cli("check")

    assert "✗ channels.hook: 127.0.0.1 does not answer" in result.stdout
    assert result.exit_code == 75


def test_a_sink_of_ones_own_that_fails_is_a_cross(cli, channels, folder):
    (folder / "mine").mkdir()
    (folder / "mine" / "broken.py").write_text(
        '"""For a test."""\nfrom alertwatch.sink import Sink, SinkSettings\n'
        "class Broken(Sink[SinkSettings]):\n"
        "    def check(self):\n        raise KeyError('hunter2')\n    send = check\n"
    )
    channels('[plugins]\nfolders = ["mine"]\n[channels.broken]\n')
    result = cli("check")

    assert "✗ channels.broken: its check failed with KeyError" in result.stdout
    assert "hunter2" not in result.output


def test_a_channel_that_is_switched_off_is_not_asked(cli, channels):
    channels('[channels.file]\npath = "no/such/folder/a.jsonl"\nenabled = false\n')

    assert "channels.file" not in cli("check").stdout


def test_a_channel_that_lacks_a_setting_is_said_before_any_is_asked(cli, channels):
    channels("[channels.file]\n")
    result = cli("check")

    assert "✗ [channels.file] path is missing (the file; its folder must be there)" in result.stdout
    assert result.exit_code == 2


def test_no_command_shows_a_channels_secret(cli, channels):
    secret = "hunter2-correct-horse"
    channels(
        f'[channels.hook]\nuse = "webhook"\nurl = "http://127.0.0.1:{free_port()}"\nheaders = {{X-A = "b"}}\n'
    )
    variables = {
        "ALERTWATCH_CHANNELS__HOOK__TOKEN": secret,
        "ALERTWATCH_CHANNELS__HOOK__SECRET": secret,
        "ALERTWATCH_LOGGING__LEVEL": "debug",
    }

    for command in ("check", "sinks", "sinks show webhook", "filters"):
        assert secret not in cli(*command.split(), env=variables).output
