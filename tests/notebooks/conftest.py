"""The demo's database, made once by the real service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alertwatch.report import environment
from tests.support.data import ROOT


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The settings file of a small night that went through the service."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    command = [sys.executable, "-m", "alertwatch", "demo", "--folder", str(folder), "--alerts", "1500"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment(), cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "screen.txt").write_text(done.stdout)
    return folder / "alertwatch.toml"
