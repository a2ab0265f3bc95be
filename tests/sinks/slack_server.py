"""A local server that behaves like Slack's documented Web API, file upload, incoming webhook and socket mode.

What it keeps (``messages``, ``files``) is what people in the channel would see. ``fail`` makes it misbehave.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.sinks.slack_socket import Socket

TOKEN, APP_TOKEN, CHANNEL, HOOK = (
    "xoxb-right-token",
    "xapp-right-token",
    "C0123456789",
    "/services/T0/B0/hook-secret",
)
SCOPES = frozenset({"chat:write", "channels:history", "channels:read", "files:write"})
NEEDED = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.info": "channels:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}
JSON_FIELDS = ("files", "blocks", "metadata", "view")

Json = dict[str, Any]


@dataclass
class Fault:
    """One misbehaviour. ``accept``: do what was asked first; ``drop``: hang up without an answer."""

    error: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    accept: bool = False
    drop: bool = False
    hold: threading.Event | None = None


class Refused(Exception):
    """Slack says no: an error string, and what else the answer has."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error} | more


class SlackServer:
    """One workspace with one channel."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.messages: list[Json] = []
        self.files: dict[str, Json] = {}
        self.hooked: list[Json] = []
        self.views: list[Json] = []
        self.whispers: list[Json] = []
        self.calls: list[str] = []
        self.scopes = set(SCOPES)
        self.channel: Json = {"id": CHANNEL, "name": "alerts", "is_member": True, "is_private": False}
        self.page = 200
        self.sockets: list[Socket] = []
        self.connected = threading.Condition()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._clock = time.time()
        self._lock = threading.Lock()

    def fail(self, method: str, *faults: Fault) -> None:
        """Misbehave at the next calls of a method, one after another; ``hook`` and ``upload`` are two, too."""
        self._faults[method].extend(faults)

    def fault(self, method: str) -> Fault | None:
        with self._lock:
            self.calls.append(method)
            return self._faults[method].popleft() if self._faults[method] else None

    def answer(self, method: str, token: str, asked: Json) -> Json:
        """What Slack answers to one method. Raises `Refused`."""
        right = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if token != right:
            raise Refused("invalid_auth" if token else "not_authed")
        if method in NEEDED and NEEDED[method] not in self.scopes:
            raise Refused("missing_scope", needed=NEEDED[method], provided=",".join(sorted(self.scopes)))
        if "channel" in asked and asked["channel"] != CHANNEL:
            raise Refused("channel_not_found")
        with self._lock:
            answer: Json = getattr(self, method.replace(".", "_").lower())(asked)
        return {"ok": True} | answer

    def top(self) -> list[Json]:
        """What is seen in the channel itself."""
        return [m for m in self.messages if m.get("thread_ts", m["ts"]) == m["ts"] or m.get("broadcast")]

    def thread(self, ts: str) -> list[Json]:
        """What is seen in a thread below its first message."""
        return [m for m in self.messages if m.get("thread_ts") == ts and m["ts"] != ts]

    # -- methods ---------------------------------------------------------------------------------------

    def auth_test(self, asked: Json) -> Json:
        return {"user": "alertwatch", "team": "Observatory", "user_id": "U0BOT"}

    def conversations_info(self, asked: Json) -> Json:
        return {"channel": self.channel}

    def chat_postmessage(self, asked: Json) -> Json:
        self._check(asked)
        if "thread_ts" in asked and not any(m["ts"] == asked["thread_ts"] for m in self.messages):
            raise Refused("thread_not_found")
        message = {key: asked[key] for key in ("text", "blocks", "metadata", "thread_ts") if asked.get(key)}
        message |= {"ts": self._ts(), "broadcast": bool(asked.get("reply_broadcast"))}
        self.messages.append(message)
        return {"ts": message["ts"], "channel": CHANNEL}

    def chat_postephemeral(self, asked: Json) -> Json:
        self.whispers.append(asked)
        return {}

    def chat_update(self, asked: Json) -> Json:
        self._check(asked)
        found = next((m for m in self.messages if m["ts"] == asked["ts"]), None)
        if found is None:
            raise Refused("message_not_found")
        found |= {key: asked[key] for key in ("text", "blocks", "metadata") if key in asked}
        return {"ts": asked["ts"]}

    def conversations_history(self, asked: Json) -> Json:
        return self._page(sorted(self.top(), key=lambda m: m["ts"], reverse=True), asked)

    def conversations_replies(self, asked: Json) -> Json:
        ts = asked["ts"]
        if not any(m["ts"] == ts for m in self.messages):
            raise Refused("thread_not_found")
        return self._page([m for m in self.messages if m["ts"] == ts or m.get("thread_ts") == ts], asked)

    def files_getuploadurlexternal(self, asked: Json) -> Json:
        file_id = f"F{len(self.files):04d}"
        self.files[file_id] = {"id": file_id, "name": asked["filename"], "alt_txt": asked.get("alt_txt")}
        return {"upload_url": f"{self.url}/upload/{file_id}", "file_id": file_id}

    def files_completeuploadexternal(self, asked: Json) -> Json:
        shared = [self.files[file["id"]] for file in asked["files"]]
        if any("content" not in file for file in shared):
            raise Refused("file_not_found")
        self.messages.append({"ts": self._ts(), "thread_ts": asked["thread_ts"], "text": "", "files": shared})
        return {"files": [{"id": file["id"]} for file in shared]}

    def views_open(self, asked: Json) -> Json:
        self.views.append(asked["view"])
        return {"view": asked["view"]}

    def apps_connections_open(self, asked: Json) -> Json:
        return {"url": f"{self.url.replace('http', 'ws')}/link/?ticket=secret-ticket"}

    # -- helpers ---------------------------------------------------------------------------------------

    def _ts(self) -> str:
        self._clock += 0.001
        return f"{self._clock:.6f}"

    def _page(self, found: list[Json], asked: Json) -> Json:
        oldest, latest = float(asked.get("oldest") or 0), float(asked.get("latest") or 1e12)
        found = [m for m in found if oldest <= float(m["ts"]) <= latest]
        if asked.get("include_all_metadata") not in ("1", "true", True):
            found = [{key: value for key, value in m.items() if key != "metadata"} for m in found]
        found = [m | {"files": [{"id": f["id"], "name": f["name"]} for f in m.get("files", ())]} for m in found]
        first = int(asked.get("cursor") or 0)
        last = first + min(self.page, int(asked.get("limit") or 100))
        cursor = str(last) if last < len(found) else ""
        return {"messages": found[first:last], "response_metadata": {"next_cursor": cursor}}

    def _check(self, asked: Json) -> None:
        if len(asked.get("text") or "") > 40_000:
            raise Refused("msg_too_long")
        if len(json.dumps(asked.get("metadata") or {})) > 8_000:
            raise Refused("metadata_too_large")
        blocks = asked.get("blocks") or []
        wrong = [f"[json-pointer:/blocks/{n}]" for n, block in enumerate(blocks) if not fits(block)]
        if wrong or len(blocks) > 50:
            raise Refused("invalid_blocks", response_metadata={"messages": wrong})
        if len(json.dumps(blocks, ensure_ascii=False)) > 12_000:
            raise Refused("msg_blocks_too_long")


def fits(block: Json) -> bool:
    """Whether a block keeps to the limits of Block Kit."""
    texts = block.get("elements", [])
    match block["type"]:
        case "header":
            return 0 < len(block["text"]["text"]) <= 150
        case "section":
            fields = block.get("fields", [])
            text = 0 < len(block["text"]["text"]) <= 3000 if "text" in block else bool(fields)
            return text and len(fields) <= 10 and all(0 < len(f["text"]) <= 2000 for f in fields)
        case "context":
            return 0 < len(texts) <= 10 and all(t["text"] for t in texts)
        case "actions":
            return len(texts) <= 25 and all(
                len(b["text"]["text"]) <= 75 and len(b["value"]) <= 2000 for b in texts
            )
    return False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    slack: SlackServer

    def do_GET(self) -> None:
        """Socket mode."""
        self.close_connection = True
        socket = Socket(self)
        socket.shake_hands()
        with self.slack.connected:
            self.slack.sockets.append(socket)
            self.slack.connected.notify_all()
        socket.serve()

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        method = "hook" if path.startswith("/services/") else path.split("/")[1 if "/upload/" in path else 2]
        fault = self.slack.fault(method) or Fault()
        status, said = fault.status, fault.body
        if fault.hold is not None:
            fault.hold.wait(30)
        if (fault.error or fault.body is not None or fault.status != 200 or fault.drop) and not fault.accept:
            said = said if said is not None else json.dumps({"ok": False, "error": fault.error})
        else:
            status, said = self._served(method, path, body)
        if fault.drop:
            self.close_connection = True
            return
        self._reply(fault.status if fault.status != 200 else status, said, fault.headers)

    def _served(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        if method == "hook":
            if path != HOOK:
                return 404, "no_service"
            self.slack.hooked.append(json.loads(body))
            return 200, "ok"
        if method == "upload":
            self.slack.files[path.rsplit("/", 1)[1]]["content"] = body
            return 200, "OK"
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            return 200, json.dumps(self.slack.answer(method, token, self._asked(body)))
        except Refused as refused:
            return 200, json.dumps(refused.answer)

    def _asked(self, body: bytes) -> Json:
        if "json" in self.headers.get("Content-Type", ""):
            asked: Json = json.loads(body or b"{}")
            return asked
        form = dict(parse_qsl(body.decode()))
        return {key: json.loads(value) if key in JSON_FIELDS else value for key, value in form.items()}

    def _reply(self, status: int, said: str, headers: dict[str, str]) -> None:
        data = said.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-oauth-scopes", ",".join(sorted(self.slack.scopes)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[SlackServer]:
    """The server, on a free port."""
    handler = type("BoundHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        handler.slack = slack = SlackServer(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield slack
        finally:
            server.shutdown()
            thread.join()
