"""Notifications in words and HTML: what every sink that writes to people uses.

    plain_text, html, slack_text      the whole message, by a template that the user may override
    subject, headline                 one line that says it all
    facts_lines, why                  the parts of an entry, for sinks with a form of their own
    derived                           brightness, links and both notations, for whoever makes an `Entry`

Everything in a notification may come from outside: it is data in every form, on one line, of bounded length.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alertwatch.notification import Entry, Kind, Notification, Picture
from alertwatch.render import words
from alertwatch.render.entries import Shown, ranked
from alertwatch.render.environment import Templates

SUBJECT_LENGTH = 120

_TEMPLATES = {Kind.MATCH: "object", Kind.UPDATE: "object", Kind.SUMMARY: "list", Kind.DIGEST: "list"}
_templates = Templates()


def use_templates(folder: Path | None) -> None:
    """Prefer the templates of this folder to ours; once, at start. ``None``: ours alone.

    A file there overrides ours of the same name; see ``alertwatch/render/templates``. One that fails is logged
    once, and ours is used: the message goes out.
    """
    global _templates  # noqa: PLW0603 - set once at start, read by all sinks
    _templates = Templates(folder)


def headline(entry: Entry) -> str:
    """``SN candidate ZTF24abcdef: g = 18.6, rising 0.32 mag/d, P = 0.81, age 1.2 d``."""
    return Shown(entry).headline


def subject(notification: Notification) -> str:
    """One line of at most `SUBJECT_LENGTH` characters: the object's headline, or the title."""
    entries = notification.entries
    if _name(notification) == "object":
        words_ = f"{'URGENT: ' if entries[0].urgent else ''}{Shown(entries[0]).headline}"
    else:
        words_ = notification.title or "alertwatch"
    return words.clean(words_, SUBJECT_LENGTH)


def plain_text(notification: Notification) -> str:
    """The message as plain text, the most important first."""
    return _render(notification, "txt") + "\n"


def html(notification: Notification, picture_src: Callable[[Picture], str]) -> str:
    """The message as a whole HTML page that mail programs show as meant.

    ``picture_src`` gives a picture's address: ``cid:…`` in an e-mail, ``data:…`` or a file name in a preview.
    """
    return _render(notification, "html", picture_src=picture_src)


def slack_text(notification: Notification) -> str:
    """The message in Slack's mrkdwn."""
    return _render(notification, "slack")


def facts_lines(entry: Entry) -> list[tuple[str, str]]:
    """Label and value of what is known: class, brightness, position, age, nearest source, labels, other ids."""
    return Shown(entry).facts


def why(entry: Entry) -> list[str]:
    """Why it passed: one line for each criterion, e.g. ``✓ age: 2.1 (≤ 5 d)``."""
    return Shown(entry).why


def _name(notification: Notification) -> str:
    name = _TEMPLATES.get(notification.kind, "word")
    return name if notification.entries or name == "word" else "word"


def _render(notification: Notification, form: str, **more: object) -> str:
    values = {
        "notification": notification,
        "kind": notification.kind,
        "subject": subject(notification),
        "title": words.clean(notification.title, 200),
        "subscription": words.clean(notification.subscription, 60),
        "text": words.paragraphs(notification.text),
        "entries": ranked(notification.entries),
        **more,
    }
    return _templates.render(_name(notification), form, values).strip()
