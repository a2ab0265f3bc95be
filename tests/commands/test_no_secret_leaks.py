"""Whatever a command prints, a password is not in it."""

from __future__ import annotations

import pytest

from consumer.kafka.cluster import Cluster

SECRET = "hunter2-correct-horse"
VARIABLES = {
    "ALERTWATCH_SOURCES__ZTF__USERNAME": "astronomer",
    "ALERTWATCH_SOURCES__ZTF__PASSWORD": SECRET,
    "ALERTWATCH_SOURCES__ZTF__SECURITY": "SASL_SSL",
    "ALERTWATCH_LOGGING__LEVEL": "debug",
}
COMMANDS = [
    "check",
    "offsets",
    "matches",
    "candidates",
    "dead-letters",
    "filters",
    "explain ZTF26aaaaaaa",
    "subscriptions",
    "label ZTF26aaaaaaa",
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(Cluster.partitions, "__defaults__", (0.1,))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_password(cli, settings_file, command):
    result = cli(*command.split(), env=VARIABLES)

    assert SECRET not in result.output


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"ALERTWATCH_DATABASE__URL": f"mysql://me:{SECRET}@nowhere/alerts"},
        {"ALERTWATCH_DATABASE__URL": f"postgresql+psycopg://me:{SECRET}@localhost:1/alerts"},
        {"ALERTWATCH_DATABASE__URL": f"postgresql+psycopg://me@localhost:1/alerts?password={SECRET}"},
        {"ALERTWATCH_SOURCES__ZTF__SECURITY": SECRET},
        {"ALERTWATCH_SOURCES__ZTF__KAFKA": SECRET},
        {"ALERTWATCH_SOURCES__ZTF__KAFKA": f'{{"ssl.key.password": "{SECRET}", "no.such": 1}}'},
        {"ALERTWATCH_SOURCES__ZTF__PASSWRD": SECRET},
    ],
    ids="".join,
)
def test_no_error_message_holds_a_password(cli, settings_file, command, wrong):
    result = cli(*command.split(), env=VARIABLES | wrong)

    assert SECRET not in result.output
    assert "Traceback" not in result.output
