"""The settings of an e-mail channel."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from alertwatch.settings import File
from alertwatch.sink import SinkSettings

Security = Literal["starttls", "tls", "none"]
USUAL_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_BARE = r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+"
_ADDRESS = re.compile(rf"(?P<name>[^<>]*)<(?P<address>{_BARE})>|{_BARE}", re.ASCII)
_LINK = re.compile(r"(mailto:|https://)[!-;=?-~]+")


def parts(text: str) -> tuple[str, str]:
    """The name and the address of ``"The PI <pi@example.org>"``; of a bare address the name is empty."""
    found = _ADDRESS.fullmatch(text)
    if not found or not text.isprintable():
        raise ValueError('must be an address such as "pi@example.org" or "The PI <pi@example.org>", in ASCII')
    return (found["name"] or "").strip(' "'), found["address"] or text


def _address(text: str) -> str:
    parts(text)
    return text


def _link(text: str) -> str:
    if not _LINK.fullmatch(text):
        raise ValueError('must begin with "mailto:" or "https://" and hold neither spaces nor angle brackets')
    return text


Address = Annotated[str, AfterValidator(_address)]
Addresses = tuple[Address, ...]


class EmailSettings(SinkSettings):
    """Who gets the messages, from whom, through which server."""

    to: Addresses = Field(min_length=1, description='addresses that get every message, e.g. ["pi@example.org"]')
    cc: Addresses = Field((), description="addresses that get a copy")
    sender: Address = Field(description='who it is from, e.g. "alertwatch <alertwatch@example.org>"')
    host: str = Field(min_length=1, description="the SMTP server that takes your mail")
    port: int | None = Field(
        None, ge=1, le=65535, description="its port; default by security: starttls 587, tls 465, none 25"
    )
    security: Security = Field(
        "starttls",
        description="how the connection is encrypted; never less than that",
    )
    username: SecretStr | None = Field(None, description="login, often the whole address")
    username_file: File | None = Field(None, description="file that holds the login")
    password: SecretStr | None = Field(None, description="password (environment or password_file only)")
    password_file: File | None = Field(None, description="file that holds the password")
    ca_file: File | None = Field(
        None, description="certificates (PEM) to trust instead of the system's, for a server with a private one"
    )
    timeout_seconds: float = Field(
        30.0,
        gt=0,
        description="longest wait for an answer [s]; three times that for the last one",
    )
    unsubscribe: Annotated[str, AfterValidator(_link)] | None = Field(
        None,
        description="List-Unsubscribe address, mailto: or https: (RFC 8058); default: mail to the sender",
    )

    @model_validator(mode="after")
    def _login_is_whole_and_hidden(self) -> Self:
        name, word = (
            (getattr(self, key) or getattr(self, f"{key}_file")) is not None for key in ("username", "password")
        )
        if name != word:
            raise ValueError("a login needs both username (or username_file) and password (or password_file)")
        if word and self.security == "none" and self.host not in LOCAL:
            raise ValueError(
                f"the password would go to {self.host} in the clear; set security to starttls or tls"
            )
        return self

    @property
    def address(self) -> str:
        """The server as ``host:port``, for connecting to and for people."""
        return f"{self.host}:{self.port or USUAL_PORTS[self.security]}"

    @property
    def envelope_sender(self) -> str:
        """The sender's address alone."""
        return parts(self.sender)[1]

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses of all that get a message, each once."""
        return tuple(dict.fromkeys(parts(text)[1] for text in (*self.to, *self.cc)))
