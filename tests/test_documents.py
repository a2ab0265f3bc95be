"""What the documents tell a person to type exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from alertwatch.__main__ import main
from tests.support.data import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
GENERATED = re.compile(r"<!-- generated: .*?<!-- end -->", re.DOTALL)


def lines_and_spans(page: Path) -> Iterator[str]:
    """Lines of blocks of commands, and what stands between backticks."""
    text = GENERATED.sub("", page.read_text())
    blocks = "".join(re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL))
    for line in (*blocks.splitlines(), *re.findall(r"^ {4}(.*)$", text, re.MULTILINE)):
        yield line.removeprefix("$ ").removeprefix("docker compose exec alertwatch ")
    yield from (span for span in re.findall(r"`([^`\n]+)`", text) if "COMMAND" not in span)


def typed(program: str) -> list[str]:
    found = {line for page in PAGES for line in lines_and_spans(page) if line.startswith(program)}
    return sorted(found)


def parse(arguments: list[str]) -> None:
    """Parse a command line as the program would, and run nothing; raises `click.UsageError`."""
    context: click.Context = main.make_context("alertwatch", arguments)
    command: click.Command = main
    while isinstance(command, click.Group) and (rest := [*context._protected_args, *context.args]):
        _, found, arguments = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = command.make_context(command.name, arguments, parent=context)


@pytest.mark.parametrize("line", typed("alertwatch "))
def test_every_command_that_a_document_names_is_one(line: str) -> None:
    command = re.split(r" [|>] ", line)[0]
    with suppress(click.MissingParameter):  # in running text a command is only named
        parse(shlex.split(command, comments=True)[1:])


@pytest.mark.parametrize("line", typed("make "))
def test_every_target_that_a_document_names_is_one(line: str) -> None:
    assert line.split()[1] in TARGETS


@pytest.mark.parametrize("line", typed("python -m benchmarks"))
def test_every_benchmark_that_a_document_names_is_one(line: str) -> None:
    module = shlex.split(line, comments=True)[2].replace(".", "/")
    assert (ROOT / f"{module}.py").exists() or (ROOT / module / "__main__.py").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_document_links_to_is_there(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link
