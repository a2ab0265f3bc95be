"""Reports: an executed notebook, and the same as an HTML page, of what a notification tells.

    Report(notification, config=…)        what a report is of
    build.write(report, folder)           makes it, and puts both files into a folder
    apart.write(report, folder)           the same in a process of its own, for whoever has other things to do
    folder.find(folder, notification)     the report of a notification that was made before
    lacking()                             what has to be installed first

The notebook is made from a template, ``template.ipynb`` beside this file or one of the user's, and reads the
database when it runs: whoever opens it can go on from there. All it shows is inside it.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import msgspec

from alertwatch.notification import Notification

LIBRARIES = ("nbformat", "nbclient", "nbconvert", "ipykernel")
SECTIONS = 40
"""Objects that have a section of their own; a table lists them all."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is made of. Paths are absolute.

    ``config``: the settings file whose database it reads. ``template``: a notebook to use instead of ours.
    ``sections``: the most objects with a section of their own.
    """

    notification: Notification
    config: str
    template: str | None = None
    sections: int = SECTIONS


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Where a report is: two paths. ``problems``: what could not be shown in it, a sentence each."""

    notebook: str
    page: str
    problems: tuple[str, ...] = ()


def jupyter(name: str) -> ModuleType:
    """One of Jupyter's libraries: they are optional, and slow to load."""
    return import_module(name)


def environment() -> dict[str, str]:
    """The environment in which another Python imports what this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def lacking() -> str | None:
    """What has to be installed before there can be reports, in a sentence; ``None``: all is there."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if not missing:
        return None
    return f'reports need {", ".join(missing)}, not installed here: pip install "alertwatch[notebooks]"'
