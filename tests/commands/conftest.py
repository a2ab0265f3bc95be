"""A command line in a folder of its own, with a settings file, a database, and nothing in the environment."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from click.testing import CliRunner, Result

from alertwatch.__main__ import main
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store

SETTINGS = """
[sources.ztf]
brokers = "localhost:1"
group_id = "tests"
[sources.ztf.topics]
"stamp_classifier_{date}" = "ztf_stamp"
[filters.young_sn]
[filters.bright_young_sn]
use = "young_sn"
brighter_than = 18.5
"""

Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that commands run in."""
    for name in list(os.environ):
        if name.startswith("ALERTWATCH_") and not name.startswith("ALERTWATCH_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    handlers, level = logging.root.handlers, logging.root.level
    yield tmp_path
    logging.root.handlers, logging.root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


@pytest.fixture
def cli() -> Cli:
    """``cli("matches", "--limit", "3")`` as a person would type it; the result has output and exit code."""

    def run(*arguments: str, **options: str | bytes) -> Result:
        return CliRunner().invoke(main, arguments, catch_exceptions=False, **options)

    return run


@pytest.fixture
def settings_file(folder: Path) -> Path:
    """``alertwatch.toml`` with one source, two filters and a database beside it."""
    path = folder / "alertwatch.toml"
    path.write_text(SETTINGS)
    return path


@pytest.fixture
def store(settings_file: Path, sqlite_url: str) -> Iterator[Store]:
    """The database that the settings name, made and open."""
    with Store.open(DatabaseSettings(url=sqlite_url)) as store:
        yield store


@pytest.fixture
def either_store(settings_file: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The same on SQLite, then on PostgreSQL, whose password is in the environment."""
    url = sa.make_url(database_url)
    if url.password is not None:
        monkeypatch.setenv("ALERTWATCH_DATABASE__PASSWORD", url.password)
    settings_file.write_text(f'{SETTINGS}[database]\nurl = "{url._replace(password=None)}"\n')
    with Store.open(DatabaseSettings(url=database_url)) as store:
        yield store


@pytest.fixture
def store_at() -> Callable[[Path], None]:
    """Makes a database in a file and closes it."""

    def make(file: Path) -> None:
        Store.open(DatabaseSettings(url=f"sqlite:///{file}")).close()

    return make
