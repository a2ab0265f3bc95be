"""What every sink keeps, found by walking the folder: a new one is tested by being there.

Each has an entry in ``tests/sinks/counterparts.py``: what it talks to here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from pydantic import SecretStr

from alertwatch import registry
from alertwatch.errors import ChannelRefused, ChannelUnavailable, SettingsError
from alertwatch.notification import Kind, Notification
from alertwatch.secrets import is_channel_secret
from alertwatch.settings import ChannelSettings
from alertwatch.sink import Sink
from tests.sinks.counterparts import COUNTERPARTS, Counterpart
from tests.sinks.slack_notifications import CUTOUTS, PICTURE, digest, entry, match, monstrous
from tests.support.data import ROOT

SINKS = registry.sinks()
SECRETS_OF_A_LOGIN = {"username"}  # secret in some places, shown in none

every_sink = pytest.mark.parametrize("name", SINKS)
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's


@pytest.fixture
def there(name: str, tmp_path: Path) -> Iterator[Counterpart]:
    with COUNTERPARTS[name](tmp_path) as counterpart:
        yield counterpart


def made(name: str, there: Counterpart, **over: Any) -> closing[Sink[Any]]:
    return closing(registry.sink("team", SINKS, name, there.settings | over))


def of_kind(kind: Kind, **more: Any) -> Notification:
    """A message of this kind with all that such a message has."""
    match kind:
        case Kind.MATCH | Kind.UPDATE:
            return msgspec.structs.replace(of_match(), kind=kind, **more)
        case Kind.SUMMARY | Kind.DIGEST:
            return msgspec.structs.replace(digest(40), kind=kind, **more)
    return msgspec.structs.replace(of_match(), kind=kind, text="All is well.", entries=(), pictures=(), **more)


def of_match() -> Notification:
    return match("key-1", pictures=(PICTURE, CUTOUTS))


def monster() -> Notification:
    """As bad as can be, but small enough for a quick test."""
    whole = monstrous()
    (one,) = whole.entries
    return msgspec.structs.replace(whole, entries=(msgspec.structs.replace(one, matched=one.matched[:1]),))


# -- what it says of itself ----------------------------------------------------------------------------------


@every_sink
def test_it_says_in_a_sentence_what_it_is(name: str) -> None:
    assert len((SINKS[name].__doc__ or "").split()) > 5
    assert len((SINKS[name].settings_type.__doc__ or "").split()) > 2


@every_sink
def test_it_describes_its_settings(name: str) -> None:
    for key, field in SINKS[name].settings_type.model_fields.items():
        assert field.description, key
        assert key not in ChannelSettings.model_fields, f"{key} means something else in every channel"


@every_sink
def test_its_secrets_are_hidden_and_can_come_from_files(name: str) -> None:
    fields = SINKS[name].settings_type.model_fields
    for key, field in fields.items():
        if is_channel_secret(key) or SecretStr in get_args(field.annotation):
            assert get_args(field.annotation) in {(SecretStr, type(None)), (str, SecretStr)}, key
            assert is_channel_secret(key) or key in SECRETS_OF_A_LOGIN | {"headers"}, (
                f"{key} would not be hidden"
            )
            assert f"{key}_file" in fields or get_args(field.annotation)[0] is str, key


@every_sink
def test_it_has_a_page_with_its_settings(name: str) -> None:
    page = (ROOT / "docs" / "channels" / f"{name}.md").read_text()

    assert f'use = "{name}"' in page or f"[channels.{name}]" in page
    assert f"<!-- generated: sink {name} -->" in page


@every_sink
def test_an_unknown_setting_is_refused_with_the_nearest_one_named(name: str, there: Counterpart) -> None:
    key = next(iter(there.settings))

    with pytest.raises(SettingsError, match=f"did you mean '{key}'"):
        registry.sink("team", SINKS, name, there.settings | {f"{key}s": 1})


# -- what it does --------------------------------------------------------------------------------------------


@every_sink
def test_it_can_be_checked_without_sending_anything(name: str, there: Counterpart) -> None:
    with made(name, there) as sink:
        assert len(sink.check().split()) > 2
        sink.send(of_match())

    assert there.arrived() == 1


@every_sink
@pytest.mark.parametrize("kind", list(Kind))
def test_it_delivers_messages_of_each_kind(name: str, kind: Kind, there: Counterpart) -> None:
    message = of_kind(kind)
    with made(name, there) as sink:
        receipt = sink.send(message)
        sink.complete(message, receipt)

    assert receipt.id
    assert there.arrived() == 1


@every_sink
@pytest.mark.parametrize(
    "message",
    [
        monster(),
        match("bare", title="", subscription="", entries=(entry(facts=entry().facts.__class__()),)),
        match("unknown", entries=(entry(matched=(), brightness=(), host=None, links=(), reasons=()),)),
        match("nothing", kind=Kind.DIGEST, title="", text="", entries=()),
        match("numbers", entries=(entry(facts=msgspec.structs.replace(entry().facts, mag=float("nan"))),)),
    ],
    ids=lambda message: message.key,
)
def test_it_delivers_whatever_is_in_a_message(name: str, message: Notification, there: Counterpart) -> None:
    with made(name, there) as sink:
        sink.complete(message, sink.send(message))

    assert there.arrived() >= 1


@every_sink
def test_it_shows_what_it_would_send(name: str, there: Counterpart) -> None:
    with made(name, there) as sink:
        shown = sink.preview(of_match())

    assert b"ZTF24abcdef" in b"".join(shown.values())


@every_sink
def test_it_finds_what_arrived_and_nothing_else(name: str, there: Counterpart) -> None:
    message, other = of_match(), match("key-2")
    with made(name, there) as sink:
        assert sink.find(message) is None
        receipt = sink.send(message)
        if sink.can_find:
            with made(name, there) as of_another_process:
                found = of_another_process.find(message)
            assert found is not None
            assert found.id == receipt.id
        assert sink.find(other) is None


@every_sink
def test_messages_after_one_another_all_arrive(name: str, there: Counterpart) -> None:
    with made(name, there) as sink:
        for number in range(5):
            sink.send(match(f"key-{number}"))

    assert there.arrived() == 5


# -- what it says when it cannot -----------------------------------------------------------------------------


@every_sink
def test_a_destination_that_is_away_is_a_passing_error(name: str, there: Counterpart) -> None:
    with (
        made(name, there, **there.unreachable) as sink,
        there.outage(),
        pytest.raises(ChannelUnavailable) as caught,
    ):
        sink.send(of_match())

    assert_shows_no_secret(caught.value, there)


@every_sink
@pytest.mark.parametrize("what", ["check", "send"])
def test_a_destination_that_lets_nobody_in_waits_for_a_person(name: str, what: str, there: Counterpart) -> None:
    with made(name, there, **there.refusing) as sink, pytest.raises(ChannelRefused) as caught:
        sink.check() if what == "check" else sink.send(of_match())

    assert_shows_no_secret(caught.value, there)


@every_sink
def test_a_secret_whose_file_is_gone_waits_for_a_person(name: str, there: Counterpart, tmp_path: Path) -> None:
    files = [
        key for key in SINKS[name].settings_type.model_fields if is_channel_secret(key.removesuffix("_file"))
    ]
    for key in {key.removesuffix("_file") for key in files} & there.settings.keys():
        gone = {key: None, f"{key}_file": tmp_path / "gone"}
        with made(name, there, **gone) as sink, pytest.raises(ChannelRefused, match="cannot be read"):
            sink.send(of_match())


def assert_shows_no_secret(error: Exception, there: Counterpart) -> None:
    assert len(str(error).split()) > 3
    for secret in there.secrets:
        assert secret not in str(error)
