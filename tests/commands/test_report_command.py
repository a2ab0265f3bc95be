"""`alertwatch report`: from matches to two files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

from alertwatch.__main__ import main
from alertwatch.report import environment
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store
from tests.query.test_live import arrive
from tests.sinks.counterparts import TEXT_ONLY
from tests.support.kafka import wait_for


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


def test_nothing_found_is_a_short_report_that_says_so(place):
    done = report(place, "--filter", "other", "--since", "2026-03-01", "--min-probability", "0.5")

    text = Path(done.stdout.split()[1]).read_text()
    assert done.exit_code == 0
    assert "other: no sources" in text
    asked = "Asked for other, P ≥ 0.5, since 2026-03-01 00:00 UTC: no match."
    assert asked in done.stderr
    assert asked in text


def test_what_a_limit_left_out_is_said(place):
    done = report(place, "--limit", "2")

    text = Path(done.stdout.split()[1]).read_text()
    for said in (done.stderr, text):
        assert "all matches: 2 matches. There are more: these are the first 2, newest first" in said
    assert "There are more" not in report(place, "--limit", "3").stderr


def test_a_misspelt_filter_is_named_with_those_there_are(place):
    with (place / "alertwatch.toml").open("a") as file:
        file.write("[filters.young_sn]\n")
    done = report(place, "--filter", "yuong_sn")

    assert done.exit_code == 2
    assert "'yuong_sn' is not configured; did you mean 'young_sn'?" in done.stderr
    assert report(place, "--filter", "agn_flare").exit_code == 0, "no longer configured, but it has matches"


def test_a_folder_that_cannot_be_made_is_a_sentence(place):
    (place / "file").write_text("in the way")
    done = report(place, "--output", str(place / "file" / "reports"))

    assert done.exit_code == 1
    assert "cannot be written" in done.stderr


SLOW = "import os, time; open('begun', 'w').write(str(os.getpid())); time.sleep(60)"


@pytest.mark.slow
def test_an_interrupt_ends_it_with_a_word_and_leaves_neither_files_nor_a_kernel(place):
    cell = nbformat.v4.new_code_cell(SLOW)
    (place / "slow.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    command = [sys.executable, "-m", "alertwatch", "-c", str(place / "alertwatch.toml"), "report"]
    command += ["--output", str(place / "reports"), "--template", str(place / "slow.ipynb")]
    begun = place / "reports" / "begun"
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: begun.exists() and begun.read_text(), "the kernel")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert (process.returncode, said.strip()) == (1, "Aborted!")
    assert list(begun.parent.iterdir()) == [begun]
    assert not Path(f"/proc/{begun.read_text()}").exists()
