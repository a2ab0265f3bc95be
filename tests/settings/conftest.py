"""A settings file in a folder of its own, and an environment without settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from alertwatch.loader import load
from alertwatch.settings import Settings

Write = Callable[..., Settings]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ALERTWATCH_") and not name.startswith("ALERTWATCH_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """``loaded(toml, KEY="value")``: the settings of a file and the ``ALERTWATCH_KEY`` variables."""

    def write(toml: str = "", **variables: str) -> Settings:
        path = tmp_path / "alertwatch.toml"
        path.write_text(toml)
        for name, value in variables.items():
            monkeypatch.setenv(f"ALERTWATCH_{name}", value)
        return load(path)

    return write
