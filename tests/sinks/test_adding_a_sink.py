"""The page on adding a sink: its template really loads, and keeps what every sink keeps."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alertwatch import loader, registry
from alertwatch.notification import Kind
from alertwatch.settings import Settings
from tests.sinks import test_contract as contract
from tests.support.data import ROOT

PAGE = (ROOT / "docs" / "adding-a-sink.md").read_text()
NAME = "observing_queue"


def block(language: str, marker: str = "") -> str:
    """The code after a marker in the page."""
    found = re.search(rf"{f'<!-- {marker} -->' if marker else ''}\n```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"no {language} is marked {marker!r}"
    return found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my_plugins").mkdir()
    (tmp_path / "my_plugins" / f"{NAME}.py").write_text(block("python", "template"))
    return tmp_path


@pytest.fixture
def counterpart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The page's own counterpart, and the template among the sinks."""
    monkeypatch.setitem(contract.SINKS, NAME, registry.sinks([folder / "my_plugins"])[NAME])
    defined: dict[str, Any] = {}
    exec(block("python", "test"), defined)
    return defined[NAME]


def test_the_settings_of_the_page_make_a_channel_of_the_template(folder: Path) -> None:
    settings = Settings.model_validate(tomllib.loads(block("toml")), context={"folder": folder})
    loader.verify(settings)

    sink = registry.build_sinks(settings)["telescope"]
    assert sink.settings.exposure_seconds == 120
    assert sink.settings.token_file == folder / "secrets" / "telescope"


CHECKS: list[Callable[..., None]] = [
    contract.test_it_says_in_a_sentence_what_it_is,
    contract.test_it_describes_its_settings,
    contract.test_its_secrets_are_hidden_and_can_come_from_files,
    contract.test_an_unknown_setting_is_refused_with_the_nearest_one_named,
    contract.test_it_can_be_checked_without_sending_anything,
    contract.test_it_shows_what_it_would_send,
    contract.test_it_finds_what_arrived_and_nothing_else,
    contract.test_messages_after_one_another_all_arrive,
    contract.test_a_destination_that_is_away_is_a_passing_error,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_template_keeps_what_every_sink_keeps(
    check: Callable[..., None], counterpart: Callable[..., Any], tmp_path: Path
) -> None:
    with counterpart(tmp_path) as there:
        check(**{"name": NAME, "there": there} if "there" in check.__annotations__ else {"name": NAME})


@pytest.mark.parametrize("kind", list(Kind))
def test_the_template_delivers_messages_of_each_kind(
    kind: Kind, counterpart: Callable[..., Any], tmp_path: Path
) -> None:
    with counterpart(tmp_path) as there:
        contract.test_it_delivers_messages_of_each_kind(NAME, kind, there)


@pytest.mark.parametrize("what", ["check", "send"])
def test_the_template_waits_for_a_person_where_its_token_is_wrong(
    what: str, counterpart: Callable[..., Any], tmp_path: Path
) -> None:
    with counterpart(tmp_path) as there:
        contract.test_a_destination_that_lets_nobody_in_waits_for_a_person(NAME, what, there)


def test_the_page_names_the_files_that_there_are() -> None:
    for path in re.findall(r"`((?:tests|sinks)/[a-z_/]+(?:\.py)?)`", PAGE):
        assert (ROOT / path).exists(), path
