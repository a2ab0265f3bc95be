"""The conversation with one SMTP server. One connection is kept while messages follow each other closely."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from alertwatch.errors import ChannelRefused, SettingsError
from alertwatch.secrets import reveal
from sinks.email.answers import Answers
from sinks.email.faults import HungUp, Phase, meaning, readable
from sinks.email.settings import EmailSettings

KEPT_SECONDS = 60.0  # servers close idle connections after some minutes, firewalls without a word
GOODBYE_SECONDS = 2.0
PATIENCE = 3.0  # giving up while a server still looks at a message sends it twice (RFC 5321, 4.5.3.2.6)


class Server:
    """An SMTP server as a channel's settings describe it. Errors are the sink protocol's."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None
        self._used = 0.0

    def ask(self, recipients: Sequence[str]) -> Answers:
        """Which of the recipients the server would take, without sending anything."""
        with self._dropped_on_error():
            smtp, answers = self._begin(recipients)
            with self._phase(Phase.ENVELOPE):
                smtp.rset()
        answers.require(self._settings.address, all_now=False)
        return answers

    def deliver(self, recipients: Sequence[str], message: bytes, *, all_now: bool = False) -> Answers:
        """Send to all recipients that the server takes; with ``all_now`` to none while some must wait."""
        with self._dropped_on_error():
            smtp, answers = self._begin(recipients, len(message))
            answers.require(self._settings.address, all_now=all_now)
            with self._phase(Phase.MESSAGE), self._patiently(smtp):
                _expect(250, *smtp.data(message))
        self._used = time.monotonic()
        return answers

    def close(self) -> None:
        """Say goodbye, if there is a connection."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None and smtp.sock is not None:
            smtp.sock.settimeout(GOODBYE_SECONDS)
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _begin(self, recipients: Sequence[str], size: int | None = None) -> tuple[smtplib.SMTP, Answers]:
        """Name sender and recipients: on the kept connection, if that is no longer there on a new one."""
        if self._smtp is not None and time.monotonic() - self._used < KEPT_SECONDS:
            with suppress(HungUp):  # between two messages, so nothing is lost or sent twice
                return self._smtp, self._envelope(self._smtp, recipients, size)
        self.close()
        self._smtp = self._connect()
        return self._smtp, self._envelope(self._smtp, recipients, size)

    def _envelope(self, smtp: smtplib.SMTP, recipients: Sequence[str], size: int | None) -> Answers:
        answers = Answers()
        with self._phase(Phase.ENVELOPE):
            options = [f"size={size}"] if size and smtp.has_extn("size") else []
            _expect(250, *smtp.mail(self._settings.envelope_sender, options))
            for recipient in recipients:
                code, text = smtp.rcpt(recipient)
                if code == 421:
                    raise smtplib.SMTPResponseException(code, text)
                answers.add(recipient, code, readable(text))
        return answers

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        login = _secret(settings, "username"), _secret(settings, "password")
        with self._phase(Phase.CONNECT):
            smtp = self._open()
        try:
            with self._phase(Phase.CONNECT):
                _expect(250, *smtp.ehlo())
                if settings.security == "starttls":
                    smtp.starttls(context=_trust(settings))
                    _expect(250, *smtp.ehlo())
            if login[0] is not None and login[1] is not None:
                with self._phase(Phase.LOGIN):
                    smtp.login(login[0], login[1])
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        host, _, port = settings.address.rpartition(":")
        if settings.security == "tls":
            context = _trust(settings)
            return smtplib.SMTP_SSL(host, int(port), timeout=settings.timeout_seconds, context=context)
        return smtplib.SMTP(host, int(port), timeout=settings.timeout_seconds)

    @contextmanager
    def _phase(self, phase: Phase) -> Iterator[None]:
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            raise meaning(error, phase, self._settings.address) from error

    @contextmanager
    def _dropped_on_error(self) -> Iterator[None]:
        """What a conversation broken off leaves behind is nothing to build on."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    @contextmanager
    def _patiently(self, smtp: smtplib.SMTP) -> Iterator[None]:
        assert smtp.sock is not None
        smtp.sock.settimeout(self._settings.timeout_seconds * PATIENCE)
        yield
        smtp.sock.settimeout(self._settings.timeout_seconds)


def _expect(wanted: int, code: int, text: bytes) -> None:
    if code != wanted:
        raise smtplib.SMTPResponseException(code, text)


def _secret(settings: EmailSettings, name: str) -> str | None:
    try:
        value = reveal(settings, name)
    except SettingsError as error:
        raise ChannelRefused(str(error)) from error
    if value is not None and not value.isascii():
        raise ChannelRefused(f"the {name} holds other characters than ASCII, which SMTP logins cannot send")
    return value


def _trust(settings: EmailSettings) -> ssl.SSLContext:
    """Certificates are always verified: by the system's authorities, or by those of ``ca_file`` alone."""
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise ChannelRefused(
            f"ca_file {settings.ca_file} cannot be read: {error.strerror or error}; it must hold PEM"
        ) from error
