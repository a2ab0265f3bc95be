"""Writes an executed notebook and an HTML page of each message into a folder: reports of a night or a week."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import structlog
from msgspec.structs import replace
from pydantic import Field

from alertwatch import loader, report
from alertwatch.errors import ChannelRefused, SettingsError
from alertwatch.notification import Kind, Notification, Receipt
from alertwatch.report import Report, Written, apart, folder
from alertwatch.settings import File
from alertwatch.sink import Sink, SinkSettings

log = structlog.get_logger(__name__)


class NotebookSettings(SinkSettings):
    """Where reports go, and what they are made from."""

    folder: File = Field(description="the folder that reports are written to; it must be there")
    template: File | None = Field(None, description="a notebook that reports are made from; without it: ours")
    sections: int = Field(
        report.SECTIONS, ge=0, description="the most objects with a section of their own; a table lists all"
    )
    config: File = Field(
        loader.DEFAULT_FILE, description="the settings file, whose database the notebook reads when it runs"
    )


class NotebookSink(Sink[NotebookSettings]):
    """A folder that grows by a notebook and a page for each message; meant for digests."""

    can_find = True

    def check(self) -> str:
        """Whether all is there that a report takes."""
        self._ready()
        try:
            loader.load(self.settings.config)
            _try_out(
                self._report(Notification(key="", subscription="", kind=Kind.TEST, title="", created_at=0))
            )
        except SettingsError as error:
            raise ChannelRefused(str(error)) from None
        return f"reports can be written to {self.settings.folder}"

    def send(self, notification: Notification) -> Receipt:
        """Make the report; some seconds, in a process of its own."""
        self._ready()
        written = apart.write(self._report(notification), self.settings.folder)
        for problem in written.problems:
            log.warning("something is missing in a report", report=written.notebook, problem=problem)
        return _receipt(written)

    def find(self, notification: Notification) -> Receipt | None:
        """Whether the report is there, whatever it is called by now."""
        try:
            written = folder.find(self.settings.folder, notification)
        except OSError as error:
            raise folder.trouble(error, self.settings.folder) from error
        return None if written is None else _receipt(written)

    def preview(self, notification: Notification) -> dict[str, bytes]:
        """The report, notebook and page."""
        self._ready()
        with tempfile.TemporaryDirectory() as place:
            written = apart.write(self._report(notification), Path(place))
            files = [Path(written.page), Path(written.notebook)]
            return {f"{self.name}{file.suffix}": file.read_bytes() for file in files}

    def _report(self, notification: Notification) -> Report:
        settings = self.settings
        return Report(
            notification=replace(notification, pictures=()),  # the notebook draws its own
            config=str(settings.config),
            template=str(settings.template) if settings.template else None,
            sections=settings.sections,
        )

    def _ready(self) -> None:
        """Raise `ChannelRefused` where something is missing that only a person can bring."""
        if (missing := report.lacking()) is not None:
            raise ChannelRefused(missing)
        into, config = self.settings.folder, self.settings.config
        if not into.is_dir() or not os.access(into, os.W_OK | os.X_OK):
            raise ChannelRefused(f"{into} is not a folder that can be written; make it, or name another")
        if not config.is_file():
            raise ChannelRefused(f"there is no settings file {config}; name yours by config of this channel")


def _try_out(empty: Report) -> None:
    """Raise `SettingsError` if the template is of no use."""
    from alertwatch.report.template import filled  # noqa: PLC0415 - Jupyter's libraries, only if there

    filled(empty)


def _receipt(written: Written) -> Receipt:
    return Receipt(id=Path(written.notebook).name)
