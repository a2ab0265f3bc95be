"""Slack as we use it: one call, one answer or one of a channel's three errors. The SDK's own retries are off.

They would post twice when a connection drops after Slack accepted a message; the delivery ledger tries again,
after it has looked whether the message is there.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterator, Mapping
from functools import cache
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from alertwatch.errors import ChannelUnavailable
from sinks.slack.answers import NO_THREAD, error_of

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

TIMEOUT_SECONDS = 20
PAGE = 200  # what Slack recommends


@cache
def quiet() -> logging.Logger:
    """The SDK's log: what goes wrong is told by our errors, and addresses of webhooks are secret."""
    logger = logging.getLogger("alertwatch.sinks.slack")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def web_client(token: str | None, base_url: str) -> WebClient:
    """A client of the Web API. Proxies are those of the environment, with its exceptions."""
    from slack_sdk import WebClient  # noqa: PLC0415 - only where a Slack channel is configured

    client = WebClient(token, base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=quiet())
    client.proxy = None  # urllib knows HTTPS_PROXY and NO_PROXY; the SDK only the former
    return client


class Api:
    """The Web API with one bot token, about one channel."""

    def __init__(self, token: str, base_url: str, channel: str) -> None:
        self.channel = channel
        self._client = web_client(token, base_url)

    def call(self, method: str, *, allowed: Container[str] = (), **arguments: Any) -> SlackResponse:
        """The answer of one method ("chat.postMessage"), which is an error only if that is ``allowed``.

        Raises `ChannelUnavailable`, `NotificationRefused`, `ChannelRefused`.
        """
        from slack_sdk.errors import SlackApiError, SlackClientError  # noqa: PLC0415 - see web_client

        who = f"{method} for {self.channel}"
        try:
            answer: SlackResponse = getattr(self._client, method.replace(".", "_"))(**arguments)
            return answer
        except SlackApiError as error:
            return _judged(who, error.response, allowed)
        except (SlackClientError, OSError, HTTPException, ValueError) as error:
            raise ChannelUnavailable(f"Slack does not answer {who}: {_kind(error)}") from None

    def messages(self, method: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """All messages of ``conversations.history`` or ``conversations.replies``, page by page.

        None where the thread is gone, and where the app may not look (`check` says so).
        """
        cursor: str | None = None
        while cursor != "":
            page = self.call(
                method,
                allowed=NO_THREAD | {"missing_scope"},
                channel=self.channel,
                include_all_metadata=True,
                limit=PAGE,
                cursor=cursor,
                **arguments,
            )
            yield from page.get("messages") or ()
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""


def _judged(who: str, answer: SlackResponse, allowed: Container[str]) -> SlackResponse:
    said = answer.data if isinstance(answer.data, dict) else {}
    if said.get("error") in allowed:
        return answer
    raise error_of(who, answer.status_code, said, answer.headers) from None


def _kind(error: Exception) -> str:
    """What went wrong, without addresses: they can be secret."""
    reason = getattr(error, "reason", None)
    return type(reason if isinstance(reason, Exception) else error).__name__
