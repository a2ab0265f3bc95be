from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from pydantic import ValidationError

from alertwatch import logs
from alertwatch.errors import SettingsError
from alertwatch.secrets import passwords, reveal
from alertwatch.settings import DatabaseSettings, Settings

SECRET = "hunter2-correct-horse"
SOURCE = """
[sources.ztf]
brokers = "b:1"
group_id = "g"
topics = {a = "ztf_stamp"}
"""


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (
            SOURCE + f"password = '{SECRET}'",
            "line 6: [sources.ztf] password must not stand in this file; set ALERTWATCH_SOURCES__ZTF__PASSWORD",
        ),
        (
            SOURCE + f"username = '{SECRET}'",
            "line 6: [sources.ztf] username must not stand in this file; set ALERTWATCH_SOURCES__ZTF__USERNAME",
        ),
        (
            f"[database]\npassword = '{SECRET}'",
            "line 2: [database] password must not stand in this file; set ALERTWATCH_DATABASE__PASSWORD, or",
        ),
        (
            f"[database]\nurl = 'postgresql+psycopg://me:{SECRET}@db/alerts'",
            "line 2: [database] url holds a password; take it out and set ALERTWATCH_DATABASE__PASSWORD, or",
        ),
        (
            f"[apis.ztf]\nurl = 'https://me:{SECRET}@api'",
            "line 2: [apis.ztf] url holds a password; take it out and set ALERTWATCH_APIS__ZTF__URL to",
        ),
        (
            SOURCE + f"kafka = {{'ssl.key.password' = '{SECRET}'}}",
            "line 6: [sources.ztf.kafka] ssl.key.password must not stand in this file; set ALERTWATCH_",
        ),
        (
            SOURCE + f"pasword = '{SECRET}'",
            "line 6: [sources.ztf] pasword is no setting; did you mean 'password'?",
        ),
        (SOURCE + f"security = '{SECRET}'", "line 6: [sources.ztf] security should be 'PLAINTEXT', "),
    ],
)
def test_a_secret_in_the_file_is_refused_without_repeating_it(loaded, toml, sentence):
    with pytest.raises(SettingsError) as caught:
        loaded(toml)

    assert str(caught.value).startswith(f"alertwatch.toml, {sentence}")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_secret_comes_from_the_environment_or_from_a_file(loaded, tmp_path):
    (tmp_path / "pw").write_text(SECRET + "\n")
    settings = loaded(SOURCE + "password_file = 'pw'", SOURCES__ZTF__USERNAME="me")

    assert reveal(settings.sources["ztf"], "username") == "me"
    assert reveal(settings.sources["ztf"], "password") == SECRET
    assert reveal(settings.database, "password") is None


def test_the_environment_wins_over_the_file(loaded, tmp_path):
    (tmp_path / "pw").write_text("old\n")
    settings = loaded(SOURCE + "password_file = 'pw'", SOURCES__ZTF__PASSWORD=SECRET)

    assert reveal(settings.sources["ztf"], "password") == SECRET


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: No such file"), (b"", "is empty"), (b"\xff\xfe", "is not text")],
)
def test_a_file_without_a_secret_is_a_sentence(loaded, tmp_path, content, reason):
    if content is not None:
        (tmp_path / "pw").write_bytes(content)
    settings = loaded("[database]\npassword_file = 'pw'")

    with pytest.raises(SettingsError, match=f"password_file .*/pw {reason}"):
        reveal(settings.database, "password")
    assert list(passwords(settings)) == []


def test_a_password_in_an_address_from_the_environment_is_taken_out_of_it(loaded):
    settings = loaded(DATABASE__URL="postgresql+psycopg://me:p%40ss@db/alerts?sslmode=require")

    assert settings.database.url == "postgresql+psycopg://me@db/alerts?sslmode=require"
    assert reveal(settings.database, "password") == "p@ss"


def test_a_password_among_the_options_of_an_address_is_refused():
    with pytest.raises(ValidationError, match=r"use database\.password") as caught:
        DatabaseSettings(url=f"postgresql+psycopg://me@db/alerts?password={SECRET}")

    assert SECRET not in str(caught.value)


@pytest.fixture
def secretive(loaded) -> Settings:
    return loaded(
        SOURCE,
        SOURCES__ZTF__USERNAME="astronomer",
        SOURCES__ZTF__PASSWORD=SECRET,
        SOURCES__ZTF__KAFKA='{"ssl.key.password": "also-secret"}',
        DATABASE__URL="postgresql+psycopg://me:third-secret@db/alerts",
    )


def test_all_passwords_are_known_for_redaction_and_user_names_are_not(secretive):
    assert set(passwords(secretive)) == {SECRET, "also-secret", "third-secret"}


def test_settings_never_show_a_secret(secretive):
    shown = repr(secretive) + str(secretive) + f"{secretive.sources}"

    for secret in (*passwords(secretive), "astronomer"):
        assert secret not in shown


# -- logs ------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(secretive, monkeypatch):
    """Logs as JSON into a buffer; ``lines()`` reads it."""
    out = io.StringIO()
    handlers, level = logging.root.handlers, logging.root.level
    logs.configure(secretive, out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logging.root.handlers, logging.root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_a_line_has_its_event_context_level_and_time_in_utc(log):
    structlog.get_logger("consumer.loop").bind(topic="t").info("batch stored", messages=3)

    (line,) = log()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "batch stored",
        "topic": "t",
        "messages": 3,
        "level": "info",
        "logger": "consumer.loop",
    }


def test_libraries_log_the_same_way(log):
    logging.getLogger("some.library").warning("lost %s connections", 3)

    (line,) = log()
    assert (line["event"], line["level"], line["logger"]) == ("lost 3 connections", "warning", "some.library")


def test_levels_and_noise_below_the_wanted_one_are_left_out(log):
    structlog.get_logger().debug("detail")
    logging.getLogger("httpx").info("HTTP Request: GET …")
    logging.getLogger("alembic.runtime").info("Context impl")

    assert log() == []


def test_no_line_ever_holds_a_password(log, secretive):
    logger = structlog.get_logger("x")
    logger.info(
        f"connect with {SECRET}", url=f"https://me:{SECRET}@h", deep={"a": [SECRET, (SECRET.encode(),)]}
    )
    logging.getLogger("library").error("login %s failed", SECRET, extra={"config": {"password": SECRET}})
    try:
        int(SECRET)
    except ValueError:
        logger.exception("failed", reason=secretive.database)

    said = json.dumps(log())
    assert len(log()) == 3
    assert logs.HIDDEN in json.dumps(log(), ensure_ascii=False)
    for secret in passwords(secretive):
        assert secret not in said


def test_numbers_and_nothing_stay_what_they_are(log):
    structlog.get_logger().info("e", offset=2**62, share=0.5, found=None, ok=True)

    (line,) = log()
    assert (line["offset"], line["share"], line["found"], line["ok"]) == (2**62, 0.5, None, True)


def test_a_person_at_a_terminal_gets_readable_lines(secretive):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    handlers, level = logging.root.handlers, logging.root.level
    logs.configure(secretive, out)
    structlog.get_logger("consumer.loop").info("match", object="ZTF26aaaaaaa")
    logging.root.handlers, logging.root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()

    assert "match" in out.getvalue()
    assert "ZTF26aaaaaaa" in out.getvalue()
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(out.getvalue())
