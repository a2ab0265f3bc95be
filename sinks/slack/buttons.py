"""What a click does: a label for the object, a word in the thread, and a mark on the message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog

from alertwatch.errors import AlertwatchError
from alertwatch.sink import Action
from sinks.slack.api import Api
from sinks.slack.blocks import BUTTON_PREFIX, Source
from sinks.slack.text import Block, context, cut, escape

SAID = {"claim": "claimed by", "follow_up": "follow-up requested by", "reject": "rejected by"}
MARKS = "alertwatch_marks"
MOST_MARKS = 10  # elements of a context block
REASON = "reason"
REJECT_FORM = "alertwatch_reject_form"

log = structlog.get_logger(__name__)

Payload = Mapping[str, Any]


class Place(msgspec.Struct, frozen=True):
    """Where a button was clicked: the message, its thread, and what the button is about."""

    channel: str
    ts: str
    thread: str
    survey: str
    object_id: str


class Buttons:
    """Serves the payloads of one app. They can be of another channel that shares the app."""

    def __init__(self, api: Api, act: Callable[[Action], None]) -> None:
        self._api = api
        self._act = act

    def serve(self, payload: Payload) -> None:
        """One click, or one filled form. Errors are logged: there is nobody else to tell."""
        try:
            if payload.get("type") == "block_actions":
                for clicked in payload.get("actions") or ():
                    self._clicked(payload, clicked)
            elif payload.get("type") == "view_submission":
                self._filled(payload)
        except (AlertwatchError, msgspec.MsgspecError, LookupError) as error:
            log.warning("a click in Slack could not be served", error=str(error))

    def _clicked(self, payload: Payload, clicked: Mapping[str, Any]) -> None:
        action_id = str(clicked.get("action_id"))
        label = action_id.removeprefix(BUTTON_PREFIX)
        if label == action_id or label not in SAID:
            return
        place = _place(payload, clicked)
        if label == "reject":
            self._api.call("views.open", trigger_id=payload["trigger_id"], view=_form(place))
        else:
            self._note(place, label, None, payload["user"])

    def _filled(self, payload: Payload) -> None:
        view = payload["view"]
        if view.get("callback_id") != REJECT_FORM:
            return
        place = msgspec.json.decode(view["private_metadata"], type=Place)
        reason = view["state"]["values"][REASON][REASON]["value"]
        self._note(place, "reject", reason, payload["user"])

    def _note(self, place: Place, label: str, reason: str | None, user: Mapping[str, Any]) -> None:
        """Write the label, then say so; a label that could not be written is told to who clicked."""
        by = f"@{user.get('username') or user.get('name') or user['id']}"
        try:
            self._act(Action(survey=place.survey, object_id=place.object_id, label=label, reason=reason, by=by))
        except Exception as error:  # whatever it was, the person must know
            log.exception("a label could not be written", object_id=place.object_id, label=label)
            told = f"This could not be noted ({type(error).__name__}). Please try again in a minute."
            self._api.call("chat.postEphemeral", channel=place.channel, user=user["id"], text=told)
            return
        because = f": {escape(reason, 500)}" if reason else ""
        words = f"{escape(place.object_id, 100)} {SAID[label]} <@{user['id']}>{because}"
        self._api.call("chat.postMessage", channel=place.channel, thread_ts=place.thread, text=words)
        self._mark(place, f"*{SAID[label]}* <@{user['id']}>{because}")

    def _mark(self, place: Place, words: str) -> None:
        """Add a line to the message that was clicked, read anew: others may have clicked, too."""
        answer = self._api.call(
            "conversations.replies",
            allowed={"missing_scope", "thread_not_found"},
            channel=place.channel,
            ts=place.ts,
            oldest=place.ts,
            latest=place.ts,
            inclusive=True,
        )
        message = next((m for m in answer.get("messages") or () if m["ts"] == place.ts), None)
        if message is not None:
            blocks = _marked(message.get("blocks") or [], words)
            self._api.call(
                "chat.update", channel=place.channel, ts=place.ts, text=message["text"], blocks=blocks
            )


def _place(payload: Payload, clicked: Mapping[str, Any]) -> Place:
    source = msgspec.json.decode(clicked["value"], type=Source)
    message = payload["message"]
    thread = message.get("thread_ts") or message["ts"]
    return Place(payload["channel"]["id"], message["ts"], thread, source.survey, source.object_id)


def _marked(blocks: list[Block], words: str) -> list[Block]:
    """The blocks with one more mark, in one block at the end; of many marks the latest."""
    marks = [block for block in blocks if block.get("block_id") == MARKS]
    elements = [element for mark in marks for element in mark["elements"]] + context(words)["elements"]
    kept = [block for block in blocks if block.get("block_id") != MARKS]
    return [*kept, {"type": "context", "block_id": MARKS, "elements": elements[-MOST_MARKS:]}]


def _form(place: Place) -> dict[str, Any]:
    """Asks for the reason of a rejection."""
    return {
        "type": "modal",
        "callback_id": REJECT_FORM,
        "private_metadata": msgspec.json.encode(place).decode(),
        "title": {"type": "plain_text", "text": "Reject"},
        "submit": {"type": "plain_text", "text": "Reject"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            {
                "type": "input",
                "block_id": REASON,
                "label": {"type": "plain_text", "text": cut(f"Why is {place.object_id} of no interest?", 2000)},
                "element": {
                    "type": "plain_text_input",
                    "action_id": REASON,
                    "max_length": 500,
                    "placeholder": {"type": "plain_text", "text": "asteroid, artefact, known variable, …"},
                },
            }
        ],
    }
