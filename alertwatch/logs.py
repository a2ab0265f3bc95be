"""Logs: structlog, for a person on a terminal and JSON elsewhere; libraries' own logs go the same way.

A line is an event in a few words, then its context (topic, partition, offset, object) as keys. Times are UTC.
Passwords are taken out of every line, whatever put them there.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from alertwatch.secrets import passwords
from alertwatch.settings import Settings

HIDDEN = "•••"
NOISY = ("httpx", "httpcore", "alembic", "apscheduler")
"""Libraries that tell every request or step at level *info*; only their warnings are logged."""


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Log to ``stream`` (standard error) as the settings say. Called once, before anything is logged."""
    stream = stream or sys.stderr
    as_json = settings.logging.format == "json" or (settings.logging.format == "auto" and not stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso" if as_json else "%Y-%m-%d %H:%M:%SZ", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        Redactor(set(passwords(settings))),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(as_json, stream)],
        )
    )
    _route_libraries(handler, settings.logging.level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # modules make their loggers before the settings are known
    )


class Redactor:
    """A structlog processor that takes known secrets out of every value of a line, however deep."""

    def __init__(self, secrets: set[str]) -> None:
        longest_first = sorted(filter(None, secrets), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG002
        """The line without secrets."""
        if self._pattern is None:
            return event
        return {key: value if key.startswith("_") else self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._clean(key): self._clean(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set):
            return [self._clean(inner) for inner in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        return self._pattern.sub(HIDDEN, text) if self._pattern else text


def _renderer(as_json: bool, stream: TextIO) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=40)


def _route_libraries(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)
