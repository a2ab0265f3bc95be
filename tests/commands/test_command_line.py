"""What all commands share: help, the settings file, errors as sentences, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from alertwatch import commands
from alertwatch.__main__ import main
from alertwatch.errors import (
    AccessDenied,
    AlertwatchError,
    BadInput,
    DatabaseTooNew,
    SettingsError,
    StoreUnavailable,
)

HEAVY = ("sqlalchemy", "confluent_kafka", "astropy", "pandas", "httpx", "matplotlib", "alembic")


def test_help_lists_every_file_of_the_commands_folder(cli):
    files = [path.stem for path in Path(commands.__file__).parent.glob("*.py") if path.stem != "__init__"]

    shown = cli("--help").output

    for name in files:
        assert f"\n  {name.replace('_', '-')}" in shown


def test_every_command_says_what_it_does():
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(), name


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from click.testing import CliRunner; from alertwatch.__main__ import main;"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_command_is_a_usage_error(cli):
    result = cli("matchs")

    assert result.exit_code == 2
    assert "No such command 'matchs'" in result.output


def test_without_a_settings_file_the_way_to_one_is_said(cli):
    result = cli("matches")

    assert result.exit_code == SettingsError.exit_code
    assert result.stderr == (
        "alertwatch: there is no settings file alertwatch.toml; "
        "`alertwatch init` writes one, --config FILE names another\n"
    )


def test_another_settings_file_is_named_by_option_or_environment(cli, settings_file):
    other = settings_file.rename(settings_file.with_name("other.toml"))

    assert cli("--config", str(other), "filters").exit_code == 0
    assert cli("filters", env={"ALERTWATCH_CONFIG": str(other)}).exit_code == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("that is bad"), 1),
        (SettingsError("that is wrong"), 2),
        (AccessDenied("no entry"), 3),
        (DatabaseTooNew("too new"), 4),
        (StoreUnavailable("not now"), 75),
    ],
)
def test_an_error_is_one_sentence_and_its_exit_code(cli, monkeypatch, error: AlertwatchError, code: int):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("alertwatch.loader.load", fail)

    result = cli("matches")

    assert (result.exit_code, result.stderr, result.stdout) == (code, f"alertwatch: {error}\n", "")


def test_debug_shows_the_traceback(cli):
    with pytest.raises(SettingsError):
        cli("--debug", "matches")


def test_a_reader_that_has_enough_is_no_error(settings_file):
    done = subprocess.run(
        f"{sys.executable} -m alertwatch filters show young_sn | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("young_sn")
    assert done.stderr == ""


@pytest.mark.parametrize("command", [["matches"], ["candidates"], ["dead-letters"], ["candidates", "retry"]])
def test_a_command_that_reads_makes_no_database(cli, settings_file, command):
    result = cli(*command)

    assert result.exit_code == 1
    assert "alertwatch.db yet; `alertwatch run` makes it" in result.stderr
    assert not settings_file.with_name("alertwatch.db").exists()
