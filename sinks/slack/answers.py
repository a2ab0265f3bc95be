"""What Slack's documented error strings mean for us, and what a person has to do about them.

https://docs.slack.dev/reference/methods/chat.postMessage (errors), and those of the other methods we call.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from alertwatch.errors import AlertwatchError, ChannelRefused, ChannelUnavailable, NotificationRefused

NO_THREAD = frozenset(
    {
        "thread_not_found",
        "message_not_found",
        "cannot_reply_to_message",
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
    }
)
"""The message that was to be answered is gone or cannot be answered."""

NO_PICTURES = frozenset(
    {
        "missing_scope",
        "blocked_file_type",
        "file_upload_size_restricted",
        "file_uploads_disabled",
        "file_uploads_except_images_disabled",
        "malware_detected",
        "storage_limit_reached",
    }
)
"""The workspace takes no pictures of ours: no reason to hold back, or repeat, the message."""

NEW_TOKEN = "install the app again and put its new bot token (xoxb-…) where the old one was"  # noqa: S105
INVITE = "check the channel id and invite the bot: write /invite @NAME-OF-THE-APP in the channel"
ASK_ADMIN = "ask an administrator of the workspace"

TO_DO: Mapping[str, str] = {
    "invalid_auth": NEW_TOKEN,
    "not_authed": NEW_TOKEN,
    "account_inactive": NEW_TOKEN,
    "token_revoked": NEW_TOKEN,
    "token_expired": NEW_TOKEN,
    "not_allowed_token_type": "use a bot token (xoxb-…) as token and an app-level token (xapp-…) as app_token",
    "channel_not_found": INVITE,
    "not_in_channel": INVITE,
    "is_archived": "unarchive the channel, or name another one",
    "missing_scope": "add the scope under *OAuth & Permissions* and install the app again",
    "no_permission": "add the scopes that the documentation lists, and install the app again",
    "restricted_action": f"posting is restricted there; {ASK_ADMIN}",
    "restricted_action_read_only_channel": f"posting is restricted there; {ASK_ADMIN}",
    "restricted_action_thread_only_channel": f"only replies are allowed there; {ASK_ADMIN}",
    "messages_tab_disabled": "allow messages under *App Home*, or name a channel",
    "access_denied": ASK_ADMIN,
    "accesslimited": ASK_ADMIN,
    "ekm_access_denied": ASK_ADMIN,
    "enterprise_is_restricted": ASK_ADMIN,
    "org_login_required": ASK_ADMIN,
    "team_access_not_granted": "install the app in the workspace of that channel",
    "team_not_found": "install the app in the workspace of that channel",
    "two_factor_setup_required": ASK_ADMIN,
    # an incoming webhook's
    "action_prohibited": f"posting is restricted there; {ASK_ADMIN}",
    "invalid_token": "make a new incoming webhook and put its address where the old one was",
    "no_service": "make a new incoming webhook and put its address where the old one was",
    "no_service_id": "make a new incoming webhook and put its address where the old one was",
    "no_team": "make a new incoming webhook and put its address where the old one was",
    "team_disabled": ASK_ADMIN,
    "channel_is_archived": "unarchive the channel, or make a webhook for another one",
    "posting_to_general_channel_denied": f"posting is restricted there; {ASK_ADMIN}",
    "user_not_found": "make a new incoming webhook and put its address where the old one was",
}
"""Errors after which nothing passes until a person acts."""

UNFIT = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "invalid_arg_name",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_charset",
        "invalid_form_data",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_payload",
        "invalid_post_type",
        "metadata_too_large",
        "missing_post_type",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
"""Errors of this one message; another may pass."""


def error_of(who: str, status: int, answer: Mapping[str, Any], headers: Mapping[str, Any]) -> AlertwatchError:
    """The error that an answer of Slack's stands for. ``who`` names the method and channel."""
    error = str(answer.get("error") or "")
    if error in TO_DO:
        return ChannelRefused(f"Slack refuses {who}: {error}{_scope(answer)}; {TO_DO[error]}")
    if error in UNFIT:
        return NotificationRefused(f"Slack refuses this message ({who}): {error}{_details(answer)}")
    strange = "an answer that is not Slack's (a proxy?)" if status == HTTPStatus.OK else f"HTTP status {status}"
    known = error if error.isidentifier() else strange
    return ChannelUnavailable(f"Slack cannot serve {who} now: {known}", _delay(headers))


def _scope(answer: Mapping[str, Any]) -> str:
    return f" ({answer['needed']})" if answer.get("needed") else ""


def _details(answer: Mapping[str, Any]) -> str:
    """Which part is wrong, as the answer says: ``… [json-pointer:/blocks/3]``."""
    said = answer.get("response_metadata")
    messages = said.get("messages") if isinstance(said, Mapping) else None
    return f" ({'; '.join(map(str, messages))[:300]})" if messages else ""


def _delay(headers: Mapping[str, Any]) -> float | None:
    said = {str(name).lower(): value for name, value in headers.items()}.get("retry-after")
    try:
        return None if said is None else max(0.0, float(said))
    except ValueError:
        return None
