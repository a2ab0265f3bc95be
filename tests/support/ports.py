"""Ports for servers that are started by others, or go away and come back."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

OUT_OF_THE_WAY = range(20_000, 32_000)  # below those that a system gives to whoever asks for any


def free_port() -> int:
    """A port on which nobody listens, and which nobody else gets by chance before its server is (again) up."""
    while True:
        port = random.choice(OUT_OF_THE_WAY)
        with suppress(OSError), socket.create_server(("", port)):
            return port
