"""Slack messages as a page that a browser shows much as Slack does, and as the JSON that is sent."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

from alertwatch.notification import Notification, Picture
from sinks.slack.blocks import Message
from sinks.slack.text import Block

STYLE = (Path(__file__).parent / "preview.css").read_text(encoding="utf-8")
_SPECIAL = re.compile(r"<([^<>]*)>")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_CODE = re.compile(r"`([^`\n]+)`")


def preview(name: str, messages: list[Message], notification: Notification) -> dict[str, bytes]:
    """``<name>.json`` (the messages) and ``<name>.html`` (the page, pictures included)."""
    first, *rest = messages
    replies = "".join(_message(message.blocks) for message in rest)
    pictures = "".join(map(_picture, notification.pictures))
    thread = replies + (
        f'<div class="message">{_who()}<div class="files">{pictures}</div></div>' if pictures else ""
    )
    below = f'<div class="thread"><div class="count">in the thread</div>{thread}</div>' if thread else ""
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(notification.title)}</title><style>{STYLE}</style></head>"
        f'<body><div class="channel"># {escape(name)}</div>{_message(first.blocks)}{below}</body></html>'
    )
    sent = [{"text": message.text, "blocks": message.blocks} for message in messages]
    data = json.dumps(sent, ensure_ascii=False, indent=2)
    return {f"{name}.json": data.encode(), f"{name}.html": page.encode()}


def _message(blocks: list[Block]) -> str:
    body = "".join(_BLOCKS[block["type"]](block) for block in blocks)
    return f'<div class="message">{_who()}{body}</div>'


def _who() -> str:
    return '<div class="face">✦</div><div class="who">alertwatch <span class="app">APP</span></div>'


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode()
    alt = escape(picture.alt)
    return (
        f'<figure><figcaption>{alt}</figcaption><img alt="{alt}" src="data:image/png;base64,{data}"></figure>'
    )


def _header(block: Block) -> str:
    return f"<h1>{_text(block['text'])}</h1>"


def _section(block: Block) -> str:
    text = f"<p>{_text(block['text'])}</p>" if "text" in block else ""
    fields = "".join(f"<div>{_text(field)}</div>" for field in block.get("fields", ()))
    return text + (f'<div class="fields">{fields}</div>' if fields else "")


def _actions(block: Block) -> str:
    buttons = (
        f'<span class="button {button.get("style", "")}">{_text(button["text"])}</span>'
        for button in block["elements"]
    )
    return f'<div class="actions">{"".join(buttons)}</div>'


def _context(block: Block) -> str:
    return f'<div class="context">{"".join(f"<span>{_text(each)}</span>" for each in block["elements"])}</div>'


def _text(text: Mapping[str, Any]) -> str:
    """A text object as HTML. In mrkdwn, outside of ``<…>``, the three characters are escaped already."""
    if text["type"] == "plain_text":
        return escape(text["text"])
    parts = _SPECIAL.split(text["text"])
    return "".join(_special(part) if n % 2 else _formatted(part) for n, part in enumerate(parts))


def _special(inside: str) -> str:
    """A link or a mention."""
    if inside.startswith("@"):
        return f'<span class="mention">{escape(inside)}</span>'
    url, _, name = inside.partition("|")
    return f'<a href="{escape(unescape(url))}">{name or url}</a>'


def _formatted(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", _BOLD.sub(r"<b>\1</b>", text)).replace("\n", "<br>")


_BLOCKS: Mapping[str, Callable[[Block], str]] = {
    "header": _header,
    "section": _section,
    "actions": _actions,
    "context": _context,
}
