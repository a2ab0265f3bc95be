"""The notebooks run from top to bottom on the demo's database, and are kept without outputs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest

import alertwatch
from alertwatch import registry
from alertwatch.report.execute import execute
from alertwatch.settings import DatabaseSettings, Settings
from alertwatch.store import Store
from tests.support.data import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def text(notebook: Any) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.slow
@every_notebook
def test_it_runs_from_top_to_bottom(path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTWATCH_CONFIG", str(demo))
    notebook = read(path)

    assert execute(notebook, path.parent) == []
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in shown if output.get("name") == "stderr"], "warnings are for the author"
    assert any("image/png" in output.get("data", ()) for output in shown)


@pytest.mark.slow
def test_the_demo_ends_with_the_commands_to_go_on_with(demo: Path) -> None:
    end = (demo.parent / "screen.txt").read_text().partition("Next, in a notebook:")[2]
    assert "  make notebooks\n" in end
    assert f"  export ALERTWATCH_CONFIG={demo}\n" in end
    brightest = alertwatch.matches("young_sn", order="brightest", limit=1, config=demo).object_id[0]
    assert f"alertwatch plot {brightest} --kind cutouts\n" in end


@pytest.mark.slow
def test_every_match_of_the_demo_has_images_and_most_have_labels(demo: Path) -> None:
    objects = alertwatch.matches(config=demo).drop_duplicates(["survey", "object_id"])
    images = [alertwatch.cutouts(object_id, config=demo) for object_id in objects.object_id]
    assert all(images)
    assert {(one.survey, *one.science.shape) for one in images} == {("ztf", 63, 63), ("lsst", 30, 30)}
    assert objects["labels"].notna().mean() > 0.5


@every_notebook
def test_without_matches_it_stops_with_a_sentence(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/alertwatch.db"
    Store.open(DatabaseSettings(url=url)).close()
    settings = f'[database]\nurl = "{url}"\n[filters.young_sn]\n[filters.agn_flare]\n'
    (tmp_path / "alertwatch.toml").write_text(settings)
    monkeypatch.setenv("ALERTWATCH_CONFIG", str(tmp_path / "alertwatch.toml"))
    code = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    sentence = r"has no match yet|no filter has matched|no source was matched"
    with pytest.raises(AssertionError, match=sentence):
        exec(code.replace("%matplotlib inline", ""), {})


@every_notebook
def test_it_is_kept_without_outputs(path: Path) -> None:
    for cell in read(path).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@every_notebook
def test_it_begins_with_a_title_and_ends_with_settings_that_work(path: Path) -> None:
    cells = read(path).cells
    assert cells[0].source.startswith("# ")
    assert cells[-1].source.startswith("## Make it yours")

    for block in re.findall(r"```toml\n(.*?)```", text(read(path)), re.DOTALL):
        registry.build(Settings.model_validate(tomllib.loads(block)))
