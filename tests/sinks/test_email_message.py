"""What arrives, as its reader sees it."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage

import msgspec
import pytest

from alertwatch.notification import Kind, Notification, Receipt
from sinks.email import Email
from sinks.email.message import MOST_REFERENCES
from tests.sinks.mails import (
    CURVE,
    CUTOUTS,
    TO,
    MakeChannel,
    entry,
    notification,
    page_source,
    part,
    pictures,
    word,
)
from tests.sinks.smtp_servers import Mailbox, smtp_server


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with smtp_server() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    server.letters.clear()
    return server


def sent(sink: Email, told: Notification, mailbox: Mailbox) -> tuple[EmailMessage, Receipt]:
    receipt = sink.send(told)
    return mailbox.letters[-1].message, receipt


def test_text_and_page_say_the_same(mailbox: Mailbox, channel: MakeChannel) -> None:
    message, _ = sent(channel(mailbox), notification(), mailbox)
    text, page = part(message, "plain"), part(message, "html")
    for fact in ("ZTF26abcdefg", "SN", "0.81", "18.62", "150.11632", "10:00:27.9", "age", "≤ 5 d", "young_sn"):
        assert fact in text
        assert fact in page
    assert "https://alerce.online/object/ZTF26abcdefg" in text
    assert 'href="https://alerce.online/object/ZTF26abcdefg"' in page_source(message)


def test_every_picture_on_the_page_is_in_the_message(mailbox: Mailbox, channel: MakeChannel) -> None:
    message, _ = sent(channel(mailbox), notification(), mailbox)
    shown = re.findall(r'src="cid:([^"]+)"', page_source(message))
    found = pictures(message)
    assert [found[name] for name in shown] == [CURVE.png, CUTOUTS.png]
    assert len(found) == 2
    for alt in (CURVE.alt, CUTOUTS.alt):
        assert f'alt="{alt}"' in page_source(message)


def test_the_plain_text_comes_first_and_the_page_holds_the_pictures(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    message, _ = sent(channel(mailbox), notification(), mailbox)
    assert message.get_content_type() == "multipart/alternative"
    first, second = message.iter_parts()
    assert first.get_content_type() == "text/plain"
    assert [p.get_content_type() for p in second.iter_parts()] == ["text/html", "image/png", "image/png"]
    assert {p.get_content_disposition() for p in second.iter_parts()} == {None, "inline"}


def test_the_headers_say_what_it_is(mailbox: Mailbox, channel: MakeChannel) -> None:
    message, receipt = sent(channel(mailbox, cc=["group@example.org"]), notification(), mailbox)
    assert message["From"] == "alertwatch <alertwatch@astro.example.org>"
    assert message["To"] == ", ".join(TO)
    assert message["Cc"] == "group@example.org"
    assert message["Subject"].startswith("SN candidate ZTF26abcdefg")
    assert message["Date"].datetime.timestamp() == notification().created_at
    assert message["Message-ID"] == receipt.id == "<young_sn.pi.17.1795380000000@astro.example.org>"
    assert message["List-Id"] == "alertwatch young_sn <young_sn.alertwatch.astro.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Alertwatch-Key"] == "young_sn.pi.17"
    assert mailbox.letters[-1].sender == "alertwatch@astro.example.org"
    assert mailbox.letters[-1].recipients == [*TO, "group@example.org"]


def test_a_reader_can_unsubscribe_by_mail(mailbox: Mailbox, channel: MakeChannel) -> None:
    message, _ = sent(channel(mailbox), notification(), mailbox)
    link = "<mailto:alertwatch@astro.example.org?subject=unsubscribe%20young_sn>"
    assert message["List-Unsubscribe"] == link
    assert message["List-Unsubscribe-Post"] is None


def test_a_reader_can_unsubscribe_by_one_click(mailbox: Mailbox, channel: MakeChannel) -> None:
    message, _ = sent(channel(mailbox, unsubscribe="https://example.org/leave?list=7"), word(), mailbox)
    assert message["List-Unsubscribe"] == "<https://example.org/leave?list=7>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("subscription", ["", "→", "\r\n"])
def test_a_word_to_the_operator_has_a_list_of_its_own(
    subscription: str, mailbox: Mailbox, channel: MakeChannel
) -> None:
    message, _ = sent(channel(mailbox), word(subscription=subscription), mailbox)
    assert message["List-Id"] == "alertwatch operator <operator.alertwatch.astro.example.org>"


def test_an_update_stands_in_the_thread_of_the_first_message(mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox)
    first, receipt = sent(sink, notification(), mailbox)
    news = notification(key="young_sn.pi.18", kind=Kind.UPDATE, earlier=receipt)
    second, receipt = sent(sink, news, mailbox)
    third, _ = sent(sink, notification(key="young_sn.pi.19", kind=Kind.UPDATE, earlier=receipt), mailbox)
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert third["In-Reply-To"] == second["Message-ID"]
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]
    assert {second["Subject"], third["Subject"]} == {f"Re: {first['Subject']}"}


def test_an_urgent_message_is_marked_so_also_within_a_thread(mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox)
    calm, receipt = sent(sink, notification(), mailbox)
    urgent, _ = sent(sink, notification(entries=(entry(urgent=True),), earlier=receipt), mailbox)
    assert calm["Importance"] is None
    assert urgent["Importance"] == "high"
    assert urgent["Subject"] == f"Re: {calm['Subject']}"


def test_a_thread_of_a_year_keeps_its_beginning_and_its_last_messages(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    sink, receipt = channel(mailbox), None
    for number in range(MOST_REFERENCES + 30):
        told = word(key=f"{'k' * 50}.{number}", earlier=receipt)
        message, receipt = sent(sink, told, mailbox)
    references = message["References"].split()
    assert len(references) == MOST_REFERENCES + 1
    assert references[0].startswith(f"<{'k' * 50}.0.")
    assert references[-1] == message["In-Reply-To"]


def test_a_receipt_of_another_kind_of_channel_begins_no_thread(mailbox: Mailbox, channel: MakeChannel) -> None:
    message, _ = sent(channel(mailbox), word(earlier=Receipt(id="1712345678.000100")), mailbox)
    assert message["In-Reply-To"] is None
    assert not message["Subject"].startswith("Re:")


def test_the_message_id_is_the_same_at_every_attempt(mailbox: Mailbox, channel: MakeChannel) -> None:
    ids = {sent(channel(mailbox), notification(), mailbox)[0]["Message-ID"] for _ in range(3)}
    assert len(ids) == 1


def test_a_new_database_does_not_repeat_the_message_ids_of_the_old_one(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    sink = channel(mailbox)
    old, _ = sent(sink, word(), mailbox)
    new, _ = sent(sink, word(created_at=word().created_at + 86_400), mailbox)
    assert old["Message-ID"] != new["Message-ID"]


@pytest.mark.parametrize(
    "key", ["a:b/c d", "κλειδί", "two\r\nBcc: evil@example.org", "<@>", "..", "k" * 500, "a..b"]
)
def test_any_key_makes_a_message_id_of_its_own(key: str, mailbox: Mailbox, channel: MakeChannel) -> None:
    message, receipt = sent(channel(mailbox), word(key=key), mailbox)
    other, _ = sent(channel(mailbox), word(key=key + "x"), mailbox)
    assert re.fullmatch(r"<[\w.]{1,80}@astro\.example\.org>", message["Message-ID"])
    assert receipt.id == message["Message-ID"] != other["Message-ID"]
    assert message["Bcc"] is None


HOSTILE = "x\r\nBcc: evil@example.org\r\n\r\n<script>alert(1)</script>\x00\u2028\x1b[31m"


def test_names_from_outside_cannot_add_headers_or_markup(mailbox: Mailbox, channel: MakeChannel) -> None:
    told = notification(
        key=HOSTILE,
        subscription=HOSTILE,
        title=HOSTILE,
        entries=(entry(object_id=HOSTILE, reasons=(HOSTILE,)),),
        pictures=(msgspec.structs.replace(CURVE, name=HOSTILE * 20, alt=HOSTILE),),
    )
    message, receipt = sent(channel(mailbox), told, mailbox)
    assert message["Bcc"] is None
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "multipart/related"]
    assert "<script" not in page_source(message)
    follow_up, _ = sent(channel(mailbox), word(key="next", earlier=receipt), mailbox)
    assert follow_up["Bcc"] is None
    assert follow_up["In-Reply-To"] == message["Message-ID"]


def test_a_receipt_from_a_tampered_database_cannot_add_headers(mailbox: Mailbox, channel: MakeChannel) -> None:
    bad = Receipt(id="<a@b>", extra={"subject": HOSTILE, "references": HOSTILE})
    message, _ = sent(channel(mailbox), word(earlier=bad), mailbox)
    assert message["Bcc"] is None
    assert message["References"].split()[-1] == "<a@b>"


@pytest.mark.parametrize("name", ["Équipe SN", "超新星", 'Doe, Jane "JD"', "a" * 60 + " → " + "b" * 60])
def test_a_name_may_have_any_letters(name: str, mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox, sender=f"{name} <alertwatch@example.org>", to=[f"{name} <pi@example.org>"])
    message, _ = sent(sink, word(), mailbox)
    for header in ("From", "To"):
        (address,) = message[header].addresses
        assert address.display_name.replace('"', "") == name.replace('"', "")
    assert mailbox.letters[-1].recipients == ["pi@example.org"]


@pytest.mark.parametrize("title", ["Größer als 0.7 mag: 19.3 → 18.6", "✓ " * 55, "mag: 19.3 → 18.6 " * 6])
def test_a_subject_arrives_letter_by_letter(title: str, mailbox: Mailbox, channel: MakeChannel) -> None:
    message, _ = sent(channel(mailbox), msgspec.structs.replace(word(), title=title), mailbox)
    assert message["Subject"] == title.strip()


def monstrous() -> Notification:
    entries = tuple(
        entry(object_id=f"ZTF26a{n:06d}", reasons=("brighter by 0.7 mag → " * 30,)) for n in range(200)
    )
    return notification(kind=Kind.DIGEST, title="200 sources this week", entries=entries)


def test_a_monstrous_digest_arrives_whole_in_lines_that_mail_servers_take(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    message, _ = sent(channel(mailbox), monstrous(), mailbox)
    assert "200 sources this week" in message["Subject"]
    for kind in ("plain", "html"):
        assert "ZTF26a000000" in part(message, kind)
        assert "ZTF26a000199" in part(message, kind)
    raw = mailbox.letters[-1].raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_no_header_begins_on_its_second_line(mailbox: Mailbox, channel: MakeChannel) -> None:
    long = f"alertwatch@{'department-of-astronomy.' * 4}example.org"
    receipt = Receipt(id=f"<{'i' * 90}@example.org>", extra={"subject": "s" * 100})
    sent(channel(mailbox, sender=long), notification(key="k" * 60, earlier=receipt), mailbox)
    head = mailbox.letters[-1].raw.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"^[\w-]+: *\r\n", head, re.MULTILINE)
    assert max(map(len, head.split(b"\r\n"))) < 200


def test_a_line_that_begins_with_a_dot_arrives(mailbox: Mailbox, channel: MakeChannel) -> None:
    message, _ = sent(channel(mailbox), word("first\n.\n..\n.five"), mailbox)
    assert "first . .. .five" in part(message, "plain")


def test_a_preview_opens_in_a_browser_and_in_a_mail_program(channel: MakeChannel) -> None:
    files = channel().preview(notification())
    assert sorted(files) == ["pi.eml", "pi.html", "pi.txt"]
    assert files["pi.html"].count(b"data:image/png;base64,") == 2
    assert b"cid:" not in files["pi.html"]
    message = email.message_from_bytes(files["pi.eml"], policy=email.policy.default)
    assert message["Message-ID"] == "<young_sn.pi.17.1795380000000@astro.example.org>"
    assert "ZTF26abcdefg" in files["pi.txt"].decode()
