"""E-mail by SMTP: text and HTML with pictures inside, updates in the thread of the first message.

An SMTP server cannot be asked whether it has a message, so one broken off before its answer is sent again. Its
Message-ID is the same then, by which most mail servers and programs show it once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
import structlog

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused
from alertwatch.notification import Notification, Receipt
from alertwatch.sink import Sink
from sinks.email.answers import Answers, listed
from sinks.email.settings import EmailSettings

if TYPE_CHECKING:
    from sinks.email.server import Server

log = structlog.get_logger()

GIVE_UP_SECONDS = 4 * 86_400.0  # RFC 5321, 4.5.4.1
ENCRYPTED = {"starttls": "encrypted (STARTTLS)", "tls": "encrypted (TLS)", "none": "not encrypted"}


class Email(Sink[EmailSettings]):
    """Mail to a list of addresses, through the SMTP server that the settings name."""

    wants_pictures = True
    per_minute = 30
    budget_per_hour = 60

    def check(self) -> str:
        """Connect, log in and name sender and recipients; the server's answer, and nothing is sent."""
        settings = self.settings
        answers = self._server.ask(settings.recipients)
        who = f"{settings.address}, {ENCRYPTED[settings.security]}, takes mail from {settings.envelope_sender}"
        return f"{who} for {', '.join(answers.taken)}{_but(answers)}"

    def send(self, notification: Notification) -> Receipt:
        """Mail all recipients that the server takes now; the receipt's id is the Message-ID.

        Recipients refused for now are in ``extra["later"]`` and get theirs by `complete`; those refused for
        good are in ``extra["refused"]``.
        """
        from sinks.email.message import Thread  # noqa: PLC0415 - templates are slow to load

        answers = self._deliver(notification, self.settings.recipients)
        self._say(answers.never)
        extra = {
            "later": " ".join(answers.later),
            "refused": listed(answers.never),
        }
        return Thread.of(notification, self.settings).receipt(extra)

    def complete(self, notification: Notification, receipt: Receipt) -> None:
        """Mail the recipients that were refused for now, to all of them at once or to none.

        So that nobody gets it twice: what was sent to some could not be remembered. After four days
        it is said that they did not get it.
        """
        later = [a for a in receipt.extra.get("later", "").split() if a in self.settings.recipients]
        if not later:
            return
        if time.time() - notification.created_at > GIVE_UP_SECONDS:
            self._say(dict.fromkeys(later, "refused for now for four days"))
            return
        try:
            self._say(self._deliver(notification, later, all_now=True).never)
        except NotificationRefused as error:
            self._say(dict.fromkeys(later, str(error)))
        except ChannelRefused as error:  # may be mended, and then these get theirs
            raise ChannelUnavailable(str(error)) from error

    def preview(self, notification: Notification) -> dict[str, bytes]:
        """The page, the text, and the message as it would be sent."""
        from alertwatch.render import plain_text  # noqa: PLC0415 - templates are slow to load
        from sinks.email.message import compose, page  # noqa: PLC0415

        return {
            f"{self.name}.html": page(notification).encode(),
            f"{self.name}.txt": plain_text(notification).encode(),
            f"{self.name}.eml": compose(notification, self.settings),
        }

    def close(self) -> None:
        """Say goodbye to the server."""
        self._server.close()

    @cached_property
    def _server(self) -> Server:
        from sinks.email.server import Server  # noqa: PLC0415 - smtplib and ssl are slow to load

        return Server(self.settings)

    def _deliver(
        self, notification: Notification, recipients: Sequence[str], *, all_now: bool = False
    ) -> Answers:
        """Send; without the pictures if the server finds the message too large."""
        from sinks.email.faults import TooLarge  # noqa: PLC0415 - smtplib is slow to load
        from sinks.email.message import compose  # noqa: PLC0415 - templates are slow to load

        message = compose(notification, self.settings)
        try:
            return self._server.deliver(recipients, message, all_now=all_now)
        except TooLarge:
            if not notification.pictures:
                raise
        bare = compose(msgspec.structs.replace(notification, pictures=()), self.settings)
        log.info(
            "message sent without pictures: too large for the server", channel=self.name, key=notification.key
        )
        return self._server.deliver(recipients, bare, all_now=all_now)

    def _say(self, refused: dict[str, str]) -> None:
        if refused:
            log.warning("recipients refused", channel=self.name, refused=refused)


def _but(answers: Answers) -> str:
    refused = listed(answers.later | answers.never)
    return f", but not for {refused}" if refused else ""
