"""Whether a Slack channel would take our messages, in a sentence."""

from __future__ import annotations

from typing import Any

from alertwatch.errors import ChannelRefused
from sinks.slack.api import Api

HISTORY = {"C": "channels:history", "G": "groups:history", "D": "im:history"}
TWICE = "a message whose connection drops may come twice, and clicked messages are not marked"


def health(api: Api, *, buttons: bool) -> str:
    """Who we are and what the channel is. Raises as `Api.call` does, and where the bot is no member."""
    who = api.call("auth.test")
    channel = api.call("conversations.info", allowed={"missing_scope"}, channel=api.channel)
    about = channel.get("channel") or {}
    bot = who.get("user") or "the bot"
    if about.get("is_member") is False:
        name = about.get("name") or api.channel
        raise ChannelRefused(f"Slack: @{bot} is not in #{name}; write /invite @{bot} in that channel")
    if about.get("is_archived"):
        raise ChannelRefused(f"Slack: the channel {api.channel} is archived; unarchive it or name another one")
    name = f"#{about['name']} ({api.channel})" if about.get("name") else api.channel
    sentences = [f"@{bot} of {who.get('team') or 'the workspace'} posts to {name}"]
    if channel.get("error") == "missing_scope":
        sentences.append(f"whether it is a member there cannot be told without {channel.get('needed')}")
    sentences += _lacking(_scopes(who.headers), _history(about, api.channel))
    sentences += ["with buttons"] if buttons else []
    return "; ".join(sentences)


def _history(about: dict[str, Any], channel: str) -> str:
    return HISTORY["G"] if about.get("is_private") else HISTORY[channel[0]]


def _scopes(headers: Any) -> frozenset[str] | None:
    """The token's scopes, where the answer names them."""
    said = {str(name).lower(): value for name, value in dict(headers).items()}.get("x-oauth-scopes")
    return None if said is None else frozenset(scope.strip() for scope in str(said).split(","))


def _lacking(scopes: frozenset[str] | None, history: str) -> list[str]:
    if scopes is None:
        return []
    if "chat:write" not in scopes:
        raise ChannelRefused("Slack: the bot lacks the scope chat:write; add it and install the app again")
    without = {history: TWICE, "files:write": "there are no pictures"}
    return [f"without the scope {scope} {what}" for scope, what in without.items() if scope not in scopes]
