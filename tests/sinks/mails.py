"""What the e-mail tests send, and how they send it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import trustme

from alertwatch.alert import CrossMatch
from alertwatch.facts import Facts
from alertwatch.filter import Criterion, Outcome
from alertwatch.notification import Brightness, Entry, Kind, Link, MatchedBy, Notification, Picture
from sinks.email import Email
from tests.sinks.smtp_servers import PASSWORD, USER, Mailbox

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
CURVE = Picture(name="light_curve.png", alt="Light curve of ZTF26abcdefg in g and r", png=PNG)
CUTOUTS = Picture(name="cutouts.png", alt="Science, template and difference image", png=PNG[::-1])
MakeChannel = Callable[..., Email]
TO = ("pi@example.org", "student@example.org")


def entry(**changes: Any) -> Entry:
    criteria = (
        Criterion(name="age", outcome=Outcome.PASS, value="1.2", threshold="≤ 5", unit="d"),
        Criterion(name="distance to star", outcome=Outcome.UNKNOWN, required=False, note="no PS1 here"),
    )
    facts = Facts(
        mjd=61375.3,
        class_name="SN",
        probability=0.81,
        band="g",
        mag=18.62,
        ra=150.11632,
        dec=-2.20583,
        age_days=1.2,
    )
    return msgspec.structs.replace(
        Entry(
            survey="ztf",
            object_id="ZTF26abcdefg",
            reasons=("new",),
            facts=facts,
            matched=(MatchedBy(filter="young_sn", grade="gold", mjd=61375.3, criteria=criteria),),
            brightness=(Brightness(band="g", mjd=61375.3, mag=18.62, e_mag=0.05, rate=0.32),),
            first_mjd=61374.1,
            n_det=4,
            host=CrossMatch(catalog="PS1", source_id="105391501163205", distance=2.3, star_score=0.02),
            links=(Link(name="ALeRCE Explorer", url="https://alerce.online/object/ZTF26abcdefg"),),
        ),
        **changes,
    )


def notification(**changes: Any) -> Notification:
    made = Notification(
        key="young_sn.pi.17",
        subscription="young_sn",
        kind=Kind.MATCH,
        title="SN candidate ZTF26abcdefg",
        created_at=1_795_380_000.0,
        entries=(entry(),),
        pictures=(CURVE, CUTOUTS),
    )
    return msgspec.structs.replace(made, **changes)


def word(text: str = "All is well.", **changes: Any) -> Notification:
    """A message without entries, pictures or history."""
    return notification(kind=Kind.TEST, title="Test", text=text, entries=(), pictures=(), **changes)


def email_channel(mailbox: Mailbox | None = None, **changes: Any) -> Email:
    """A channel to the server of the mailbox, not encrypted unless ``changes`` say so."""
    where = {"host": "127.0.0.1", "port": mailbox.port if mailbox else 1, "security": "none"}
    sender = "alertwatch <alertwatch@astro.example.org>"
    settings = {"to": TO, "sender": sender, "timeout_seconds": 5, **where, **changes}
    return Email("pi", Email.settings_type.model_validate(settings))


def secure(folder: Path, authority: trustme.CA) -> dict[str, Any]:
    """The settings for a server with a certificate of this authority that wants a login."""
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    return {"security": "starttls", "ca_file": ca_file, "username": USER, "password": PASSWORD}


def part(message: EmailMessage, kind: str) -> str:
    """The text or the HTML of a message as its reader sees it: without markup, spaces made one."""
    found = message.get_body((kind,))
    assert found is not None
    content = found.get_content()
    if kind == "html":
        content = re.sub(r"<(style|title).*?</\1>", " ", content, flags=re.DOTALL)
        content = html.unescape(re.sub(r"<[^>]+>", " ", content))
    return " ".join(content.split())


def page_source(message: EmailMessage) -> str:
    found = message.get_body(("html",))
    assert found is not None
    return str(found.get_content())


def pictures(message: EmailMessage) -> dict[str, bytes]:
    """The pictures by their content ids."""
    images = (p for p in message.walk() if p.get_content_type() == "image/png")
    return {p["Content-ID"].strip("<>"): p.get_payload(decode=True) for p in images}
