"""Real SMTP servers (aiosmtpd) that do what servers do to one: refuse, delay, hang up at any point.

`Answer` says what happens at one command: ``CONNECT``, ``EHLO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``,
``DATA``, ``BODY`` (the lines of the message) or ``DOT`` (its end). A server without answers left takes mail.
"""

from __future__ import annotations

import asyncio
import email.policy
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "watcher@example.org", "correct horse battery staple"


@dataclass(frozen=True)
class Answer:
    """``text``: the reply; else the connection is dropped, if ``drop``. ``delay`` [s] comes first.

    ``takes``: whether a message is kept although its sender never learns so. ``to``: only for this recipient.
    """

    text: str | None = None
    drop: bool = False
    delay: float = 0.0
    takes: bool = False
    to: str = ""


DROP = Answer(drop=True)


@dataclass(frozen=True)
class Letter:
    """A message as the server got it, and the envelope that it came in."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """What a reader's program makes of it."""
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Mailbox:
    """What a server got, and what it answers next."""

    letters: list[Letter] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    port: int = 0
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    hang_up: Callable[[], None] = lambda: None

    def script(self, command: str, *answers: Answer | str) -> None:
        """What the server does the next times that it gets the command."""
        made = [Answer(a) if isinstance(a, str) else a for a in answers]
        self.answers.setdefault(command, []).extend(made)

    def next(self, command: str, argument: str) -> Answer | None:
        self.commands.append(command)
        for answer in self.answers.get(command, []):
            if answer.to in argument:
                self.answers[command].remove(answer)
                return answer
        return None

    def only(self) -> EmailMessage:
        """The one message that arrived."""
        assert len(self.letters) == 1
        return self.letters[0].message

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.next("DOT", "")
        if answer is None or answer.takes or answer.delay:
            assert envelope.mail_from is not None
            raw = envelope.original_content or b""
            self.letters.append(Letter(envelope.mail_from, list(envelope.rcpt_tos), raw))
        return await server.follow(answer) or "250 OK"


class Scripted(SMTP):
    """An SMTP server that asks the mailbox's script before it does what it is told."""

    def __init__(self, mailbox: Mailbox, connections: set[Scripted], **options: Any) -> None:
        super().__init__(mailbox, hostname="mail.test", **options)
        self._mailbox = mailbox
        self._connections = connections
        self._smtp_methods = {
            name: partial(self._scripted, name, method) for name, method in self._smtp_methods.items()
        }

    async def follow(self, answer: Answer | None) -> str | None:
        """Wait or hang up as the script says; the reply, if it has one."""
        if answer is None:
            return None
        await asyncio.sleep(answer.delay)
        if answer.drop:
            self.hang_up()
            await asyncio.sleep(60)  # until cancelled, since the connection is lost
        return answer.text

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        for transport in (self.transport, self._original_transport):
            if transport is not None:
                transport.abort()

    async def _handle_client(self) -> None:
        self._mailbox.connections += 1
        self._connections.add(self)
        if text := await self.follow(self._mailbox.next("CONNECT", "")):
            await self.push(text)
            return self.hang_up()
        await super()._handle_client()
        return None

    async def _scripted(self, name: str, method: Any, argument: str | None) -> None:
        if text := await self.follow(self._mailbox.next(name, argument or "")):
            await self.push(text)
        elif name == "DATA" and (answer := self._mailbox.next("BODY", "")):
            await self.push("354 go on")
            await self._reader.readuntil(b"\r\n")
            await self.follow(answer)
        else:
            await method(argument)


def _authenticate(server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def smtp_server(
    certificate: trustme.LeafCert | None = None, *, tls: bool = False, login: bool = False, **options: Any
) -> Iterator[Mailbox]:
    """A server on 127.0.0.1: plain, with STARTTLS (a certificate) or TLS from the start (``tls``)."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    if context is not None and not tls:
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        options |= {"authenticator": _authenticate, "auth_required": not tls, "auth_require_tls": not tls}
    mailbox, connections, loop = Mailbox(), set[Scripted](), asyncio.new_event_loop()

    def serve() -> Scripted:
        return Scripted(mailbox, connections, loop=loop, **options)

    server = loop.run_until_complete(loop.create_server(serve, "127.0.0.1", 0, ssl=context if tls else None))
    mailbox.port = server.sockets[0].getsockname()[1]
    mailbox.hang_up = lambda: loop.call_soon_threadsafe(lambda: [c.hang_up() for c in connections]) and None
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server, connections), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server, connections: set[Scripted]) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for connection in connections:
        connection.abort()
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(5):  # closed transports have a last word to say to the loop
        await asyncio.sleep(0)
