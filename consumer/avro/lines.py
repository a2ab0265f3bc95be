"""Lines of Python source in the making: indentation, fresh names, constants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alertwatch.errors import DecodeError

MOST_LINES = 50_000  # of one plan: real schemas come to about 2,000


class Lines:
    """The source of one function, and the constants that its names stand for."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self._lines: list[str] = []
        self._depth = 0
        self._names = 0

    @property
    def text(self) -> str:
        """The source so far."""
        return "\n".join(self._lines) + "\n"

    def line(self, text: str) -> None:
        """Add a line; raises `DecodeError` when there are too many."""
        if len(self._lines) >= MOST_LINES:
            raise DecodeError("the schema is too large to read")
        self._lines.append(" " * self._depth + text)

    def name(self, prefix: str) -> str:
        """A name that no line has yet."""
        self._names += 1
        return f"{prefix}{self._names}"

    def constant(self, value: Any) -> str:
        """The name of a value that is not written as source."""
        name = f"C{len(self.constants)}"
        self.constants[name] = value
        return name

    @contextmanager
    def indented(self) -> Iterator[None]:
        """What is added within is one step deeper."""
        self._depth += 1
        yield
        self._depth -= 1
