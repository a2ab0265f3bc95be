"""Slack by incoming webhook: it posts, and says what it cannot do."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from alertwatch.errors import AlertwatchError, ChannelRefused, ChannelUnavailable, NotificationRefused
from sinks.slack import Slack
from sinks.slack.settings import SlackSettings
from tests.sinks.slack_notifications import PICTURE, digest, match
from tests.sinks.slack_server import HOOK, Fault, SlackServer, running


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with running() as server:
        yield server


def channel(slack: SlackServer, path: str = HOOK) -> Slack:
    return Slack("team", SlackSettings(webhook_url=f"{slack.url}{path}"))


def test_a_webhook_posts_the_same_blocks(slack: SlackServer) -> None:
    sink = channel(slack)
    notification = match(pictures=(PICTURE,))
    sink.complete(notification, sink.send(notification))
    (posted,) = slack.hooked
    assert "SN candidate ZTF24abcdef" in json.dumps(posted["blocks"])


def test_a_digest_of_200_sources_is_one_message_that_names_them_all(slack: SlackServer) -> None:
    channel(slack).send(digest(200))
    (posted,) = slack.hooked
    said = json.dumps(posted["blocks"], ensure_ascii=False)
    assert [n for n in range(200) if f"ZTF24aa{n:05d}" not in said] == []
    assert len(said) < 12_000


def test_a_webhook_cannot_look_up_and_wants_no_pictures(slack: SlackServer) -> None:
    sink = channel(slack)
    assert not sink.can_find
    assert not sink.wants_pictures
    assert sink.find(match()) is None
    assert Slack.can_find, "a bot token still can"


def test_a_check_says_what_a_webhook_cannot_do_and_posts_nothing(slack: SlackServer) -> None:
    said = channel(slack).check()
    assert all(word in said for word in ("without posting", "threads", "pictures", "buttons", "twice"))
    assert slack.calls == []


@pytest.mark.parametrize(
    ("status", "said", "meaning"),
    [
        (400, "invalid_payload", NotificationRefused),
        (400, "user_not_found", ChannelRefused),
        (403, "action_prohibited", ChannelRefused),
        (403, "invalid_token", ChannelRefused),
        (404, "channel_not_found", ChannelRefused),
        (404, "no_service", ChannelRefused),
        (404, "no_team", ChannelRefused),
        (410, "channel_is_archived", ChannelRefused),
        (429, "rate_limited", ChannelUnavailable),
        (500, "rollup_error", ChannelUnavailable),
        (503, "<html>busy</html>", ChannelUnavailable),
    ],
)
def test_each_documented_answer_has_its_meaning(
    slack: SlackServer, status: int, said: str, meaning: type[AlertwatchError]
) -> None:
    slack.fail("hook", Fault(status=status, body=said, headers={"Retry-After": "3"}))
    with pytest.raises(meaning) as raised:
        channel(slack).send(match())
    assert "secret" not in str(raised.value)
    assert getattr(raised.value, "retry_after", 3) == 3
    assert slack.hooked == []


@pytest.mark.parametrize("url", ["", "not an address hook-secret", "http://127.0.0.1:9/hook-secret\n/x"])
def test_an_address_that_cannot_be_used_is_told_without_showing_it(slack: SlackServer, url: str) -> None:
    with pytest.raises(ChannelUnavailable) as raised:
        Slack("team", SlackSettings(webhook_url=url)).send(match())
    assert "secret" not in str(raised.value)


def test_a_dropped_connection_is_passing(slack: SlackServer) -> None:
    slack.fail("hook", Fault(drop=True))
    with pytest.raises(ChannelUnavailable):
        channel(slack).send(match())
