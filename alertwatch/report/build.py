"""One report from beginning to end: template, execution, page, files."""

from __future__ import annotations

from pathlib import Path

import msgspec

from alertwatch.report import Report, Written, folder, jupyter
from alertwatch.report.execute import Progress, execute, quiet
from alertwatch.report.page import page
from alertwatch.report.template import filled


def write(report: Report, into: Path, progress: Progress = quiet) -> Written:
    """Make a report, and put its notebook and its page into a folder. Takes some seconds.

    ``progress``: called with how many cells are done, of how many.
    Raises `SettingsError` (the template is of no use), `OSError` (the folder cannot be written) or
    `RuntimeError` (the notebook cannot be executed).
    """
    notebook = filled(report)
    problems = execute(notebook, into, progress)
    kept = folder.keep(into, report.notification, jupyter("nbformat").writes(notebook) + "\n", page(notebook))
    return msgspec.structs.replace(kept, problems=tuple(problems))
