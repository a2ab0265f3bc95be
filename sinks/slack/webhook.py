"""An incoming webhook: posts, and can do nothing else."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any

from alertwatch.errors import ChannelUnavailable
from sinks.slack.answers import error_of
from sinks.slack.api import TIMEOUT_SECONDS, quiet

WHO = "the incoming webhook"


def post(url: str, message: dict[str, Any]) -> None:
    """Post one message. Raises `ChannelUnavailable`, `NotificationRefused`, `ChannelRefused`."""
    from slack_sdk.errors import SlackClientError  # noqa: PLC0415 - only where a Slack channel is configured
    from slack_sdk.webhook import WebhookClient  # noqa: PLC0415

    client = WebhookClient(url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=quiet())
    client.proxy = None
    try:
        answer = client.send_dict(message)
    except (SlackClientError, OSError, HTTPException, ValueError) as error:
        raise ChannelUnavailable(f"Slack does not answer {WHO}: {type(error).__name__}") from None
    if answer.status_code != 200:
        raise error_of(WHO, answer.status_code, {"error": answer.body.strip()}, answer.headers)
