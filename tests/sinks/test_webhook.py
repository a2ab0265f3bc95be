"""The webhook: what the other side gets, and what its answers mean."""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
import trustme

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused
from sinks.webhook import Webhook
from tests.sinks.counterparts import Receiver, receiver
from tests.sinks.slack_notifications import PICTURE, match
from tests.support.data import ROOT

SECRET = "signing-secret"


@pytest.fixture
def web() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def hook(web: Receiver) -> Iterator[Webhook]:
    sink = made(web)
    yield sink
    sink.close()


def made(web: Receiver, **more: Any) -> Webhook:
    return Webhook("hook", Webhook.settings_type.model_validate({"url": web.url, "secret": SECRET} | more))


def is_genuine(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """The one that the page shows."""
    page = (ROOT / "docs" / "channels" / "webhook.md").read_text()
    found = re.search(r"<!-- verification -->\n```python\n(.*?)```", page, re.DOTALL)
    assert found
    shown: dict[str, Any] = {}
    exec(found[1], shown)
    sent = {"X-Alertwatch-Timestamp": headers["x-alertwatch-timestamp"]}
    return bool(
        shown["is_genuine"](sent | {"X-Alertwatch-Signature": headers["x-alertwatch-signature"]}, body, secret)
    )


def test_a_message_is_proven_genuine_as_the_page_shows(hook, web):
    hook.send(match())
    ((headers, body),) = web.posts

    assert is_genuine(headers, body, SECRET)
    assert not is_genuine(headers, body + b" ", SECRET)
    assert not is_genuine(headers, body, "another")
    assert not is_genuine(headers | {"x-alertwatch-timestamp": str(int(time.time()) - 400)}, body, SECRET)


def test_the_message_is_the_whole_notification(hook, web):
    hook.send(match(pictures=(PICTURE,)))
    ((headers, body),) = web.posts
    said = json.loads(body)

    assert headers["idempotency-key"] == said["key"] == "key-1"
    assert said["entries"][0]["object_id"] == "ZTF24abcdef"
    assert said["entries"][0]["matched"][0]["criteria"][0]["name"] == "class is SN"
    assert said["pictures"] == []


def test_pictures_come_along_where_they_are_wanted(web):
    hook = made(web, pictures=True, headers={"X-Team": "supernovae"})
    hook.send(match(pictures=(PICTURE,)))
    hook.close()
    ((headers, body),) = web.posts

    assert hook.wants_pictures
    assert b64decode(json.loads(body)["pictures"][0]["png"]) == PICTURE.png
    assert headers["x-team"] == "supernovae"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, ChannelUnavailable),
        (503, ChannelUnavailable),
        (408, ChannelUnavailable),
        (425, ChannelUnavailable),
        (401, ChannelRefused),
        (403, ChannelRefused),
        (404, ChannelRefused),
        (410, ChannelRefused),
        (301, ChannelRefused),
        (307, ChannelRefused),
        (400, NotificationRefused),
        (413, NotificationRefused),
        (422, NotificationRefused),
    ],
)
def test_an_answer_means_what_the_page_says(hook, web, status, error):
    web.answers.append((status, {"Location": "http://elsewhere.example.org/"} if status < 400 else {}))

    with pytest.raises(error, match=rf"127.0.0.1 .*\({status}\)"):
        hook.send(match())
    assert web.posts == []


def test_a_delay_that_is_asked_for_is_passed_on_in_either_form(hook, web):
    web.answers += [
        (429, {"Retry-After": "17"}),
        (503, {"Retry-After": formatdate(time.time() + 100, usegmt=True)}),
        (503, {"Retry-After": "soon"}),
    ]
    delays = []
    for _ in range(3):
        with pytest.raises(ChannelUnavailable) as caught:
            hook.send(match())
        delays.append(caught.value.retry_after)

    assert delays[0] == 17
    assert 80 < delays[1] <= 100
    assert delays[2] is None


def test_an_address_with_a_secret_in_it_is_not_repeated(web):
    hook = made(web, url=web.url.replace("http://", "http://me:hunter2@") + "/hooks/hunter3")
    web.answers.append((500, {}))

    with pytest.raises(ChannelUnavailable) as caught:
        hook.send(match())
    hook.close()
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("token", ["s3\ncret", "s3cret ", "s3crét"])
def test_a_token_that_no_header_can_carry_is_to_be_mended_and_not_repeated(web, token):
    with pytest.raises(ChannelRefused, match="the header Authorization") as caught:
        made(web, token=token).send(match())
    assert token not in str(caught.value)


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(web):
    import ssl
    import threading
    from http.server import HTTPServer

    from tests.sinks.counterparts import Handler

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"receiver": web}))
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hook = made(web, url=f"https://127.0.0.1:{server.server_port}/")
    try:
        with pytest.raises(ChannelRefused, match="no certificate that we trust"):
            hook.send(match())
    finally:
        hook.close()
        server.shutdown()
        thread.join()
        server.server_close()
    assert web.posts == []


def test_a_check_is_no_message_and_says_what_it_cannot_know(hook, web):
    web.answers += [(204, {}), (405, {}), (501, {}), (401, {}), (503, {})]

    for _ in range(3):
        assert hook.check() == "127.0.0.1 answers; only a message shows whether it takes them"
    with pytest.raises(ChannelRefused, match=r"refuses our credentials \(401\)"):
        hook.check()
    with pytest.raises(ChannelUnavailable, match=r"answers with an error \(503\)"):
        hook.check()
    assert web.posts == []
