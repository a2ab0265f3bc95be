"""What a handler gives back: a status and a body, or a refusal in the words of the service it imitates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Query = Mapping[str, list[str]]
"""Parameters of a request; each may be given several times."""

NOT_FOUND = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)


@dataclass(frozen=True)
class Answer:
    """Status, body and what else the headers should say."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """A request that gets an error: raised by handlers, turned into its answer by the server."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.answer = as_json(body, status)


def as_json(value: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status, msgspec.json.encode(value) + b"\n")


def flask_not_found(message: str = NOT_FOUND) -> Refusal:
    """404 of the REST API (v1) and of the packet service."""
    return Refusal(404, {"message": message})


def fastapi_error(status: int, detail: Any) -> Refusal:
    """An error of the multisurvey API."""
    return Refusal(status, {"detail": detail})


def parsed(query: Query, name: str, kind: Callable[[str], T]) -> list[T]:
    """All values of a parameter; the REST API's 400 for one that cannot be read."""
    try:
        return [kind(text) for text in query.get(name, [])]
    except ValueError as error:
        problem = {"errors": {name: str(error)}, "message": "Input payload validation failed"}
        raise Refusal(400, problem) from error
