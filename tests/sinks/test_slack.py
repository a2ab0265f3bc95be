"""Slack by bot token: what people see in the channel, whatever the network does."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from alertwatch.errors import AlertwatchError, ChannelRefused, ChannelUnavailable, NotificationRefused
from alertwatch.notification import Kind, Notification, Receipt
from sinks.slack import Slack
from sinks.slack.settings import SlackSettings
from tests.sinks.slack_notifications import CUTOUTS, PICTURE, digest, entry, match, monstrous
from tests.sinks.slack_server import APP_TOKEN, CHANNEL, TOKEN, Fault, SlackServer, running

DROPPED = Fault(drop=True)
ACCEPTED_THEN_DROPPED = Fault(accept=True, drop=True)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with running() as server:
        yield server


def channel(slack: SlackServer, **more: Any) -> Slack:
    settings = {"token": TOKEN, "channel": CHANNEL, "base_url": f"{slack.url}/api/"} | more
    return Slack("team", SlackSettings(**settings))


def deliver(sink: Slack, notification: Notification, *, again: Callable[[], Slack] | None = None) -> Receipt:
    """Deliver as the ledger does: try again after a passing error, and look before each second attempt.

    ``again`` makes the sink of the next attempt: that of a new process, which knows nothing of this one.
    """
    receipt = None
    for attempt in range(30):
        try:
            if receipt is None and attempt:
                receipt = sink.find(notification)
            receipt = receipt or sink.send(notification)
            sink.complete(notification, receipt)
            return receipt
        except ChannelUnavailable:
            sink = again() if again else sink
    raise AssertionError("never delivered")


def words(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def names(messages: list[dict[str, Any]]) -> list[str]:
    return [file["name"] for message in messages for file in message.get("files", ())]


def update(of: Receipt, key: str = "key-2", **more: Any) -> Notification:
    news = entry(reasons=("brighter by 0.7 mag: 19.3 → 18.6",), **more)
    return match(key, kind=Kind.UPDATE, entries=(news,), earlier=of)


# -- what people see ---------------------------------------------------------------------------------------


def test_a_match_says_what_a_person_wants_at_night(slack: SlackServer) -> None:
    channel(slack).send(match())
    (message,) = slack.top()
    for wanted in (
        "SN candidate ZTF24abcdef",
        "10:00:24.00 +02:12:00.0",
        "150.100000 +2.200000",
        "rising 0.32 mag/d",
        "young_sn · gold",
        "✓ age: 1.2 (≤ 5 d)",
        "<https://alerce.online/object/ZTF24abcdef|ALeRCE Explorer>",
    ):
        assert wanted in words(message), wanted
    assert "ZTF24abcdef" in message["text"]


def test_buttons_are_shown_only_where_somebody_listens(slack: SlackServer) -> None:
    channel(slack).send(match("a"))
    channel(slack, app_token=APP_TOKEN).send(match("b"))
    without, with_buttons = slack.top()
    assert "actions" not in words(without)
    assert all(label in words(with_buttons) for label in ("Claim", "Follow-up requested", "Reject"))


def test_pictures_come_into_the_thread_with_their_description(slack: SlackServer) -> None:
    receipt = deliver(channel(slack), match(pictures=(PICTURE, CUTOUTS)))
    (shared,) = slack.thread(receipt.id)
    assert [file["content"] for file in shared["files"]] == [PICTURE.png, CUTOUTS.png]
    assert [file["alt_txt"] for file in shared["files"]] == [PICTURE.alt, CUTOUTS.alt]


def test_news_of_a_source_is_a_reply_to_its_first_message(slack: SlackServer) -> None:
    first = deliver(channel(slack), match(pictures=(PICTURE,)))
    second = deliver(channel(slack), msgspec.structs.replace(update(first), pictures=(PICTURE,)))
    third = deliver(channel(slack), update(second, "key-3"))
    assert len(slack.top()) == 1
    assert {second.id, third.id} < {message["ts"] for message in slack.thread(first.id)}
    assert len(set(names(slack.thread(first.id)))) == 2, "each message has its own picture"


def test_urgent_news_is_shown_in_the_channel_as_well(slack: SlackServer) -> None:
    first = deliver(channel(slack), match())
    deliver(channel(slack), update(first, urgent=True))
    assert len(slack.top()) == 2


def test_news_is_a_new_message_when_the_first_was_deleted(slack: SlackServer) -> None:
    first = deliver(channel(slack), match())
    slack.messages.clear()
    second = deliver(channel(slack), msgspec.structs.replace(update(first), pictures=(PICTURE,)))
    assert [message["ts"] for message in slack.top()] == [second.id]
    assert len(names(slack.thread(second.id))) == 1


def test_news_of_a_source_told_in_another_channel_is_a_new_message(slack: SlackServer) -> None:
    deliver(channel(slack), update(Receipt(id="1.0", extra={"channel": "C999999999", "thread": "1.0"})))
    assert len(slack.top()) == 1


def test_a_word_to_the_operator_is_said_as_it_is(slack: SlackServer) -> None:
    text = "The stream has been silent for 25 h."
    deliver(
        channel(slack), match(kind=Kind.OPERATOR, title="no alerts", text=text, entries=(), subscription="")
    )
    assert text in words(slack.top()[0])


def test_a_digest_of_200_sources_arrives_whole(slack: SlackServer) -> None:
    receipt = deliver(channel(slack), digest(200))
    (main,) = slack.top()
    everything = words(main) + "".join(map(words, slack.thread(receipt.id)))
    assert [n for n in range(200) if everything.count(f"|ZTF24aa{n:05d}>") != 1] == []


def test_monstrous_content_keeps_to_the_limits_and_mentions_nobody(slack: SlackServer) -> None:
    deliver(channel(slack, app_token=APP_TOKEN), monstrous())
    deliver(channel(slack), digest(3, text="x<!here>" * 9_000))
    for message in slack.top():
        said = [message["text"], *re.findall(r'"mrkdwn", "text": "((?:[^"\\]|\\.)*)"', words(message))]
        assert len(said) > 3
        assert [text for text in said if "<!" in text or "<@" in text] == []


# -- whatever the network does -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [ACCEPTED_THEN_DROPPED, Fault("internal_error", accept=True, status=500)])
def test_a_dropped_connection_is_not_posted_twice(slack: SlackServer, fault: Fault) -> None:
    slack.fail("chat.postMessage", fault)
    receipt = deliver(channel(slack), match(), again=lambda: channel(slack))
    assert [message["ts"] for message in slack.top()] == [receipt.id]


def test_a_message_that_did_not_arrive_is_posted_again(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", DROPPED, Fault(status=503, body="<html>busy</html>"))
    deliver(channel(slack), match())
    assert len(slack.top()) == 1


def test_a_reply_in_a_thread_is_not_posted_twice(slack: SlackServer) -> None:
    first = deliver(channel(slack), match())
    slack.fail("chat.postMessage", ACCEPTED_THEN_DROPPED)
    second = deliver(channel(slack), update(first), again=lambda: channel(slack))
    assert [message["ts"] for message in slack.thread(first.id)] == [second.id]


def test_a_message_is_found_behind_many_others(slack: SlackServer) -> None:
    slack.page = 3
    slack.fail("chat.postMessage", ACCEPTED_THEN_DROPPED)
    with pytest.raises(ChannelUnavailable):
        channel(slack).send(match())
    for n in range(10):
        channel(slack).send(match(f"other-{n}"))
    found = channel(slack).find(match())
    assert found is not None
    assert found.id == slack.top()[0]["ts"]
    assert channel(slack).find(match("never-sent")) is None


@pytest.mark.parametrize(
    "method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal", "conversations.replies"]
)
@pytest.mark.parametrize("fault", [DROPPED, ACCEPTED_THEN_DROPPED, Fault(status=500, body="oops")])
def test_pictures_come_once_whichever_step_breaks(slack: SlackServer, method: str, fault: Fault) -> None:
    slack.fail(method, fault, fault)
    receipt = deliver(channel(slack), match(pictures=(PICTURE, CUTOUTS)), again=lambda: channel(slack))
    assert len(slack.top()) == 1
    assert len(names(slack.thread(receipt.id))) == 2


def test_a_page_that_stands_where_slack_should_answer_is_named_as_such(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", Fault(body="<html>log in to the guest network</html>"))
    with pytest.raises(ChannelUnavailable, match="an answer that is not Slack's"):
        channel(slack).send(match())


def test_an_interrupted_digest_is_completed_without_repetition(slack: SlackServer) -> None:
    slack.fail("chat.postMessage", Fault(), ACCEPTED_THEN_DROPPED, Fault(), DROPPED)
    receipt = deliver(channel(slack), digest(200), again=lambda: channel(slack))
    everything = "".join(map(words, [*slack.top(), *slack.thread(receipt.id)]))
    assert [n for n in range(200) if everything.count(f"|ZTF24aa{n:05d}>") != 1] == []


def test_a_storm_of_faults_delivers_each_message_and_picture_once(slack: SlackServer) -> None:
    chance = random.Random(4)
    busy = Fault("ratelimited", status=429, headers={"Retry-After": "1"})
    kinds = [DROPPED, ACCEPTED_THEN_DROPPED, Fault(status=502, body="bad gateway"), busy]
    methods = ("chat.postMessage", "conversations.history", "conversations.replies", "upload")
    methods += ("files.getUploadURLExternal", "files.completeUploadExternal")
    for method in methods:
        slack.fail(method, *(chance.choice([*[Fault()] * 12, *kinds]) for _ in range(150)))
    first = deliver(channel(slack), match("root"))
    for n in range(60):
        news = match(f"key-{n}", pictures=(PICTURE, CUTOUTS))
        news = msgspec.structs.replace(news, kind=Kind.UPDATE, earlier=first) if n % 2 else news
        deliver(channel(slack), news, again=lambda: channel(slack))
    assert len(slack.top()) == 1 + 30
    assert len([m for m in slack.thread(first.id) if "metadata" in m]) == 30
    shared = names(slack.messages)
    assert len(shared) == len(set(shared)) == 2 * 60


def test_completing_twice_changes_nothing(slack: SlackServer) -> None:
    receipt = deliver(channel(slack), digest(100, pictures=(PICTURE,)))
    before = len(slack.messages)
    channel(slack).complete(digest(100, pictures=(PICTURE,)), receipt)
    assert len(slack.messages) == before


def test_a_time_out_is_passing(slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.slack.api.TIMEOUT_SECONDS", 0.2)
    hold = threading.Event()
    slack.fail("chat.postMessage", Fault(accept=True, hold=hold))
    with pytest.raises(ChannelUnavailable, match="TimeoutError"):
        channel(slack).send(match())
    hold.set()


def test_a_server_that_is_not_there_is_passing() -> None:
    sink = Slack("team", SlackSettings(token=TOKEN, channel=CHANNEL, base_url="http://127.0.0.1:9"))
    with pytest.raises(ChannelUnavailable, match="ConnectionRefusedError"):
        sink.send(match())


# -- what errors mean ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        *(
            (e, ChannelUnavailable)
            for e in ("ratelimited", "internal_error", "fatal_error", "service_unavailable")
        ),
        *((e, ChannelUnavailable) for e in ("request_timeout", "team_added_to_org", "never_heard_of")),
        *((e, ChannelRefused) for e in ("invalid_auth", "not_authed", "account_inactive", "token_revoked")),
        *((e, ChannelRefused) for e in ("token_expired", "channel_not_found", "not_in_channel", "is_archived")),
        *((e, ChannelRefused) for e in ("missing_scope", "no_permission", "restricted_action")),
        *((e, ChannelRefused) for e in ("ekm_access_denied", "team_access_not_granted")),
        *((e, NotificationRefused) for e in ("msg_too_long", "invalid_blocks", "invalid_arguments")),
        *((e, NotificationRefused) for e in ("metadata_too_large", "msg_blocks_too_long")),
    ],
)
def test_each_documented_error_has_its_meaning(
    slack: SlackServer, error: str, meaning: type[AlertwatchError]
) -> None:
    slack.fail("chat.postMessage", Fault(error))
    with pytest.raises(meaning, match=error):
        channel(slack).send(match())
    assert slack.messages == []


@pytest.mark.parametrize("method", ["chat.postMessage", "files.completeUploadExternal"])
def test_a_delay_that_slack_asks_for_is_passed_on(slack: SlackServer, method: str) -> None:
    slack.fail(method, Fault("ratelimited", status=429, headers={"Retry-After": "17"}))
    sink = channel(slack)
    with pytest.raises(ChannelUnavailable) as raised:
        sink.complete(match(pictures=(PICTURE,)), sink.send(match(pictures=(PICTURE,))))
    assert raised.value.retry_after == 17


def test_a_wrong_token_is_told_without_showing_it(slack: SlackServer) -> None:
    with pytest.raises(ChannelRefused, match="invalid_auth; install the app again") as raised:
        channel(slack, token="xoxb-wrong-secret").send(match())
    assert "secret" not in str(raised.value)
    assert "secret" not in repr(raised.value.__cause__)


def test_a_token_file_that_is_put_right_is_read_again(slack: SlackServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    sink = channel(slack, token=None, token_file=file)
    with pytest.raises(ChannelRefused, match="cannot be read"):
        sink.send(match())
    file.write_text(TOKEN + "\n")
    deliver(sink, match())
    assert len(slack.top()) == 1


def test_without_the_scope_for_files_the_message_stands_alone(slack: SlackServer) -> None:
    slack.scopes.discard("files:write")
    receipt = deliver(channel(slack), match(pictures=(PICTURE,)))
    assert len(slack.top()) == 1
    assert slack.thread(receipt.id) == []


def test_without_the_scope_for_history_a_message_rather_comes_twice_than_never(slack: SlackServer) -> None:
    slack.scopes.discard("channels:history")
    slack.fail("chat.postMessage", ACCEPTED_THEN_DROPPED)
    deliver(channel(slack), match())
    assert len(slack.top()) == 2


# -- settings and checks -------------------------------------------------------------------------------------


def test_a_check_names_the_channel_and_posts_nothing(slack: SlackServer) -> None:
    assert channel(slack).check() == f"@alertwatch of Observatory posts to #alerts ({CHANNEL})"
    assert slack.messages == []


def test_a_check_says_what_a_lacking_scope_costs(slack: SlackServer) -> None:
    slack.scopes -= {"channels:history", "files:write"}
    said = channel(slack).check()
    assert "without the scope channels:history a message whose connection drops may come twice" in said
    assert "without the scope files:write there are no pictures" in said


def test_a_check_asks_for_the_invitation(slack: SlackServer) -> None:
    slack.channel["is_member"] = False
    with pytest.raises(ChannelRefused, match="write /invite @alertwatch"):
        channel(slack).check()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"token": "x", "channel": "#alerts"}, "copy the id at the end of"),
        ({"token": "x"}, "needs channel"),
        ({"channel": CHANNEL}, "needs token or token_file"),
        ({"token": "x", "channel": CHANNEL, "webhook_url": "https://x"}, "keep one"),
        ({"webhook_url": "https://x", "app_token": "x"}, "which an incoming webhook cannot have"),
        ({"token": "x", "channel": CHANNEL, "base_url": "slack.com"}, "must begin with https"),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        SlackSettings(**settings)


def test_a_preview_opens_in_a_browser_without_anything_else(slack: SlackServer) -> None:
    files = channel(slack).preview(match(pictures=(PICTURE,), title="<script>alert(1)</script>"))
    assert set(files) == {"team.json", "team.html"}
    page = files["team.html"].decode()
    assert "data:image/png;base64," in page
    assert '<a href="https://alerce.online/object/ZTF24abcdef">ALeRCE Explorer</a>' in page
    assert "<script" not in page
    assert json.loads(files["team.json"])[0]["blocks"][0]["type"] == "header"
    assert slack.calls == []
