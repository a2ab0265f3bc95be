"""The notebook sink and its reports: what is in them, what they are made from, and what happens in between."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest

import alertwatch
from alertwatch import report
from alertwatch.errors import ChannelRefused, ChannelUnavailable
from alertwatch.notification import Kind
from alertwatch.report import Report, apart, folder
from alertwatch.report.execute import execute
from alertwatch.report.template import filled
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store
from sinks.notebook import NotebookSettings, NotebookSink
from tests.query.test_live import arrive
from tests.sinks.counterparts import TEXT_ONLY
from tests.sinks.slack_notifications import digest, entry, match
from tests.sinks.test_contract import monster


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A settings file, its database, and a folder for reports."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "alertwatch.toml").write_text('[database]\nurl = "sqlite:///matches.db"\n')
    with Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path}/matches.db")) as store:
        arrive(store, "ZTF24abcdef")
    return tmp_path


def sink(place: Path, **more: Any) -> NotebookSink:
    own = {"folder": "reports", **more}
    return NotebookSink("reports", NotebookSettings.model_validate(own, context={"folder": place}))


def template(place: Path, *sources: str) -> str:
    cells = [dict(cell, source=source) for cell, source in zip(TEXT_ONLY["cells"], sources, strict=True)]
    (place / "own.ipynb").write_text(json.dumps(TEXT_ONLY | {"cells": cells}))
    return "own.ipynb"


def cells_of(place: Path, notification: Any, **more: Any) -> list[Any]:
    made = Report(notification=notification, config=str(place / "alertwatch.toml"), **more)
    cells: list[Any] = filled(made).cells
    return cells


@pytest.mark.slow
def test_a_report_is_executed_and_holds_all_that_it_shows(place):
    receipt = sink(place).send(match(kind=Kind.DIGEST))

    notebook = nbformat.read(place / "reports" / receipt.id, as_version=4)
    shown = [o for cell in notebook.cells for o in cell.get("outputs", ()) if "image/png" in o.get("data", ())]
    page = (place / "reports" / receipt.id).with_suffix(".html").read_text()
    assert len(shown) == 2, "a map of the sky, and a light curve"
    assert page.count("data:image/png") == 2
    assert 'alt="Light curve of ZTF24abcdef"' in page
    assert not re.search(r'(?:src|link[^>]*href)="(?!data:|#)', page), "nothing is loaded from the web"
    assert "real/bogus" in page
    assert "https://alerce.online/object/ZTF24abcdef" in page
    anchors = re.findall(r'href="#([^"]+)"', page)
    assert len(anchors) > 1
    assert set(anchors) <= set(re.findall(r'id="([^"]+)"', page)), "links inside the page lead somewhere"
    assert execute(notebook, place) == [], "it can be run again"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "said"),
    [("import os; os._exit(1)", "kernel died"), ("import time; time.sleep(60)", "took longer than 1 s")],
)
def test_a_kernel_that_dies_or_hangs_is_a_sentence(place, code, said, monkeypatch):
    monkeypatch.setattr("alertwatch.report.execute.CELL_SECONDS", 1)
    with pytest.raises(RuntimeError, match=said):
        execute(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), place)


@pytest.mark.slow
def test_a_cell_that_fails_says_so_and_the_others_go_on(place):
    (place / "matches.db").unlink()
    written = apart.write(
        Report(notification=digest(1), config=str(place / "alertwatch.toml")), place / "reports"
    )

    page = Path(written.page).read_text()
    assert written.problems
    assert all("there is no database" in problem for problem in written.problems)
    assert "This could not be shown" in page
    assert "Traceback" not in page
    assert "real/bogus" in page


def test_the_table_has_all_and_the_brightest_have_sections(place):
    cells = cells_of(place, digest(10), sections=3)

    assert sum(cell.source.startswith("## ZTF") for cell in cells) == 3
    table = next(cell.source for cell in cells if cell.source.startswith("## Objects"))
    assert sum("ZTF24aa0000" in line for line in table.splitlines()) == 10
    assert "The first 3" in table
    assert [cell.source.splitlines()[0] for cell in cells if "object_id =" in cell.source] == [
        f"object_id = 'ZTF24aa0000{n}'" for n in range(3)
    ]


def test_it_counts_what_it_holds_and_says_what_people_said_and_what_it_was_made_with(place):
    with (place / "alertwatch.toml").open("a") as file:
        file.write("[filters.young_sn]\nmax_age_days = 3.0\n")
    said = {"labels": ("“SN Ia” says ana",), "notes": ("Spectrum tonight (ben)",), "tags": ("campaign-A",)}
    words = "\n".join(
        cell.source for cell in cells_of(place, match(kind=Kind.DIGEST, entries=(entry(**said),)))
    )

    assert "| Filters | young_sn 1 (gold 1) |" in words
    assert "| Classes | SN 1 |" in words
    assert "| Nights at Cerro Pachón | 2026-03-15 1 |" in words, "04:00 UTC is the evening before, there"
    assert "| Labelled | 1 of 1 by people |" in words
    assert "| Notes | Spectrum tonight (ben) |" in words
    assert "; ".join(["“SN Ia” says ana", "Spectrum tonight (ben)", "campaign-A", "new"]) in words, (
        "in the table"
    )
    assert "| max_age_days | 3 d | 5 d |" in words
    assert f"alertwatch {alertwatch.__version__}, Python" in words


def test_code_of_a_template_is_left_as_it_is(place):
    code = "figure = f'{{x}} {% of %}'"
    cells = [TEXT_ONLY["cells"][0], {**TEXT_ONLY["cells"][1], "source": code, "cell_type": "code"}]
    cells[1] |= {"outputs": [], "execution_count": None}
    (place / "own.ipynb").write_text(json.dumps(TEXT_ONLY | {"cells": cells}))

    made = cells_of(place, digest(1), template=str(place / "own.ipynb"))
    assert made[1].source == f"object_id = 'ZTF24aa00000'\n{code}"


def test_nothing_from_outside_passes_for_markdown_or_code(place):
    evil = "x](javascript:alert(1)) <script>alert(2)</script> $\\href{x}$ | `c`\n# big"
    cells = cells_of(place, match(entries=(entry("'''); import os #", reasons=(evil,), labels=(evil,)),)))

    words = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert "<script" not in words
    assert "](javascript" not in words
    assert "\n# big" not in words
    for cell in cells:
        if cell.cell_type == "code":
            compile(cell.source, "cell", "exec")
    cells_of(place, monster())


def test_a_second_report_of_the_day_gets_a_number_and_a_key_only_one(place):
    first, second = match("a", created_at=1e9), match("b", created_at=1e9)
    names = [
        Path(
            folder.keep(place, one, json.dumps({"metadata": {"alertwatch": {"key": one.key}}}), "page").notebook
        ).name
        for one in (first, second, first)
    ]

    assert names == ["young_sn-2001-09-09.ipynb", "young_sn-2001-09-09-2.ipynb", "young_sn-2001-09-09.ipynb"]
    assert sorted(path.suffix for path in place.glob("young_sn*")) == [".html", ".html", ".ipynb", ".ipynb"]


def test_what_is_missing_is_said_before_anything_is_made(place, monkeypatch):
    with pytest.raises(ChannelRefused, match="there is no settings file"):
        sink(place, config="other.toml").check()
    with pytest.raises(ChannelRefused, match=r"absent.ipynb cannot be read"):
        sink(place, template="absent.ipynb").check()
    with pytest.raises(ChannelRefused, match="is not a notebook"):
        sink(place, template="alertwatch.toml").check()
    with pytest.raises(ChannelRefused, match=r"cannot be used: cell 2, line 3: .*endfor"):
        sink(place, template=template(place, "", "a\nb\n{% for x in entries %}")).check()
    with pytest.raises(ChannelRefused, match=r"cannot be used: cell 1: division by zero"):
        sink(place, template=template(place, "{{ 1 / 0 }}", "")).check()
    with pytest.raises(ChannelRefused, match=r"cannot be used: cell 1: 'entreis' is undefined"):
        sink(place, template=template(place, "{{ entreis }}", "")).check()
    monkeypatch.setattr(report, "LIBRARIES", ("nbformat", "no_such_kernel"))
    with pytest.raises(ChannelRefused, match=r'no_such_kernel.*pip install "alertwatch\[notebooks\]"'):
        sink(place).check()


def test_a_template_of_ones_own_is_used(place):
    own = template(place, "# Mine: {{ entries | length }}", "## {{ entry.name }}")
    cells = cells_of(place, digest(2), template=str(place / own))

    assert [cell.source for cell in cells] == ["# Mine: 2", "## ZTF24aa00000", "## ZTF24aa00001"]


@pytest.mark.slow
def test_a_report_that_takes_too_long_is_tried_again(place):
    with pytest.raises(ChannelUnavailable, match="took longer than 0 s"):
        apart.write(Report(notification=digest(1), config=""), place / "reports", seconds=0.3)

    assert not list((place / "reports").iterdir())


def test_a_report_that_is_sent_back_and_forth_says_the_same():
    order = apart.Order(Report(notification=monster(), config=""), "x")

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(order), type=apart.Order) == order
