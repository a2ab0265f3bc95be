"""The e-mail of a notification: headers, text, HTML and pictures, as RFC 5322, 2045, 2369, 2919 and 3834 ask.

Written with the older of the standard library's two APIs: the newer one (`EmailMessage`) encodes the ids in
References until no client can read them, and loses spaces of subjects that are not ASCII.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.charset import QP, Charset
from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import formataddr, formatdate
from textwrap import wrap
from urllib.parse import quote

from alertwatch.notification import Notification, Picture, Receipt
from alertwatch.render import html, plain_text, subject
from sinks.email.settings import EmailSettings, parts

MOST_REFERENCES = 20
ON_THE_WIRE = compat32.clone(linesep="\r\n", max_line_length=None)  # lines are folded by `_folded`
_ATOM = re.compile(r"[\w+-]+(\.[\w+-]+)*", re.ASCII)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


@dataclass(frozen=True)
class Thread:
    """Where a message stands: its own id, the subject that its thread began with, the ids before it."""

    id: str
    subject: str
    references: tuple[str, ...] = ()

    @classmethod
    def of(cls, notification: Notification, settings: EmailSettings) -> Thread:
        """The thread that the notification continues, else one that it begins.

        Gmail takes a message for an answer only if its references *and* its subject say so: an update has
        the subject of the first message. An ``earlier`` that another kind of channel gave is left alone.
        """
        own, earlier = message_id(notification, settings), notification.earlier
        if earlier is None or not _MESSAGE_ID.fullmatch(earlier.id):
            return cls(own, _one_line(subject(notification)))
        told = (*earlier.extra.get("references", "").split(), earlier.id)
        first = earlier.extra.get("subject") or subject(notification)
        return cls(own, _one_line(first), (told[0], *told[1:][-MOST_REFERENCES:]))

    def receipt(self, extra: Mapping[str, str]) -> Receipt:
        """What the next message of the thread has to know, and ``extra``; what is empty is left out."""
        known = {"subject": self.subject, "references": " ".join(self.references), **extra}
        return Receipt(id=self.id, extra={key: value for key, value in known.items() if value})


def message_id(notification: Notification, settings: EmailSettings) -> str:
    """The Message-ID of a notification: the same at every attempt, by which a second copy is known as one.

    Gmail drops what has the id of an older mail, so the time is part of it: keys of a new database may recur.
    """
    key = notification.key
    plain = len(key) <= 64 and _ATOM.fullmatch(key)
    name = key if plain else hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{name}.{int(notification.created_at * 1000)}@{_domain(settings)}>"


def compose(notification: Notification, settings: EmailSettings) -> bytes:
    """The message as it goes to the server: ASCII, CRLF, lines of at most 998 bytes."""
    thread = Thread.of(notification, settings)
    message = MIMEMultipart("alternative")
    for name, value in _headers(notification, settings, thread):
        message[name] = _folded(name, value)
    message.attach(_text(plain_text(notification), "plain"))
    message.attach(_page_with_pictures(notification, thread))
    return message.as_bytes(policy=ON_THE_WIRE)


def page(notification: Notification) -> str:
    """The HTML with its pictures inside, which a browser shows as it is."""
    return html(notification, lambda shown: f"data:image/png;base64,{b64encode(shown.png).decode()}")


def _headers(notification: Notification, settings: EmailSettings, thread: Thread) -> Iterator[tuple[str, str]]:
    yield "From", _people(settings.sender)
    yield "To", _people(*settings.to)
    if settings.cc:
        yield "Cc", _people(*settings.cc)
    yield "Subject", f"Re: {thread.subject}" if thread.references else thread.subject
    yield "Date", formatdate(notification.created_at)
    yield "Message-ID", thread.id
    if thread.references:
        yield "In-Reply-To", thread.references[-1]
        yield "References", " ".join(thread.references)
    yield from _list_headers(notification.subscription, settings)
    if any(entry.urgent for entry in notification.entries):
        yield "Importance", "high"  # the subject of an update is that of the first message
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"  # what Exchange goes by
    yield "X-Alertwatch-Key", _one_line(notification.key)


def _list_headers(subscription: str, settings: EmailSettings) -> Iterator[tuple[str, str]]:
    """How mail programs tell the subscriptions apart, and how a reader leaves one."""
    name = re.sub(r"[^\w-]+", "-", subscription, flags=re.ASCII)[:64].strip("-") or "operator"
    yield "List-Id", f"alertwatch {name} <{name}.alertwatch.{_domain(settings)}>"
    by_mail = f"mailto:{settings.envelope_sender}?subject={quote(f'unsubscribe {name}')}"
    address = settings.unsubscribe or by_mail
    yield "List-Unsubscribe", f"<{address}>"
    if address.startswith("https:"):
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _page_with_pictures(notification: Notification, thread: Thread) -> MIMEMultipart:
    ids = {shown.name: f"{index}.{thread.id[1:-1]}" for index, shown in enumerate(notification.pictures)}
    related = MIMEMultipart("related", type="text/html")
    related.attach(_text(html(notification, lambda shown: f"cid:{ids[shown.name]}"), "html"))
    for shown in notification.pictures:
        related.attach(_inline(shown, ids[shown.name]))
    return related


def _text(text: str, subtype: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype)
    part.set_payload(text, _UTF8)
    return part


def _inline(picture: Picture, content_id: str) -> MIMEImage:
    image = MIMEImage(picture.png, "png")
    image["Content-ID"] = f"<{content_id}>"
    image.add_header("Content-Disposition", "inline", filename=_one_line(picture.name, 60))
    return image


def _people(*addresses: str) -> str:
    return ", ".join(formataddr(parts(text)) for text in addresses)


def _domain(settings: EmailSettings) -> str:
    return settings.envelope_sender.rpartition("@")[2]


def _folded(name: str, value: str) -> str:
    """The header's value in lines of at most 76 characters; longer words stay whole, the first by its name."""
    if not value.isascii():
        return Header(value, "utf-8", header_name=name).encode()
    room = "x" * len(f"{name}: ")
    lines = wrap(value, 76, initial_indent=room, break_long_words=False, break_on_hyphens=False)
    return "\n ".join(lines).removeprefix(room)


def _one_line(text: str, most: int = 250) -> str:
    """Text from outside in a header: no line ends or other control characters, and not without end."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]
