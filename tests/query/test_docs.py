"""The page on asking for matches can be typed as it stands."""

from __future__ import annotations

import re
import shlex
import webbrowser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import alertwatch
from alertwatch.__main__ import main
from alertwatch.alert import Cutouts
from alertwatch.commands.matches import command
from alertwatch.filter import Judged
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, verdicts
from tests.plots import fits_images
from tests.store.examples import a_verdict, an_alert
from tests.support.data import ROOT

PAGE = (ROOT / "docs" / "query.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and a match."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTWATCH_CONFIG", raising=False)
    (tmp_path / "alertwatch.toml").write_text('[database]\nurl = "sqlite:///alertwatch.db"\n')
    images = Cutouts(science=fits_images.zipped(fits_images.star()))
    with (
        Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path / 'alertwatch.db'}")) as store,
        store.write() as tx,
    ):
        verdicts.save(tx, [Judged(an_alert(), (a_verdict(),), images)], now=1.7e9)
    return tmp_path


def test_the_python_of_the_page_runs() -> None:
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, "docs/query.md", "exec"), names)
    assert names["peak"].to_dict() == {"g": 18.5, "r": 19.5}
    assert names["brightest"] == 1000
    assert f"# {names['found'].attrs['units']}" in PAGE


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_the_command_lines_of_the_page_run(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open_new_tab", lambda url: True)
    result = CliRunner().invoke(main, shlex.split(line.partition(" > ")[0])[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_the_page_names_every_option_in_both_languages() -> None:
    table = PAGE.partition("## What can be asked for")[2].partition("**Times**")[0]
    words = alertwatch.matches.__annotations__.keys() - {"return", "table", "config", "database"}
    assert [word for word in words if f"`{word}=" not in table] == []
    options = {option for parameter in command.params for option in parameter.opts} - {"--format", "--open"}
    assert [option for option in options if option not in table] == []


def test_the_page_names_every_kind_of_measurement() -> None:
    kinds: pd.Series[Any] = alertwatch.light_curve("ZTF21aaaaaaa")["kind"]
    assert all(f"| `{kind}` |" in PAGE for kind in kinds.unique())
