"""The folder of reports: a notebook and a page for each, named by subscription and date.

The notification's key is in the notebook's metadata, so whoever tries again finds what is there, whatever the
file is called by now. Writers take turns by a lock on the folder; each file appears whole or not at all.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from alertwatch.errors import ChannelRefused, ChannelUnavailable
from alertwatch.notification import Notification
from alertwatch.report import Written

WAITS_FOR_A_PERSON = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
}
"""Errors of a folder that do not pass by themselves."""


def stem(notification: Notification) -> str:
    """``young_sn-2026-03-15``: what the files of a notification are called, unless that name is taken."""
    name = re.sub(r"[^\w.-]+", "-", notification.subscription, flags=re.ASCII).strip("-.")[:60]
    return f"{name or 'report'}-{datetime.fromtimestamp(notification.created_at, UTC):%Y-%m-%d}"


def find(folder: Path, notification: Notification) -> Written | None:
    """The report of a notification that is there already. Raises `OSError`."""
    for path in sorted(folder.glob(f"{stem(notification)}*.ipynb")):
        if _key(path) == notification.key:
            return _written(path)
    return None


def keep(folder: Path, notification: Notification, notebook: str, page: str) -> Written:
    """Write both files, the notebook last; what is there already stays. Raises `OSError`."""
    with _locked(folder):
        if (there := find(folder, notification)) is not None:
            return there
        path = next(path for path in _names(folder, stem(notification)) if not path.exists())
        _write(path.with_suffix(".html"), page)
        _write(path, notebook)
    return _written(path)


def trouble(error: OSError, folder: Path) -> ChannelRefused | ChannelUnavailable:
    """What an error of the folder means for messages: some wait for a person, a full disk passes."""
    kind = ChannelRefused if error.errno in WAITS_FOR_A_PERSON else ChannelUnavailable
    return kind(f"the folder {folder} cannot be written: {error.strerror}")


def _written(path: Path) -> Written:
    return Written(notebook=str(path), page=str(path.with_suffix(".html")))


def _key(path: Path) -> object:
    """The key of a notebook; ``None`` for one that is not ours."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return json.loads(path.read_bytes())["metadata"]["alertwatch"]["key"]
    return None


def _names(folder: Path, first: str) -> Iterator[Path]:
    yield folder / f"{first}.ipynb"
    number = 2
    while True:
        yield folder / f"{first}-{number}.ipynb"
        number += 1


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, text: str) -> None:
    """The whole file, or none."""
    with NamedTemporaryFile(
        "w", dir=path.parent, prefix=".", suffix=".part", encoding="utf-8", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)  # noqa: PTH101 - the name is a string
            os.replace(file.name, path)  # noqa: PTH105 - likewise
        except OSError:
            with suppress(OSError):
                os.unlink(file.name)  # noqa: PTH108 - likewise
            raise
