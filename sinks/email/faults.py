"""What went wrong between us and an SMTP server, by what it means for the channel and the message."""

from __future__ import annotations

import re
import smtplib
import ssl
from enum import StrEnum

from alertwatch.errors import AlertwatchError, ChannelRefused, ChannelUnavailable, NotificationRefused

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
DAILY_LIMIT = "5.4.5"  # Gmail's and others' "sending limit exceeded" has a permanent code, and is over tomorrow
LIMIT_SECONDS = 3600.0
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class Phase(StrEnum):
    """How far the conversation had come."""

    CONNECT = "while connecting"
    LOGIN = "at the login"
    ENVELOPE = "before the message"
    MESSAGE = "during the message"


class HungUp(ChannelUnavailable):
    """The server is not there or no longer there."""


class TooLarge(NotificationRefused):
    """The server takes no message of this size."""


def meaning(error: Exception, phase: Phase, server: str) -> AlertwatchError:
    """One of the sink protocol's errors for one of `smtplib`'s, `ssl`'s or the network's."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, readable(error.smtp_error), phase, server)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _silent(error.__context__ or error, phase, server)
    if isinstance(error, smtplib.SMTPException):
        return _lacking(phase, server)
    if isinstance(error, ssl.SSLCertVerificationError):
        return ChannelRefused(
            f"the certificate of {server} is not trusted: {error.verify_message}; "
            "check host, or name the certificate of a private authority in ca_file"
        )
    if isinstance(error, ssl.SSLError) and phase is Phase.CONNECT and not isinstance(error, _BROKEN_OFF):
        return ChannelRefused(
            f"{server} and alertwatch find no common encryption ({error.reason}); check port and security: "
            "587 is usually starttls, 465 tls"
        )
    return _silent(error, phase, server)


def readable(reply: bytes | str) -> str:
    """A server's words on one line, not without end."""
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def _answered(code: int, text: str, phase: Phase, server: str) -> AlertwatchError:
    said = f"{code} {text}".strip()
    if code == 421:
        return HungUp(f"{server} closes the connection {phase}: {said}")
    enhanced = _ENHANCED.match(text)
    if enhanced and enhanced[0] == DAILY_LIMIT:
        return ChannelUnavailable(f"{server} takes no more for now: {said}", retry_after=LIMIT_SECONDS)
    if phase is Phase.LOGIN:  # the words may repeat what was sent, which is the password
        said = f"{code} {enhanced[0]}" if enhanced else str(code)
    if not 500 <= code <= 599:
        return ChannelUnavailable(f"{server} does not take it now, {phase}: {said}")
    return _refused(code, enhanced[0] if enhanced else "", said, phase, server)


def _refused(code: int, enhanced: str, said: str, phase: Phase, server: str) -> AlertwatchError:
    """The meaning of a permanent error."""
    if phase is Phase.CONNECT:
        return ChannelRefused(f"{server} does not talk to this machine: {said}; ask who runs the server")
    if phase is Phase.LOGIN:
        return ChannelRefused(
            f"{server} refuses the login ({said}); check username and password, and whether the provider "
            "wants an app password"
        )
    if code == 552 or enhanced.endswith(".3.4"):
        return TooLarge(f"the message is too large for {server}: {said}")
    if phase is Phase.ENVELOPE:
        return ChannelRefused(f"{server} does not take mail from this sender: {said}; check sender and login")
    return NotificationRefused(f"{server} refused the message: {said}")


def _lacking(phase: Phase, server: str) -> ChannelRefused:
    """The server does not offer what the settings ask for; going on without is never an answer."""
    if phase is Phase.LOGIN:
        return ChannelRefused(
            f"{server} offers no login that alertwatch knows; remove username and password, or check port"
        )
    return ChannelRefused(f'{server} does not offer STARTTLS; check host and port, or set security to "tls"')


def _silent(error: BaseException, phase: Phase, server: str) -> HungUp:
    """No answer: from whom, and whether the message may have arrived all the same."""
    if isinstance(error, TimeoutError):
        what = f"{server} does not answer in time {phase}"
    elif isinstance(error, smtplib.SMTPException | ConnectionResetError | BrokenPipeError | ssl.SSLError):
        what = f"{server} hung up {phase}"
    else:
        what = f"{server} cannot be reached: {getattr(error, 'strerror', None) or error}"
    if phase is Phase.CONNECT:
        return HungUp(f"{what}; check host, port and security if that goes on")
    fate = "it may have taken the message" if phase is Phase.MESSAGE else "it has not taken the message"
    return HungUp(f"{what}; {fate}")
