"""Apprise: each service gets a message once, and its words say what they can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import ValidationError

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from sinks.apprise import AppriseSink
from tests.sinks.counterparts import Receiver, receiver
from tests.sinks.slack_notifications import CUTOUTS, PICTURE, match
from tests.support.ports import free_port

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's


@pytest.fixture
def web() -> Iterator[tuple[Receiver, Receiver]]:
    with ExitStack() as stack:
        yield stack.enter_context(receiver()), stack.enter_context(receiver())


def made(*servers: Receiver, **more: Any) -> AppriseSink:
    urls = "\n".join(f"json://127.0.0.1:{server.port}/" for server in servers)
    return AppriseSink(
        "phone", AppriseSink.settings_type.model_validate({"apprise_url": f"# ours\n{urls}"} | more)
    )


def test_a_service_gets_title_text_and_pictures(web):
    made(web[0]).send(match(pictures=(PICTURE, CUTOUTS)))
    ((_, body),) = web[0].posts
    said = json.loads(body)

    assert "ZTF24abcdef" in said["title"]
    assert "18.62" in said["message"]
    assert [a["filename"] for a in said["attachments"]] == ["light_curve.png", "cutouts.png"]


def test_pictures_can_be_left_out(web):
    sink = made(web[0], pictures=False)

    assert not sink.wants_pictures


def test_a_second_attempt_leaves_out_the_services_that_took_the_first(web):
    sink = made(*web)
    web[1].answers.append((500, {}))

    with pytest.raises(ChannelUnavailable, match="JSON did not take the message"):
        sink.send(match())
    sink.send(match())
    assert [len(server.posts) for server in web] == [1, 1]

    sink.send(match("key-2"))
    assert [len(server.posts) for server in web] == [2, 2]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_service_that_refuses_us_waits_for_a_person(web, status):
    web[0].answers.append((status, {}))

    with pytest.raises(ChannelRefused):
        made(web[0]).send(match())


def test_an_address_that_apprise_does_not_know_is_counted_and_not_repeated(web):
    wrong = made(web[0], apprise_url=f"json://127.0.0.1:{free_port()}/\nnosuch://hunter2")

    with pytest.raises(ChannelRefused, match="does not understand address 2 of 2") as caught:
        wrong.check()
    assert "hunter2" not in str(caught.value)


def test_a_file_holds_an_address_on_each_line(web, tmp_path):
    (tmp_path / "phone").write_text("".join(f"json://127.0.0.1:{server.port}/\n\n" for server in web))
    sink = made(apprise_url=None, apprise_url_file=tmp_path / "phone")
    sink.send(match())

    assert sink.check() == "Apprise knows JSON, JSON; only a message shows whether it arrives"
    assert [len(server.posts) for server in web] == [1, 1]


def test_a_channel_without_an_address_is_a_mistake():
    with pytest.raises(ValidationError, match="needs apprise_url"):
        AppriseSink.settings_type()


def test_a_file_without_an_address_waits_for_a_person(tmp_path):
    (tmp_path / "phone").write_text("# none yet\n")
    sink = made(apprise_url=None, apprise_url_file=tmp_path / "phone")

    with pytest.raises(ChannelRefused, match="holds none"):
        sink.check()
