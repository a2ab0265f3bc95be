"""What an SMTP server can do to a message, and what comes of it."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused
from alertwatch.notification import Receipt
from sinks.email import GIVE_UP_SECONDS
from tests.sinks.mails import TO, MakeChannel, email_channel, notification, pictures, word
from tests.sinks.smtp_servers import DROP, Answer, Mailbox, smtp_server

PI, STUDENT = TO


# -- nobody there, hanging up, delays --------------------------------------------------------------------------


def test_nobody_at_the_address_means_later(channel: MakeChannel) -> None:
    with pytest.raises(ChannelUnavailable, match=r"127.0.0.1:1 cannot be reached: Connection refused"):
        channel().send(word())


SURE, UNSURE = "it has not taken the message", "it may have taken the message"
GOODBYE = Answer("421 4.3.2 shutting down")


@pytest.mark.parametrize(
    ("command", "ending", "words"),
    [
        ("CONNECT", DROP, "hung up while connecting; check host, port and security"),
        ("EHLO", DROP, "hung up while connecting"),
        ("MAIL", DROP, SURE),
        ("RCPT", DROP, SURE),
        ("DATA", DROP, UNSURE),
        ("BODY", DROP, UNSURE),
        ("DOT", DROP, UNSURE),
        *((command, GOODBYE, "421 4.3.2") for command in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT")),
    ],
)
def test_a_connection_that_ends_at_any_point_means_later(
    command: str, ending: Answer, words: str, mailbox: Mailbox, channel: MakeChannel
) -> None:
    mailbox.script(command, ending)
    sink = channel(mailbox)
    with pytest.raises(ChannelUnavailable, match=words):
        sink.send(word())
    assert mailbox.letters == []
    sink.send(word())
    assert len(mailbox.letters) == 1


def test_what_was_taken_without_a_word_comes_again_under_the_same_id(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    mailbox.script("DOT", Answer(drop=True, takes=True))
    sink = channel(mailbox)
    with pytest.raises(ChannelUnavailable, match="it may have taken the message"):
        sink.send(notification())
    sink.send(notification())
    first, second = mailbox.letters
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_a_server_that_does_not_answer_is_given_up(mailbox: Mailbox, channel: MakeChannel) -> None:
    mailbox.script("RCPT", Answer(delay=5))
    with pytest.raises(ChannelUnavailable, match="does not answer in time before the message"):
        channel(mailbox, timeout_seconds=0.1).send(word())
    assert mailbox.letters == []


def test_a_server_that_looks_long_at_a_message_is_waited_for(mailbox: Mailbox, channel: MakeChannel) -> None:
    mailbox.script("DOT", Answer(delay=0.6))
    sink = channel(mailbox, timeout_seconds=0.3)
    sink.send(word())
    assert len(mailbox.letters) == 1


def test_messages_that_follow_each_other_share_a_connection(mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox)
    for number in range(5):
        sink.send(word(key=f"k.{number}"))
    sink.close()
    assert mailbox.connections == 1
    assert len(mailbox.letters) == 5
    assert mailbox.commands[-1] == "QUIT"


@pytest.mark.parametrize("reply", [DROP, Answer("421 4.4.2 idle for too long")])
@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_kept_connection_that_has_ended_is_replaced_at_once(
    command: str, reply: Answer, mailbox: Mailbox, channel: MakeChannel
) -> None:
    sink = channel(mailbox)
    sink.send(word(key="k.1"))
    mailbox.script(command, reply)
    sink.send(word(key="k.2"))
    assert mailbox.connections == 2
    assert [letter.message["X-Alertwatch-Key"] for letter in mailbox.letters] == ["k.1", "k.2"]


def test_a_server_that_hung_up_between_two_messages_is_no_trouble(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    sink = channel(mailbox)
    sink.send(word())
    mailbox.hang_up()
    time.sleep(0.05)
    sink.send(word())
    assert len(mailbox.letters) == 2


def test_a_message_broken_off_is_not_tried_again_at_once(mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox)
    sink.send(word())
    mailbox.script("DOT", Answer(drop=True, takes=True))
    with pytest.raises(ChannelUnavailable):
        sink.send(word())
    assert len(mailbox.letters) == 2


def test_a_channel_may_be_closed_before_between_and_twice(mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox)
    for _ in range(2):
        sink.close()
        sink.send(word())
    sink.close()
    sink.close()
    assert (len(mailbox.letters), mailbox.connections) == (2, 2)


# -- refusals --------------------------------------------------------------------------------------------------

LATER, NEVER, STOP = ChannelUnavailable, NotificationRefused, ChannelRefused


@pytest.mark.parametrize(
    ("command", "reply", "meaning", "words"),
    [
        ("CONNECT", "554 5.7.1 You are on a block list", STOP, "does not talk to this machine: 554"),
        ("CONNECT", "450 4.3.2 try later", LATER, "450"),
        ("EHLO", "550 go away", STOP, "does not talk to this machine"),
        ("EHLO", "451 4.3.0 not now", LATER, "451"),
        ("MAIL", "553 5.7.1 not your address", STOP, "does not take mail from this sender: 553"),
        ("MAIL", "550 5.1.8 no such domain", STOP, "check sender"),
        ("MAIL", "530 5.7.0 Authentication required", STOP, "530 5.7.0 Authentication required; check sender"),
        ("MAIL", "451 4.7.1 too fast", LATER, "451"),
        ("MAIL", "550 5.4.5 Daily user sending limit exceeded", LATER, "takes no more for now"),
        ("DATA", "554 5.5.1 no valid recipients", NEVER, "refused the message: 554"),
        ("DATA", "451 4.3.0 queue full", LATER, "451"),
        ("DOT", "554 5.7.1 looks like spam", NEVER, "refused the message: 554 5.7.1 looks like spam"),
        ("DOT", "452 4.3.1 disk full", LATER, "452"),
        ("DOT", "550 5.4.5 Daily user sending limit exceeded", LATER, "takes no more for now"),
        ("DOT", "nonsense", LATER, "-1"),
    ],
)
def test_a_refusal_means_what_it_says(
    command: str, reply: str, meaning: type[Exception], words: str, mailbox: Mailbox, channel: MakeChannel
) -> None:
    mailbox.script(command, reply)
    with pytest.raises(meaning, match=words):
        channel(mailbox).send(word())
    assert mailbox.letters == []


def test_greylisting_lets_the_message_pass_later(mailbox: Mailbox, channel: MakeChannel) -> None:
    mailbox.script("RCPT", *["450 4.2.0 Greylisted, see you in 5 minutes"] * 2)
    sink = channel(mailbox)
    with pytest.raises(ChannelUnavailable, match=rf"for {PI} \(450 4\.2\.0 Greylisted.*{STUDENT}"):
        sink.send(word())
    sink.send(word())
    assert mailbox.letters[0].recipients == list(TO)


def test_addresses_that_nobody_has_are_for_a_person_to_mend(mailbox: Mailbox, channel: MakeChannel) -> None:
    mailbox.script("RCPT", "550 5.1.1 no such user", "550 5.1.1 no such user")
    with pytest.raises(ChannelRefused, match=rf"refuses all recipients: {PI} \(550 5\.1\.1 no such user\)"):
        channel(mailbox).send(word())


def test_a_server_that_relays_nothing_for_us_is_for_a_person_to_mend(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    mailbox.script("RCPT", "554 5.7.1 Relay access denied", "554 5.7.1 Relay access denied")
    with pytest.raises(ChannelRefused, match=r"passes no mail on for us.*check username"):
        channel(mailbox).send(word())


def test_one_refused_recipient_does_not_keep_it_from_the_other(mailbox: Mailbox, channel: MakeChannel) -> None:
    mailbox.script("RCPT", Answer("550 5.1.1 no such user", to=STUDENT))
    sink = channel(mailbox)
    with capture_logs() as logs:
        receipt = sink.send(word())
        sink.complete(word(), receipt)
    assert [letter.recipients for letter in mailbox.letters] == [[PI]]
    assert receipt.extra["refused"] == f"{STUDENT} (550 5.1.1 no such user)"
    assert [entry["event"] for entry in logs] == ["recipients refused"]
    assert logs[0]["refused"] == {STUDENT: "550 5.1.1 no such user"}


def test_who_is_refused_for_now_gets_it_later_and_the_others_get_it_once(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    mailbox.script("RCPT", *[Answer("450 4.2.0 greylisted", to=STUDENT)] * 2)
    sink = channel(mailbox)
    receipt = sink.send(word())
    with pytest.raises(ChannelUnavailable, match=f"now for {STUDENT}"):
        sink.complete(word(), receipt)
    sink.complete(word(), receipt)
    assert [letter.recipients for letter in mailbox.letters] == [[PI], [STUDENT]]
    assert mailbox.letters[0].message["Message-ID"] == mailbox.letters[1].message["Message-ID"]


def test_nobody_gets_it_twice_while_others_are_refused_for_now(mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox, cc=["group@example.org"])
    not_now = "452 4.5.3 not now"
    mailbox.script(
        "RCPT", Answer(not_now, to=STUDENT), Answer(not_now, to="group"), Answer(not_now, to="group")
    )
    receipt = sink.send(word())
    with pytest.raises(ChannelUnavailable):
        sink.complete(word(), receipt)
    channel(mailbox, cc=["group@example.org"]).complete(word(), receipt)  # after a restart
    got = [name for letter in mailbox.letters for name in letter.recipients]
    assert sorted(got) == sorted([*TO, "group@example.org"])


def test_who_is_refused_for_good_after_a_while_is_named(mailbox: Mailbox, channel: MakeChannel) -> None:
    sink = channel(mailbox)
    mailbox.script("RCPT", Answer("450 4.2.0 greylisted", to=STUDENT), Answer("550 5.1.1 unknown", to=STUDENT))
    receipt = sink.send(word())
    with capture_logs() as logs:
        sink.complete(word(), receipt)
    assert STUDENT in logs[0]["refused"]


def test_who_left_the_list_meanwhile_is_not_written_to(mailbox: Mailbox, channel: MakeChannel) -> None:
    channel(mailbox, to=[PI]).complete(word(), Receipt(id="<a@b>", extra={"later": STUDENT}))
    assert mailbox.connections == 0


def test_after_four_days_the_rest_is_told_that_it_never_arrived(mailbox: Mailbox, channel: MakeChannel) -> None:
    old = word(created_at=time.time() - GIVE_UP_SECONDS - 1)
    with capture_logs() as logs:
        channel(mailbox).complete(old, Receipt(id="<a@b>", extra={"later": STUDENT}))
    assert STUDENT in logs[0]["refused"]
    assert mailbox.connections == 0


def test_a_login_that_fails_meanwhile_does_not_lose_the_rest(mailbox: Mailbox, channel: MakeChannel) -> None:
    mailbox.script("MAIL", "530 5.7.0 Authentication required")
    told = word(created_at=time.time())
    with pytest.raises(ChannelUnavailable, match="530"):
        channel(mailbox).complete(told, Receipt(id="<a@b>", extra={"later": STUDENT}))


@pytest.mark.parametrize("limit", [20_000, None], ids=["announced", "found out"])
def test_what_is_too_large_goes_without_pictures(limit: int | None, channel: MakeChannel) -> None:
    with smtp_server(data_size_limit=limit) as mailbox:
        if limit is None:
            mailbox.script("DOT", "552 5.3.4 Message too big")
        sink = channel(mailbox)
        sink.send(notification())
        assert pictures(mailbox.only()) == {}
    assert mailbox.only()["Message-ID"] == "<young_sn.pi.17.1795380000000@astro.example.org>"


def test_what_is_too_large_without_pictures_too_is_refused(channel: MakeChannel) -> None:
    with smtp_server(data_size_limit=500) as mailbox:
        sink = channel(mailbox)
        with pytest.raises(NotificationRefused, match="too large"):
            sink.send(notification())


MISHAPS = {
    "RCPT": ["450 4.2.0 greylisted", "421 4.3.2 busy", "drop"],
    "MAIL": ["451 4.3.0 not now", "drop"],
    "DATA": ["451 4.3.0 not now", "drop"],
    "DOT": ["452 4.3.1 disk full", "drop", "take and drop"],
}


@given(
    mishaps=st.lists(
        st.sampled_from([(command, what) for command, replies in MISHAPS.items() for what in replies]),
        max_size=8,
    ),
    restarts=st.booleans(),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_everybody_gets_it_and_twice_only_if_it_was_taken_without_a_word(
    mishaps: list[tuple[str, str]], restarts: bool, mailbox: Mailbox
) -> None:
    mailbox.letters.clear()
    mailbox.answers.clear()
    for command, what in mishaps:
        ending = Answer(None if "drop" in what else what, drop="drop" in what, takes="take" in what)
        mailbox.script(command, ending)
    sink, receipt, told = email_channel(mailbox), None, word(created_at=time.time())
    for _ in range(2 * len(mishaps) + 2):
        try:
            receipt = receipt or sink.send(told)
            sink.complete(told, receipt)
            break
        except ChannelUnavailable:
            if restarts:
                sink.close()
                sink = email_channel(mailbox)
    else:
        pytest.fail("it was never done")
    sink.close()
    got = Counter(name for letter in mailbox.letters for name in letter.recipients)
    unheard = sum(what == "take and drop" for _, what in mishaps)
    assert set(got) == set(TO)
    assert max(got.values()) <= 1 + unheard
    assert len({letter.message["Message-ID"] for letter in mailbox.letters}) == 1


# -- checking --------------------------------------------------------------------------------------------------


def test_checking_sends_nothing_and_names_who_would_not_get_it(mailbox: Mailbox, channel: MakeChannel) -> None:
    mailbox.script("RCPT", Answer("550 5.1.1 no such user", to=STUDENT))
    sink = channel(mailbox)
    sentence = sink.check()
    sink.send(word())
    assert "not encrypted" in sentence
    assert sentence.endswith(f"for {PI}, but not for {STUDENT} (550 5.1.1 no such user)")
    assert mailbox.commands.count("DOT") == 1


@pytest.mark.parametrize(
    ("reply", "meaning"), [("550 5.1.1 no such user", ChannelRefused), ("450 not now", ChannelUnavailable)]
)
def test_checking_fails_if_nobody_would_get_it(
    reply: str, meaning: type[Exception], mailbox: Mailbox, channel: MakeChannel
) -> None:
    mailbox.script("RCPT", reply, reply)
    with pytest.raises(meaning, match=reply):
        channel(mailbox).check()
