"""Slack's buttons: what a click does, over a real socket."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from alertwatch.sink import Action
from sinks.slack import Slack
from sinks.slack.settings import SlackSettings
from tests.sinks.slack_notifications import match
from tests.sinks.slack_server import APP_TOKEN, CHANNEL, TOKEN, Fault, SlackServer, running

USER = {"id": "U0ADA", "username": "ada"}


class Person:
    """Sees the channel, and clicks. ``actions`` is what came of it."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack
        settings = SlackSettings(
            token=TOKEN, app_token=APP_TOKEN, channel=CHANNEL, base_url=f"{slack.url}/api/"
        )
        self.sink = Slack("team", settings)
        self.actions: list[Action] = []
        self.act: Callable[[Action], None] = self.actions.append

    @contextmanager
    def connected(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self.sink.listen, args=(self.act, stop))
        thread.start()
        try:
            self.wait_for_sockets(1)
            yield
        finally:
            stop.set()
            thread.join(20)

    def wait_for_sockets(self, count: int) -> None:
        with self.slack.connected:
            assert self.slack.connected.wait_for(lambda: len(self.slack.sockets) >= count, 8)

    def send(self, kind: str, **payload: Any) -> None:
        envelope = {"type": "interactive", "envelope_id": f"e{time.time()}", "accepts_response_payload": False}
        self.slack.sockets[-1].send(envelope | {"payload": {"type": kind, "user": USER, **payload}})

    def click(self, label: str) -> None:
        message = self.slack.top()[0]
        (buttons,) = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
        (button,) = [button for button in buttons if button["action_id"] == f"alertwatch_{label}"]
        self.send(
            "block_actions",
            actions=[button],
            message=message,
            channel={"id": CHANNEL},
            trigger_id="t1",
        )

    def fill(self, reason: str) -> None:
        view = self.slack.views[-1]
        (block,) = view["blocks"]
        values = {block["block_id"]: {block["element"]["action_id"]: {"value": reason}}}
        self.send("view_submission", view=view | {"state": {"values": values}})

    def said(self) -> str:
        first = self.slack.top()[0]
        return json.dumps(first["blocks"]) + "".join(m["text"] for m in self.slack.thread(first["ts"]))


@pytest.fixture
def person() -> Iterator[Person]:
    with running() as slack:
        yield Person(slack)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 8
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_clicks_become_labels_and_are_shown(person: Person) -> None:
    person.sink.send(match())
    with person.connected():
        person.click("claim")
        eventually(lambda: "*claimed by* <@U0ADA>" in person.said())
        person.click("reject")
        eventually(lambda: bool(person.slack.views))
        assert len(person.actions) == 1, "a rejection needs a reason first"
        person.fill("asteroid <at> 5 am")
        eventually(lambda: "*rejected by* <@U0ADA>: asteroid &lt;at&gt; 5 am" in person.said())
        assert person.said().count("claimed by") == 2, "in the message and in its thread"
        assert len(person.slack.sockets[-1].acknowledged) == 3
    claim, reject = person.actions
    assert claim == Action(survey="ztf", object_id="ZTF24abcdef", label="claim", by="@ada")
    assert (reject.label, reject.reason) == ("reject", "asteroid <at> 5 am")
    found = person.sink.find(match())
    assert found is not None, "a marked message is still found"


def test_a_label_that_cannot_be_written_is_told_to_who_clicked(person: Person) -> None:
    def away(action: Action) -> None:
        raise ConnectionError("the database is away: secret")

    person.act = away
    person.sink.send(match())
    with person.connected():
        person.click("follow_up")
        eventually(lambda: bool(person.slack.whispers))
    (whisper,) = person.slack.whispers
    assert whisper["user"] == USER["id"]
    assert "try again" in whisper["text"]
    assert "secret" not in whisper["text"]


def test_clicks_are_served_after_a_disconnect(person: Person) -> None:
    person.sink.send(match())
    with person.connected():
        person.slack.sockets[-1].send({"type": "disconnect", "reason": "refresh_requested"})
        person.wait_for_sockets(2)
        person.click("claim")
        eventually(lambda: "claimed by" in person.said())


def test_a_refused_app_token_is_tried_again(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.slack.socket.RETRY_SECONDS", 0.01)
    person.slack.fail("apps.connections.open", Fault("invalid_auth"), Fault(drop=True))
    person.sink.send(match())
    with person.connected():
        person.click("claim")
        eventually(lambda: len(person.actions) == 1)


def test_without_an_app_token_nobody_listens() -> None:
    with running() as slack:
        Slack("team", SlackSettings(token=TOKEN, channel=CHANNEL, base_url=f"{slack.url}/api/")).listen(
            print, threading.Event()
        )
        assert slack.calls == []
