"""What each sink talks to in the contract tests: something real on this machine, and ways in which it fails.

A new sink has an entry in `COUNTERPARTS`.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec
import trustme

from tests.sinks import slack_server
from tests.sinks.mails import TO, secure
from tests.sinks.smtp_servers import smtp_server
from tests.support.ports import free_port

Context = Callable[[], AbstractContextManager[None]]


@dataclass
class Counterpart:
    """A destination that works: the channel's ``settings``, and how many messages arrived there.

    ``unreachable`` and ``refusing`` are settings (over those) of one that is away, and of one that wants other
    credentials; ``outage`` makes it be away where no setting can. ``secrets``: what no error may show.
    """

    settings: dict[str, Any]
    arrived: Callable[[], int]
    unreachable: dict[str, Any]
    refusing: dict[str, Any]
    outage: Context = nullcontext
    secrets: tuple[str, ...] = ("wrong-secret",)


# -- HTTP ------------------------------------------------------------------------------------------------------


@dataclass
class Receiver:
    """A web server that takes POSTs. ``answers`` are the statuses and headers of the next ones."""

    port: int = 0
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    token: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers = self.receiver.answers.pop(0) if self.receiver.answers else (200, {})
        token = self.receiver.token
        if token is not None and self.headers.get("Authorization") != f"Bearer {token}":
            status = 401
        if self.command == "POST" and status < 300:
            self.receiver.posts.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    do_OPTIONS = do_POST  # noqa: N815 - the server's name

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A web server on a free port."""
    found = Receiver()
    handler = type("BoundHandler", (Handler,), {"receiver": found})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        found.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def webhook(_: Path) -> Iterator[Counterpart]:
    with receiver() as web:
        web.token = "right-secret"
        yield Counterpart(
            settings={"url": web.url, "token": "right-secret", "secret": "signing-secret"},
            arrived=lambda: len({headers["idempotency-key"] for headers, _ in web.posts}),
            unreachable={"url": f"http://127.0.0.1:{free_port()}/hook"},
            refusing={"token": "wrong-secret"},
            secrets=("right-secret", "wrong-secret", "signing-secret"),
        )


@contextmanager
def apprise(_: Path) -> Iterator[Counterpart]:
    with receiver() as web:
        yield Counterpart(
            settings={"apprise_url": f"json://me:right-secret@127.0.0.1:{web.port}/"},
            arrived=lambda: len(web.posts),
            unreachable={"apprise_url": f"json://me:wrong-secret@127.0.0.1:{free_port()}/"},
            refusing={"apprise_url": "nosuchservice://wrong-secret"},
            secrets=("right-secret", "wrong-secret"),
        )


# -- files ----------------------------------------------------------------------------------------------------


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond a hundred bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def file(folder: Path) -> Iterator[Counterpart]:
    path = folder / "matches.jsonl"
    (folder / "other").write_text("something else")
    yield Counterpart(
        settings={"path": path},
        arrived=lambda: len({json.loads(line)["key"] for line in path.read_text().splitlines()}),
        unreachable={},
        refusing={"path": folder / "other"},
        outage=full_disk,
    )


@contextmanager
def database(folder: Path) -> Iterator[Counterpart]:
    path = folder / "team.db"
    (folder / "other").write_text("something else" * 100)

    def arrived() -> int:
        with sqlite3.connect(path) as db:
            count: int = db.execute("SELECT count(DISTINCT key) FROM told").fetchone()[0]
        db.close()
        return count

    yield Counterpart(
        settings={"url": f"sqlite:///{path}", "table": "told"},
        arrived=arrived,
        unreachable={"url": f"sqlite:///{folder}/absent/team.db"},
        refusing={"url": f"sqlite:///{folder}/other"},
    )


TEXT_ONLY = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# {{ title }}\n\n{{ text }}"},
        {
            "cell_type": "markdown",
            "id": "object",
            "metadata": {"tags": ["each"]},
            "source": "## {{ entry.name }}\n\n{{ entry.headline }}\n\n{{ entry.why | join('; ') }}",
        },
    ],
}


@contextmanager
def notebook(folder: Path) -> Iterator[Counterpart]:
    """With a template that needs no kernel, and in this process: what takes seconds has tests of its own."""
    reports, template, config = folder / "reports", folder / "template.ipynb", folder / "alertwatch.toml"
    reports.mkdir()
    template.write_text(json.dumps(TEXT_ONLY))
    config.touch()
    with mock.patch("alertwatch.report.apart._answer", _in_this_process):
        yield Counterpart(
            settings={"folder": reports, "template": template, "config": config},
            arrived=lambda: len(list(reports.glob("*.ipynb"))),
            unreachable={},
            refusing={"folder": template},
            outage=full_disk,
        )


def _in_this_process(order: bytes, _: float) -> Any:
    from alertwatch.report.__main__ import _answer
    from alertwatch.report.apart import Order

    return _answer(msgspec.msgpack.decode(order, type=Order))


# -- people ---------------------------------------------------------------------------------------------------


@contextmanager
def slack(_: Path) -> Iterator[Counterpart]:
    right = slack_server.TOKEN
    with slack_server.running() as server:
        yield Counterpart(
            settings={"token": right, "channel": slack_server.CHANNEL, "base_url": f"{server.url}/api/"},
            arrived=lambda: len([m for m in server.messages if not m.get("files")]),
            unreachable={"base_url": f"http://127.0.0.1:{free_port()}/api/"},
            refusing={"token": "xoxb-wrong-secret"},
            secrets=(right, "wrong-secret"),
        )


@contextmanager
def email(folder: Path) -> Iterator[Counterpart]:
    authority = trustme.CA()
    with smtp_server(authority.issue_cert("127.0.0.1"), login=True) as mailbox:
        login = secure(folder, authority)
        yield Counterpart(
            settings={"to": TO, "sender": "alertwatch@example.org", "host": "127.0.0.1", "port": mailbox.port}
            | login,
            arrived=lambda: len({letter.message["Message-ID"] for letter in mailbox.letters}),
            unreachable={"port": free_port()},
            refusing={"password": "wrong-secret"},
            secrets=(login["password"], "wrong-secret"),
        )


COUNTERPARTS: dict[str, Callable[[Path], AbstractContextManager[Counterpart]]] = {
    "apprise": apprise,
    "database": database,
    "email": email,
    "file": file,
    "notebook": notebook,
    "slack": slack,
    "webhook": webhook,
}
