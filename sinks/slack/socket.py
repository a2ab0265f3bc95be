"""Buttons: socket mode brings what people click, without a public address of ours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import structlog

from alertwatch.sink import Action
from sinks.slack.api import Api, quiet, web_client
from sinks.slack.buttons import Buttons

if TYPE_CHECKING:
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

RETRY_SECONDS = 60.0

log = structlog.get_logger(__name__)


def listen(
    api: Api, app_token: str, base_url: str, act: Callable[[Action], None], stop: threading.Event
) -> None:
    """Serve clicks until ``stop`` is set. The SDK connects again by itself once it was connected."""
    buttons = Buttons(api, act)
    while not stop.is_set():
        client = _client(app_token, base_url, buttons)
        try:
            client.connect()
            log.info("Slack's buttons are listened to", channel=api.channel)
            stop.wait()
        except Exception as error:  # whatever it is, buttons must not stop for good
            log.warning(
                "Slack's buttons cannot be listened to; check the app-level token (connections:write)",
                channel=api.channel,
                error=_said(error),
            )
            stop.wait(RETRY_SECONDS)
        finally:
            _leave(client)


def _client(app_token: str, base_url: str, buttons: Buttons) -> SocketModeClient:
    from slack_sdk.socket_mode import SocketModeClient  # noqa: PLC0415 - only where there are buttons
    from slack_sdk.socket_mode.response import SocketModeResponse  # noqa: PLC0415

    def serve(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        buttons.serve(request.payload)

    web = web_client(None, base_url)
    client = SocketModeClient(app_token, logger=quiet(), web_client=web, concurrency=1)
    if proxy_bypass(urlsplit(base_url).hostname or ""):
        client.proxy = None
    client.socket_mode_request_listeners.append(serve)
    return client


def _leave(client: SocketModeClient) -> None:
    """Close at once: the SDK would wait for three seconds for a message that is still to come."""
    client.auto_reconnect_enabled = False
    session = client.current_session
    if session is not None and session.sock is not None:
        with suppress(OSError):
            session.sock.shutdown(SHUT_RDWR)
    client.close()


def _said(error: Exception) -> str:
    """Slack's error string, or the kind of error; never an address: it holds a ticket."""
    answer = getattr(error, "response", None)
    return str(answer.get("error")) if answer is not None else type(error).__name__
