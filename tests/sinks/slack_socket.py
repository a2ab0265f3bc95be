"""The server's side of a web socket (RFC 6455): enough for Slack's socket mode."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Socket:
    """One connection. ``serve`` runs on the thread of the request that was upgraded."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self.acknowledged: list[str] = []
        self._handler = handler
        self._lock = threading.Lock()

    def shake_hands(self) -> None:
        """Upgrade the connection, and say hello."""
        key = self._handler.headers["Sec-WebSocket-Key"]
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        self._handler.send_response(101, "Switching Protocols")
        for name, value in (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept),
        ):
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self.send({"type": "hello"})

    def serve(self) -> None:
        """Collect acknowledgements until the client leaves."""
        while (frame := self._read()) is not None and frame[0] != CLOSE:
            if frame[0] == PING:
                self._write(PONG, frame[1])
            elif frame[0] == TEXT:
                self.acknowledged.append(json.loads(frame[1])["envelope_id"])

    def send(self, message: dict[str, Any]) -> None:
        self._write(TEXT, json.dumps(message).encode())

    def _write(self, opcode: int, data: bytes) -> None:
        size = bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
        with self._lock:
            self._handler.wfile.write(bytes([0x80 | opcode]) + size + data)

    def _read(self) -> tuple[int, bytes] | None:
        """Opcode and data of one frame; ``None`` when the client is gone. Frames of clients are masked."""
        try:
            head = self._handler.rfile.read(2)
            if len(head) < 2:
                return None
            size = head[1] & 0x7F
            if size == 126:
                (size,) = struct.unpack(">H", self._handler.rfile.read(2))
            mask = self._handler.rfile.read(4)
            data = self._handler.rfile.read(size)
        except OSError:
            return None
        return head[0] & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))
