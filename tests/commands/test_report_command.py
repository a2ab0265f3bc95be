"""`alertwatch report`: from matches to two files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alertwatch.__main__ import main
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store
from tests.query.test_live import arrive
from tests.sinks.counterparts import TEXT_ONLY


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "alertwatch.toml").write_text('[database]\nurl = "sqlite:///matches.db"\n')
    (tmp_path / "own.ipynb").write_text(json.dumps(TEXT_ONLY))
    with Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path}/matches.db")) as store:
        arrive(store, "ZTF26aaaaaaa", "ZTF26aaaaaab")
        arrive(store, "ZTF26aaaaaac", filter_="agn_flare")
    return tmp_path


def report(place: Path, *arguments: str) -> Result:
    own = ["--output", str(place / "reports"), "--template", str(place / "own.ipynb")]
    return CliRunner().invoke(main, ["-c", str(place / "alertwatch.toml"), "report", *own, *arguments])


def test_it_writes_what_was_selected_and_says_where(place):
    done = report(place, "--filter", "young_sn")

    notebook, page = map(Path, done.stdout.split())
    assert done.exit_code == 0, done.output
    assert notebook.name.startswith("young_sn-")
    text = page.read_text()
    assert "young_sn: 2 sources" in text
    assert "ZTF26aaaaaab" in text
    assert "ZTF26aaaaaac" not in text


def test_a_title_of_ones_own_is_its_headline(place):
    done = report(place, "--title", "The night of the comet")

    assert "<h1" in (text := Path(done.stdout.split()[1]).read_text())
    assert "The night of the comet" in text


def test_nothing_found_makes_no_report(place):
    done = report(place, "--filter", "other")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "no match, so no report" in done.stderr
    assert not (place / "reports").exists()


def test_a_folder_that_cannot_be_made_is_a_sentence(place):
    (place / "file").write_text("in the way")
    done = report(place, "--output", str(place / "file" / "reports"))

    assert done.exit_code == 1
    assert "cannot be written" in done.stderr
