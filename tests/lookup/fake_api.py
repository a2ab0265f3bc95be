"""A local HTTP server that answers by a script: statuses, garbage, delays, dropped connections."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Reply:
    """One answer. ``drop``: hang up without one; ``hold``: wait for the event first."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    hold: threading.Event | None = None

    @property
    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


NOT_FOUND = Reply({"message": "Not found"}, 404)


class FakeApi:
    """``script`` says what a path answers, one reply after the other, the last one for good."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.every: Reply | None = None
        self._scripts: dict[str, deque[Reply]] = defaultdict(deque)
        self._lock = threading.Lock()

    def script(self, path: str, *replies: Reply) -> None:
        self._scripts[path] = deque(replies)

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def reply(self, path: str, query: dict[str, str]) -> Reply:
        with self._lock:
            self.requests.append((path, query))
            if self.every is not None:
                return self.every
            replies = self._scripts[path]
            if not replies:
                return NOT_FOUND
            return replies.popleft() if len(replies) > 1 else replies[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    api: FakeApi

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        reply = self.api.reply(url.path, dict(parse_qsl(url.query)))
        if reply.hold is not None:
            reply.hold.wait(30)
        if reply.drop:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.payload)))
        self.end_headers()
        self.wfile.write(reply.payload)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[FakeApi]:
    """A server on a free port of this machine."""

    class ThisHandler(Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), ThisHandler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        ThisHandler.api = FakeApi(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield ThisHandler.api
        server.shutdown()
        thread.join()
