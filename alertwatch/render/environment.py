"""Jinja2 environments: ours, and the user's templates before ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structlog
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

from alertwatch.render import words

log = structlog.get_logger()

_OURS = PackageLoader("alertwatch.render")
_SLACK = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class Mrkdwn(str):
    """Slack's markup that is not to be escaped again."""

    __slots__ = ()


def slack_escape(value: object) -> str:
    """Text as Slack's mrkdwn shows it: only three characters are special, and no mention gets through."""
    if isinstance(value, Mrkdwn):
        return value
    return "".join(_SLACK.get(c, c) for c in str(value))


def slack_link(url: str, name: str) -> Mrkdwn:
    """``<url|name>``; what would end the link early is encoded."""
    safe = slack_escape(url).replace("|", "%7C")
    return Mrkdwn(f"<{safe}|{slack_escape(name).replace('|', '/')}>")


def _environment(loader: BaseLoader, form: str) -> Environment:
    made = Environment(
        loader=loader,
        autoescape=form == "html",  # noqa: S701 - Slack's markup is escaped by finalize, text not at all
        finalize=slack_escape if form == "slack" else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.filters |= {"clean": words.clean, "paragraphs": words.paragraphs, "slack_link": slack_link}
    return made


def _environments(loader: BaseLoader) -> dict[str, Environment]:
    return {form: _environment(loader, form) for form in ("txt", "html", "slack")}


class Templates:
    """Renders by the user's template where there is one that works, else by ours."""

    def __init__(self, folder: Path | None = None) -> None:
        self._ours = _environments(_OURS)
        self._users = _environments(ChoiceLoader([FileSystemLoader(folder), _OURS])) if folder else None
        self._broken: set[str] = set()

    def render(self, name: str, form: str, values: dict[str, Any]) -> str:
        """The template ``name.form.j2`` with these values. A broken one of the user's is logged once."""
        file = f"{name}.{form}.j2"
        if self._users is not None and file not in self._broken:
            try:
                return self._users[form].get_template(file).render(values)
            except Exception as error:  # whatever a user's template does, the message goes out
                self._broken.add(file)
                log.warning(
                    "template_broken", template=file, error=f"{type(error).__name__}: {error}", used="ours"
                )
        return self._ours[form].get_template(file).render(values)
