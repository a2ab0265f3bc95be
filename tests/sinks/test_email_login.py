"""Encryption, logins and settings: a password goes to the right server only, and never into an error."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from tests.sinks.mails import TO, MakeChannel, secure, word
from tests.sinks.smtp_servers import DROP, PASSWORD, USER, Mailbox, smtp_server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA) -> trustme.LeafCert:
    return authority.issue_cert("127.0.0.1")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_out_encrypted_and_logged_in(
    security: str, authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    with smtp_server(certificate, tls=security == "tls", login=True) as mailbox:
        sink = channel(mailbox, **secure(tmp_path, authority) | {"security": security})
        assert sink.check() == (
            f"127.0.0.1:{mailbox.port}, encrypted ({security.upper()}), takes mail from "
            f"alertwatch@astro.example.org for {', '.join(TO)}"
        )
        assert mailbox.letters == []
        sink.send(word())
        assert mailbox.only()["X-Alertwatch-Key"] == word().key
        assert "AUTH" in mailbox.commands


def test_the_login_is_read_from_files(
    authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    (tmp_path / "user").write_text(f"{USER}\n")
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    files = {"username_file": tmp_path / "user", "password_file": tmp_path / "password"}
    settings = secure(tmp_path, authority) | {"username": None, "password": None} | files
    with smtp_server(certificate, login=True) as mailbox:
        sink = channel(mailbox, **settings)
        sink.send(word())
        assert len(mailbox.letters) == 1
        (tmp_path / "password").unlink()
        with pytest.raises(ChannelRefused, match=r"password_file .* cannot be read"):
            channel(mailbox, **settings).send(word())


def test_a_wrong_password_is_for_a_person_to_mend(
    authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    wrong = secure(tmp_path, authority) | {"password": "not a secret of theirs"}
    with (
        smtp_server(certificate, login=True) as mailbox,
        pytest.raises(ChannelRefused, match=r"refuses the login \(535 5\.7\.8\); check username") as caught,
    ):
        channel(mailbox, **wrong).send(word())
    assert_no_secret(caught.value, "not a secret of theirs")


def test_a_login_that_fails_for_now_is_tried_again(
    authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    with smtp_server(certificate, login=True) as mailbox:
        mailbox.script("AUTH", *["454 4.7.0 Temporary authentication failure"] * 2)
        with pytest.raises(ChannelUnavailable, match="454"):
            channel(mailbox, **secure(tmp_path, authority)).send(word())


@pytest.mark.parametrize("echo", ["500 5.5.2 what is %s?", "535 5.7.8 %s is wrong", "454 4.7.0 not %s now"])
def test_a_server_that_repeats_the_password_does_not_get_it_into_the_error(
    echo: str, authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    plain = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    with smtp_server(certificate, login=True) as mailbox:
        for said in (PASSWORD, plain) * 2:
            mailbox.script("AUTH", echo % said)
        sink = channel(mailbox, **secure(tmp_path, authority))
        with pytest.raises((ChannelRefused, ChannelUnavailable)) as caught:
            sink.send(word())
    assert_no_secret(caught.value, PASSWORD, plain)


def assert_no_secret(error: BaseException, *secrets: str) -> None:
    assert not [secret for secret in secrets if secret in f"{error} {error!r}"]


def test_a_password_that_logins_cannot_send_is_said(
    authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    with smtp_server(certificate, login=True) as mailbox:
        sink = channel(mailbox, **secure(tmp_path, authority) | {"password": "pässword"})
        with pytest.raises(ChannelRefused, match="password holds other characters than ASCII") as caught:
            sink.send(word())
    assert_no_secret(caught.value, "pässword")


def test_a_server_without_logins_is_not_sent_a_password(
    authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    with smtp_server(certificate) as mailbox:
        mailbox.script("EHLO", "250-mail.test\r\n250 STARTTLS", "250 mail.test")
        with pytest.raises(ChannelRefused, match="offers no login"):
            channel(mailbox, **secure(tmp_path, authority)).send(word())


def test_a_server_without_starttls_never_gets_the_message_in_the_clear(
    mailbox: Mailbox, channel: MakeChannel
) -> None:
    with pytest.raises(ChannelRefused, match="does not offer STARTTLS"):
        channel(mailbox, security="starttls").send(word())
    assert "MAIL" not in mailbox.commands


def test_starttls_that_fails_for_now_is_tried_again(
    authority: trustme.CA, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    with smtp_server(certificate, login=True) as mailbox:
        mailbox.script("STARTTLS", "454 TLS not available due to temporary reason", DROP)
        sink = channel(mailbox, **secure(tmp_path, authority))
        with pytest.raises(ChannelUnavailable, match="454"):
            sink.send(word())
        with pytest.raises(ChannelUnavailable, match="hung up while connecting"):
            sink.send(word())
        sink.send(word())
        assert "AUTH" in mailbox.commands
        assert len(mailbox.letters) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    security: str, certificate: trustme.LeafCert, channel: MakeChannel
) -> None:
    refusal = pytest.raises(ChannelRefused, match=r"certificate of .* is not trusted: .*ca_file")
    with smtp_server(certificate, tls=security == "tls") as mailbox, refusal:
        channel(mailbox, security=security).send(word())
    assert mailbox.letters == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_another_host_is_refused(
    security: str, authority: trustme.CA, tmp_path: Path, channel: MakeChannel
) -> None:
    other = authority.issue_cert("smtp.elsewhere.example")
    with smtp_server(other, tls=security == "tls") as mailbox:
        settings = secure(tmp_path, authority) | {"security": security}
        with pytest.raises(ChannelRefused, match=r"not valid for '127.0.0.1'"):
            channel(mailbox, **settings).send(word())


def test_an_expired_certificate_is_refused(authority: trustme.CA, tmp_path: Path, channel: MakeChannel) -> None:
    old = authority.issue_cert("127.0.0.1", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    with smtp_server(old) as mailbox, pytest.raises(ChannelRefused, match="certificate has expired"):
        channel(mailbox, **secure(tmp_path, authority)).send(word())


def test_tls_on_a_port_without_it_is_said(mailbox: Mailbox, channel: MakeChannel) -> None:
    with pytest.raises(ChannelRefused, match=r"no common encryption .* check port and security"):
        channel(mailbox, security="tls").send(word())


def test_starttls_on_a_port_of_tls_is_said(certificate: trustme.LeafCert, channel: MakeChannel) -> None:
    silence = pytest.raises(ChannelUnavailable, match=r"does not answer in time .* port and security")
    with smtp_server(certificate, tls=True) as mailbox, silence:
        channel(mailbox, security="starttls", timeout_seconds=0.2).send(word())


@pytest.mark.parametrize("contents", [None, "this is no certificate"])
def test_a_ca_file_that_is_none_is_said(
    contents: str | None, certificate: trustme.LeafCert, tmp_path: Path, channel: MakeChannel
) -> None:
    if contents is not None:
        (tmp_path / "ca.pem").write_text(contents)
    with smtp_server(certificate) as mailbox:
        sink = channel(mailbox, security="starttls", ca_file=tmp_path / "ca.pem")
        with pytest.raises(ChannelRefused, match=r"ca_file .*ca\.pem cannot be read"):
            sink.send(word())


# -- settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"to": []}, "at least 1 item"),
        ({"to": ["pi"]}, "must be an address"),
        ({"to": ["pi@example.org, x@example.org"]}, "must be an address"),
        ({"to": ["pi@example.org\r\nBcc: x@example.org"]}, "must be an address"),
        ({"to": ["π@example.org"]}, "must be an address"),
        ({"sender": "alertwatch"}, "must be an address"),
        ({"sender": "a\nb <a@example.org>"}, "must be an address"),
        ({"unsubscribe": "http://example.org/leave"}, "must begin with"),
        ({"unsubscribe": "mailto:a@b>\r\nX: y"}, "must begin with"),
        ({"security": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"username": USER}, "needs both username"),
        ({"password": "secret"}, "needs both username"),
        (
            {"host": "smtp.example.org", "username": USER, "password": "secret"},
            "would go to smtp.example.org in the clear",
        ),
        ({"prot": 25}, "Extra inputs"),
    ],
)
def test_wrong_settings_are_said_without_secrets(
    wrong: dict[str, Any], words: str, channel: MakeChannel
) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        channel(**wrong)
    assert_no_secret(caught.value, "secret")


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_security(security: str, port: int, channel: MakeChannel) -> None:
    settings = channel(host="smtp.example.org", port=None, security=security).settings
    assert settings.address == f"smtp.example.org:{port}"
