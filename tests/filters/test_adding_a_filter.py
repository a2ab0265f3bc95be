"""The page on adding a filter: its template really loads, and keeps what every filter keeps."""

import importlib.util
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from alertwatch import registry
from alertwatch.filter import Outcome, Result
from alertwatch.settings import Settings
from tests.filters import test_contract as contract
from tests.support.data import ROOT

PAGE = (ROOT / "docs" / "adding-a-filter.md").read_text()
NAME = "bright_riser"


def block(marker: str) -> str:
    """The code after a marker in the page."""
    found = re.search(rf"<!-- {marker} -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"no code is marked {marker!r}"
    return found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / f"{NAME}.py").write_text(block("template"))
    return tmp_path


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[ModuleType]:
    path, name = tmp_path / "tables.py", f"tests.filters.test_{NAME}"
    path.write_text(block("test"))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


def test_the_settings_of_the_page_build_both_instances_of_the_template(folder: Path) -> None:
    settings = Settings.model_validate(
        {
            "plugins": {"folders": [folder]},
            "filters": {NAME: {"faintest": 18.0}, "very_bright_riser": {"use": NAME, "faintest": 16.5}},
        }
    )
    built = registry.build(settings)
    assert {name: f.parameters.faintest for name, f in built.items()} == {
        NAME: 18.0,
        "very_bright_riser": 16.5,
    }


def test_the_template_accepts_and_rejects_what_its_tables_say(folder: Path, tables: ModuleType) -> None:
    filter_ = registry.instance(NAME, {NAME: registry.load_file(folder / f"{NAME}.py")}, NAME, {})
    assert {filter_.judge(alert).result for alert in tables.ACCEPTED.values()} == {Result.MATCH}
    for case, alert in tables.REJECTED.items():
        failed = {c.name for c in filter_.judge(alert).criteria if c.outcome is Outcome.FAIL}
        assert case.split(", ")[0] in failed


@pytest.mark.parametrize(
    "check",
    [
        contract.test_it_says_in_a_sentence_what_it_is,
        contract.test_its_parameters_have_defaults_descriptions_and_units,
        contract.test_it_wants_streams_classes_and_parts_that_exist,
        contract.test_it_wants_the_message_of_every_alert_that_it_accepts,
        contract.test_it_survives_the_way_to_another_process,
        contract.test_verdicts_can_be_stored_and_criteria_have_names_of_their_own,
        contract.test_what_was_measured_after_the_alert_changes_nothing,
        contract.test_without_any_one_part_that_it_needs_it_never_matches_more,
    ],
)
def test_the_template_keeps_what_every_filter_keeps(check, folder, tables, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setitem(contract.FILTERS, NAME, registry.load_file(folder / f"{NAME}.py"))
    check(NAME)


def test_the_template_travels_to_a_process_that_has_never_seen_its_file(folder: Path) -> None:
    kind = registry.load_file(folder / f"{NAME}.py")
    sent = pickle.dumps(kind("mine", kind.parameters_type(faintest=17.0)))
    code = "import pickle, sys; f = pickle.loads(sys.stdin.buffer.read()); print(f.name, f.parameters.faintest)"
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode().split() == ["mine", "17.0"]


def test_the_page_names_the_files_that_there_are() -> None:
    for path in re.findall(r"`((?:tests|filters)/[a-z_/]+(?:\.py)?)`", PAGE):
        assert (ROOT / path).exists(), path
