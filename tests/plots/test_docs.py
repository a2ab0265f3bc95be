"""The page on plots can be typed as it stands."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

from alertwatch.__main__ import main
from alertwatch.alert import Part
from alertwatch.commands.plot import FORMATS, LIGHT_CURVES, OTHERS
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, verdicts
from tests.plots.figures import seen
from tests.store.examples import an_alert, judged
from tests.support.data import ROOT

PAGE = (ROOT / "docs" / "plots.md").read_text()
OID = "ZTF24abcdefg"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and a match."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTWATCH_CONFIG", raising=False)
    monkeypatch.setattr(click, "launch", lambda path: 0)
    (tmp_path / "alertwatch.toml").write_text('[database]\nurl = "sqlite:///alertwatch.db"\n')
    curve = tuple(seen(61000.0 + n / 10, 19.0 - n / 10, "gri"[n % 3], alert_id=str(n)) for n in range(9))
    alert = an_alert(OID, detections=curve, parts=frozenset({Part.DETECTIONS}))
    with (
        Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path / 'alertwatch.db'}")) as store,
        store.write() as tx,
    ):
        verdicts.save(tx, [judged(alert)], now=1.7e9)
    return tmp_path


def test_the_python_of_the_page_runs(folder: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, "docs/plots.md", "exec"), names)
        assert isinstance(names["figure"], Figure) or block == blocks("python")[-1]
    assert (folder / "light-curve.png").stat().st_size > 10_000
    assert "plotly" in (folder / "light-curve.html").read_text()


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_the_command_lines_of_the_page_run(line: str) -> None:
    result = CliRunner().invoke(main, shlex.split(line.partition(" > ")[0])[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output


def test_the_page_names_every_kind_and_format() -> None:
    commands = PAGE.partition("## On the command line")[2].partition("## Light curves")[0]
    assert [kind for kind in (*LIGHT_CURVES, *OTHERS) if f"`{kind}`" not in commands] == []
    assert [name for name in FORMATS if name not in commands] == []


def test_every_picture_of_the_page_is_drawn_by_a_script() -> None:
    drawn = {name for name, _ in runpy.run_path(str(ROOT / "docs" / "pictures.py"))["pictures"]()}
    assert drawn == set(re.findall(r"images/plots-(\w+)\.png", PAGE))
