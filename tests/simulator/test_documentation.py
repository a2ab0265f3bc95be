"""docs/simulator.md tells the truth: its code runs, its options are those of the command."""

from __future__ import annotations

import re
from typing import Any

import click

from alertwatch.commands.simulate import command
from simulator.api.misbehaviour import Misbehaviour
from tests.support.data import ROOT

PAGE = (ROOT / "docs" / "simulator.md").read_text()


def test_its_code_runs() -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/simulator.md", "exec"), names)
    assert names["report"].survey
    assert names["api"].misbehaviour.retry_after == 5


def test_every_option_is_documented() -> None:
    options = {opt for p in command.params if isinstance(p, click.Option) for opt in p.opts}
    assert options <= set(re.findall(r"--[a-z-]+", PAGE))


def test_every_misbehaviour_is_documented() -> None:
    assert set(Misbehaviour.__dataclass_fields__) <= set(re.findall(r"`(\w+)`", PAGE))
