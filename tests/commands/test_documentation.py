"""What a person can type or set is documented, and the documentation shows what there is."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import click
import pytest

from alertwatch.loader import load
from alertwatch.mistakes import keys
from alertwatch.settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text()
COMMAND_LINE = (DOCS / "command-line.md").read_text()


def load_generator():
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLES = ("sources", "apis", "filters", "channels", "subscriptions")
ALL_COMMANDS = list(load_generator().commands())
ALL_KEYS = [place for place, _ in keys(Settings, {name: {"NAME": {}} for name in TABLES})]


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_the_generated_parts_of_a_page_are_current(page):
    text = page.read_text()

    assert load_generator().current(text) == text, "run: python docs/generate.py"


@pytest.mark.parametrize("context", ALL_COMMANDS, ids=lambda context: context.command_path)
def test_every_command_and_option_is_documented(context):
    section = re.search(rf"^##+ {context.command_path}\n.*?```\n", COMMAND_LINE, re.DOTALL | re.MULTILINE)
    assert section is not None

    for parameter in context.command.params:
        for option in parameter.opts if isinstance(parameter, click.Option) else ():
            assert option in section[0]


@pytest.mark.parametrize("context", ALL_COMMANDS, ids=lambda context: context.command_path)
def test_every_command_and_option_explains_itself(context):
    assert context.command.get_short_help_str()
    for parameter in context.command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.opts


@pytest.mark.parametrize("place", ALL_KEYS, ids=".".join)
def test_every_key_of_the_settings_is_documented(place):
    section = re.search(
        rf"^### `\[{'.'.join(place[:-1] or place)}\]`\n(.*?)<!-- end", CONFIGURATION, re.DOTALL | re.MULTILINE
    )
    if place[-1] in (*TABLES, "NAME"):  # tables of sections
        return
    assert section is not None
    assert len(place) == 1 or f"| `{place[-1]}` |" in section[1]


def test_every_key_of_the_settings_says_what_it_means():
    for section in (line for line in CONFIGURATION.splitlines() if line.startswith("| `")):
        assert not section.endswith("| None |"), section


def test_the_exit_codes_are_those_of_the_errors():
    from alertwatch import errors

    codes = {e.exit_code for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)}
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", COMMAND_LINE, re.MULTILINE)}

    assert documented == codes | {0}


def test_the_settings_shown_in_the_documentation_load(tmp_path):
    shown = re.findall(r"```toml\n(.*?)```", CONFIGURATION, re.DOTALL)
    assert shown
    for text in shown:
        tomllib.loads(text)
        (tmp_path / "alertwatch.toml").write_text(text)
        load(tmp_path / "alertwatch.toml")


def test_every_reader_is_documented():
    from consumer import readers

    for name in readers.names():
        assert f"| `{name}` |" in CONFIGURATION
