from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from alertwatch import loader
from consumer.kafka.cluster import Cluster
from tests.lookup import fake_api
from tests.lookup.fake_api import Reply

PLAIN = """
[sources.ztf]
brokers = "{brokers}"
group_id = "tests"
[sources.ztf.topics]
{topic} = "ztf_stamp"
"stamp_classifier_{{date}}" = "ztf_stamp"
[apis.ztf]
url = "{api}"
[filters.young_sn]
"""


@pytest.fixture
def api():
    with fake_api.running() as api:
        yield api


@pytest.fixture
def ready(embedded_kafka, api, folder) -> Path:
    """Settings of which everything exists."""
    topic = embedded_kafka.topic()
    embedded_kafka.produce(topic, [b"one"])
    path = folder / "alertwatch.toml"
    path.write_text(PLAIN.format(brokers=embedded_kafka.bootstrap, topic=topic, api=api.url))
    return path


def test_init_writes_settings_that_load(cli, folder):
    result = cli("init")

    assert result.exit_code == 0
    assert "ALERTWATCH_SOURCES__ZTF__PASSWORD" in result.stdout
    settings = loader.load(folder / "alertwatch.toml")
    assert settings.sources["ztf"].brokers == "kafka.alerce.science:9093"
    assert list(settings.filters) == ["young_sn"]


def test_every_line_that_init_comments_out_is_a_setting_too(cli, folder):
    cli("init")
    path = folder / "alertwatch.toml"
    lines = path.read_text().splitlines()
    # "# key = value" and "# [section]" come alive; of a key given twice the first stays
    alive = [line[2:] if line.startswith(("# [", '# "')) or _is_setting(line) else line for line in lines]
    text = "\n".join(alive).replace('brokers = "…"', 'brokers = "b:1"').replace("# my_filters", "")
    text = text.replace('url = "postgresql', '# url = "postgresql')
    path.write_text(text)

    settings = loader.load(path)

    assert set(settings.sources) == {"ztf", "lsst"}
    assert set(settings.apis) == {"ztf", "lsst"}
    assert set(settings.filters) == {"young_sn", "bright_young_sn", "agn_flare"}
    assert set(settings.channels) == {"team", "pi"}
    assert settings.subscriptions["young_sn"].channels == ("team", "pi")


def _is_setting(line: str) -> bool:
    head, equals, _ = line.removeprefix("# ").partition(" = ")
    return line.startswith("# ") and bool(equals) and head.isidentifier()


def test_init_never_overwrites_by_accident(cli, settings_file):
    before = settings_file.read_text()

    result = cli("init")

    assert (result.exit_code, settings_file.read_text()) == (2, before)
    assert result.stderr == "alertwatch: alertwatch.toml exists already; --force overwrites it\n"
    assert cli("init", "--force").exit_code == 0
    assert settings_file.read_text() != before


def test_init_where_nothing_can_be_written_is_a_sentence(cli):
    result = cli("--config", "no/such/folder.toml", "init")

    assert result.exit_code == 2
    assert "no/such/folder.toml cannot be written: No such file or directory" in result.stderr


def test_all_in_place_is_a_tick_each_and_exit_code_0(cli, ready):
    result = cli("check")

    assert result.exit_code == 0, result.output
    assert [line[0] for line in result.stdout.splitlines()] == list("✓✓✓✓!!✓")
    assert re.search(
        r"! sources.ztf.topics: stamp_classifier_20\d{6} is not yet created tonight", result.stdout
    )
    assert "alertwatch.db is not there yet; `alertwatch run` makes it" in result.stdout
    assert not ready.with_name("alertwatch.db").exists()


def test_the_newest_daily_topic_is_named_beside_tonights_that_is_missing(cli, ready, embedded_kafka):
    ready.write_text(ready.read_text().replace("stamp_classifier_", "newest_"))
    embedded_kafka.produce("newest_20200101", [b"one"])
    embedded_kafka.produce("newest_20200102", [b"one"])

    result = cli("check")

    assert result.exit_code == 0
    assert "✓ sources.ztf.topics: newest_20200102 and 1 more → ztf_stamp" in result.stdout
    assert re.search(r"newest_202\d{5} is not yet created tonight", result.stdout)


def test_wrong_settings_are_said_and_nothing_else_is_tried(cli, settings_file):
    settings_file.write_text("[filter.young_sn]\n")

    result = cli("check")

    assert result.exit_code == 2
    assert result.stdout == (
        "✗ alertwatch.toml, line 1: [filter] is no section of the settings; did you mean 'filters'?\n"
    )


def test_a_broker_that_does_not_answer_is_a_cross(cli, ready, monkeypatch):
    monkeypatch.setattr(Cluster.partitions, "__defaults__", (0.1,))
    ready.write_text(ready.read_text().replace('brokers = "', 'brokers = "localhost:1" # '))

    result = cli("check")

    assert result.exit_code == 75
    assert "✗ No Kafka broker answers at localhost:1" in result.stdout


def test_an_api_that_fails_is_a_cross_and_a_strange_path_is_not(cli, ready, api):
    assert f"✓ apis.ztf.url: {api.url} answers" in cli("check").stdout  # with a 404

    api.every = Reply(status=503)
    result = cli("check")

    assert result.exit_code == 75
    assert f"✗ apis.ztf.url: {api.url} answers with an error (503)" in result.stdout


def test_a_database_that_is_newer_is_a_cross(cli, ready, store_at):
    file = ready.with_name("alertwatch.db")
    store_at(file)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    result = cli("check")

    assert result.exit_code == 4
    assert "was written by a newer alertwatch" in result.stdout


def test_a_database_that_is_up_to_date_is_a_tick(cli, ready, store_at):
    store_at(ready.with_name("alertwatch.db"))

    assert "alertwatch.db is up to date" in cli("check").stdout


def test_a_folder_that_cannot_hold_a_database_is_a_cross(cli, ready, folder):
    ready.write_text('[database]\nurl = "sqlite:///no/such/folder/x.db"\n' + ready.read_text())

    result = cli("check")

    assert result.exit_code == 2
    assert "no/such/folder is not a writable folder" in result.stdout


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("", "filters: none is configured"),
        ("", "sources: none is configured"),
        ('[filters.x]\nuse = "young_sm"', "uses 'young_sm', which is no filter; did you mean 'young_sn'?"),
        (
            '[sources.a]\nbrokers="x:1"\ngroup_id="g"\n[sources.a.topics]\nt = "ztf_stmp"',
            "[sources.a.topics] 't' is to be read by 'ztf_stmp', which is no reader; did you mean 'ztf_stamp'?",
        ),
        (
            '[sources.a]\nbrokers="x:1"\ngroup_id="g"\nsecurity="SASL_SSL"\n[sources.a.topics]\nt = "ztf_lc"',
            "[sources.a] SASL_SSL needs a password: set ALERTWATCH_SOURCES__A__PASSWORD, or password_file",
        ),
    ],
)
def test_what_cannot_work_is_said(cli, settings_file, monkeypatch, settings, sentence):
    monkeypatch.setattr(Cluster.partitions, "__defaults__", (0.1,))
    settings_file.write_text(settings)

    result = cli("check")

    assert result.exit_code == 2
    assert sentence in result.stdout
