"""What we said already, as Slack tells it: messages carry their key as metadata, files carry it in their name.

Needs the history scope of the channel's kind. Without it nothing is ever found, which `check` says: then a
message whose connection dropped at the wrong moment is sent twice rather than perhaps not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sinks.slack.api import Api

EVENT_TYPE = "alertwatch"
CLOCKS_DIFFER_SECONDS = 600.0


@dataclass
class Said:
    """What a thread holds: our messages' keys with their Slack ids (``ts``), objects, and names of files."""

    keys: dict[str, str] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def metadata(key: str, subscription: str, objects: Sequence[str]) -> dict[str, Any]:
    """What a message carries so that it can be found again; Slack takes a few kB of it."""
    payload = {"key": key, "subscription": subscription[:100], "objects": list(objects)}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def in_channel(api: Api, key: str, since: float) -> str | None:
    """The id (``ts``) of our message in the channel, not older than ``since`` (epoch seconds of our clock)."""
    oldest = f"{since - CLOCKS_DIFFER_SECONDS:.6f}"
    found = (
        m["ts"] for m in api.messages("conversations.history", oldest=oldest) if _payload(m).get("key") == key
    )
    return next(found, None)


def in_thread(api: Api, thread: str) -> Said:
    """What was said in one thread, its first message included."""
    said = Said()
    for message in api.messages("conversations.replies", ts=thread):
        payload = _payload(message)
        if "key" in payload:
            said.keys[payload["key"]] = message["ts"]
            said.objects |= set(payload.get("objects") or ())
        said.files |= {file.get("name", "") for file in message.get("files") or ()}
    return said


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any]:
    about = message.get("metadata") or {}
    return (about.get("event_payload") or {}) if about.get("event_type") == EVENT_TYPE else {}
