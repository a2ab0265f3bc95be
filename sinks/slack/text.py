"""Text as Slack reads it: three characters escaped, and cut to the limits of Block Kit, which refuses more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

Block = dict[str, Any]

HEADER = 150
SECTION = 3000
FIELDS = 10
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BROKEN_ESCAPE = re.compile(r"&[a-z]*$")


def cut(text: str, most: int) -> str:
    """At most so many characters; what is cut shows by an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def escape(text: str, most: int = SECTION) -> str:
    """Text that mentions nobody and formats nothing, at most so many characters once escaped."""
    safe = "".join(_ESCAPES.get(character, character) for character in text)
    return safe if len(safe) <= most else _BROKEN_ESCAPE.sub("", safe[: most - 1]).rstrip() + "…"


def link(url: str, name: str) -> str:
    """A link; its name alone where the address is none that Slack takes."""
    if not url.startswith(("https://", "http://")) or any(character in url for character in "<>| \n"):
        return escape(name, 200)
    return f"<{url.replace('&', '&amp;')}|{escape(name, 200).replace('|', '/')}>"


def lines(parts: Sequence[str], most: int, separator: str = "\n") -> str:
    """As many whole parts as fit, and how many did not."""
    kept = list(parts)
    while kept and len(_with_rest(kept, len(parts), separator)) > most:
        kept.pop()
    return _with_rest(kept, len(parts), separator)


def header(text: str) -> Block:
    """The title of a message."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(text, HEADER), "emoji": True}}


def section(text: str) -> Block:
    """A paragraph."""
    return {"type": "section", "text": mrkdwn(text)}


def table(pairs: Iterable[tuple[str, str]], most: int = 160) -> list[Block]:
    """Labels and values in two columns; each value at most so long."""
    fields = [mrkdwn(f"*{escape(label, 40)}*\n{escape(value, most)}") for label, value in pairs]
    return [
        {"type": "section", "fields": fields[first : first + FIELDS]} for first in range(0, len(fields), FIELDS)
    ]


def context(*texts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def mrkdwn(text: str) -> Block:
    """A text object. ``verbatim``: nothing in it becomes a link or a mention by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _with_rest(kept: list[str], total: int, separator: str) -> str:
    rest = [f"… and {total - len(kept)} more"] if len(kept) < total else []
    return separator.join([*kept, *rest])
