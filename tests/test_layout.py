"""The shape of the project: which way imports point, what importing costs, what the top-level names are."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.data import ROOT

PACKAGES = ("alertwatch", "consumer", "filters", "sinks", "simulator")

# package: what its modules may import at module level, besides itself
ALLOWED = {
    "alertwatch": set(),
    "consumer": {"alertwatch"},
    "filters": {"alertwatch"},
    "sinks": {"alertwatch"},
    "simulator": {"alertwatch"},
}
# the demo runs the real service on the simulated night: the one place where the two meet
MEETING_PLACES = {"simulator/demo.py"}


def modules(package: str) -> Iterator[Path]:
    return (ROOT / package).rglob("*.py")


def imported_at_module_level(path: Path) -> set[str]:
    """Top-level names that a module imports outside of functions."""
    names = set()
    pending: list[ast.AST] = [ast.parse(path.read_text())]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue  # for the type checker only
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_towards_the_contract(package: str) -> None:
    forbidden = set(PACKAGES) - ALLOWED[package] - {package}
    wrong = {
        str(path.relative_to(ROOT)): sorted(found)
        for path in modules(package)
        if str(path.relative_to(ROOT)) not in MEETING_PLACES
        and (found := imported_at_module_level(path) & forbidden)
    }
    assert wrong == {}


@pytest.mark.parametrize("package", ["filters", "sinks"])
def test_filters_and_sinks_know_nothing_of_kafka(package: str) -> None:
    assert not [path for path in modules(package) if "confluent_kafka" in imported_at_module_level(path)]


def test_importing_alertwatch_is_light() -> None:
    heavy = {"pandas", "sqlalchemy", "matplotlib", "astropy", "confluent_kafka", "numpy", "httpx", "fastavro"}
    code = f"import sys, alertwatch; print(*sorted(set(sys.modules) & {heavy!r}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_installs_our_top_level_names(package: str) -> None:
    owners = set(packages_distributions().get(package, ["alertwatch"]))
    assert owners == {"alertwatch"}, f"another distribution installs a package called {package}"


def test_every_package_is_in_the_wheel() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert f"packages = {list(PACKAGES)!r}".replace("'", '"') in text
