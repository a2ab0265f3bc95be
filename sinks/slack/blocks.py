"""A notification as Slack messages: the main one, and those that continue it in its thread.

Slack takes some 12,000 characters of blocks in a message, markup included; ours stay well below.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

import msgspec

from alertwatch.notification import Entry, Kind, Notification
from alertwatch.render import slack_text, subject
from alertwatch.render.entries import Shown, ranked
from sinks.slack.text import Block, context, cut, escape, header, lines, link, section, table

FALLBACK = 4000
ENTRIES_PER_MESSAGE = 40
LINES_PER_SECTION = 10
LINE = 190
ALL_LINES = 8000
MOST_FACTS = 20
BUTTON_PREFIX = "alertwatch_"
BUTTONS = (
    ("claim", "Claim", "primary"),
    ("follow_up", "Follow-up requested", ""),
    ("reject", "Reject", "danger"),
)


class Source(msgspec.Struct, frozen=True):
    """What a button is about: the object, as its value says."""

    survey: str
    object_id: str


@dataclass(frozen=True)
class Message:
    """One message: ``text`` is what a phone shows, ``objects`` (``survey:id``) are those that it names."""

    text: str
    blocks: list[Block]
    objects: tuple[str, ...] = ()


def messages(notification: Notification, *, buttons: bool = False, threads: bool = True) -> list[Message]:
    """The main message and its continuations. ``buttons``: whether somebody listens to them.

    Without ``threads`` there is one message that names everything, in fewer words.
    """
    if notification.kind not in {Kind.SUMMARY, Kind.DIGEST} or not notification.entries:
        return [_single(notification, buttons=buttons)]
    main = ranked(notification.entries)[: ENTRIES_PER_MESSAGE if threads else None]
    first = _list(notification, subject(notification), main, notification.text)
    return [first, *continued(notification, set(first.objects))]


def continued(notification: Notification, named: Container[str]) -> list[Message]:
    """What is still to be said of a list of which some objects are ``named`` already."""
    if notification.kind not in {Kind.SUMMARY, Kind.DIGEST}:
        return []
    rest = [shown for shown in ranked(notification.entries) if _object(shown.entry) not in named]
    chunks = [rest[n : n + ENTRIES_PER_MESSAGE] for n in range(0, len(rest), ENTRIES_PER_MESSAGE)]
    return [_list(notification, f"… {len(chunk)} more", chunk) for chunk in chunks]


def _single(notification: Notification, *, buttons: bool) -> Message:
    """Head, what is said, the object, small print."""
    blocks = [header(subject(notification))]
    if notification.text:
        blocks.append(section(escape(notification.text)))
    for entry in notification.entries[:1]:
        blocks += _about(Shown(entry))
        blocks += [_buttons(entry)] if buttons else []
    blocks.append(_small_print(notification))
    text = cut(slack_text(notification), FALLBACK)
    return Message(text, blocks, tuple(_object(entry) for entry in notification.entries[:1]))


def _about(shown: Shown) -> list[Block]:
    """Why now, what is known, why it passed, where more is known."""
    blocks = []
    if shown.reasons:
        reasons = lines([escape(reason, 300) for reason in shown.reasons], 600, "  ·  ")
        blocks.append(section(f"*Why now:* {reasons}"))
    blocks += table(shown.facts[:MOST_FACTS])
    if shown.why:
        names = escape(", ".join(passed.name for passed in shown.filters), 300)
        blocks.append(section(lines([f"*Why it passed:* {names}", *(escape(w, 300) for w in shown.why)], 2000)))
    if shown.links:
        blocks.append(section(lines([link(each.url, each.name) for each in shown.links], 1200, "  ·  ")))
    return blocks


def _buttons(entry: Entry) -> Block:
    value = msgspec.json.encode(Source(entry.survey, entry.object_id)).decode()
    elements = []
    for label, text, style in BUTTONS:
        button: Block = {
            "type": "button",
            "action_id": BUTTON_PREFIX + label,
            "text": {"type": "plain_text", "text": text},
            "value": value,
        }
        elements.append(button | ({"style": style} if style else {}))
    return {"type": "actions", "elements": elements}


def _list(notification: Notification, head: str, shown: list[Shown], text: str = "") -> Message:
    """A line for each source."""
    most = min(LINE, ALL_LINES // max(1, len(shown)))
    each = [_line(one, most) for one in shown]
    paragraphs = ["\n".join(each[n : n + LINES_PER_SECTION]) for n in range(0, len(each), LINES_PER_SECTION)]
    if text:
        paragraphs.insert(0, escape(text, 1000))
    blocks = [header(head), *map(section, paragraphs), _small_print(notification)]
    said = cut(f"{head}: {', '.join(one.name for one in shown)}", FALLBACK)
    return Message(escape(said, FALLBACK), blocks, tuple(_object(one.entry) for one in shown))


def _line(shown: Shown, most: int) -> str:
    """``• ZTF24abc — SN candidate, g = 18.9, …``: the id always, linked where there is room, then what fits."""
    mark = "🚨 " if shown.entry.urgent else "• "
    linked = link(shown.links[0].url, shown.name) if shown.links else ""
    name = linked if linked and len(linked) <= most // 2 else escape(shown.name, most - len(mark))
    room = most - len(mark) - len(name) - 3
    facts = escape(", ".join(_glance(shown)), room) if room > 5 else ""
    return f"{mark}{name}" + (f" — {facts}" if facts else "")


def _glance(shown: Shown) -> list[str]:
    """What matters most first."""
    probability = f"P = {shown.probability}" if shown.probability else None
    age = f"age {shown.age}" if shown.age else None
    told = (shown.what, shown.magnitude, shown.change, probability, age, *shown.reasons)
    return [words for words in told if words]


def _small_print(notification: Notification) -> Block:
    name = escape(notification.subscription, 100)
    return context(f"alertwatch  ·  subscription *{name}*" if name else "alertwatch")


def _object(entry: Entry) -> str:
    return f"{entry.survey}:{entry.object_id}"[:100]
