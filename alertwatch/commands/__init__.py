"""The command line: one file per command, each with a click command called ``command``.

A file's name is the command's (``dead_letters.py``: ``alertwatch dead-letters``). What a command needs beyond
the settings it imports when it runs, so that ``alertwatch --help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from alertwatch import loader, logs
from alertwatch.errors import AlertwatchError
from alertwatch.settings import Settings

if TYPE_CHECKING:
    from alertwatch.store import Reader, Store


class Session:
    """What every command gets as ``click.pass_obj``: the settings file, read when it is first asked for."""

    def __init__(self, config: Path) -> None:
        self.config = config

    @cached_property
    def settings(self) -> Settings:
        """The settings; logs are set up by them. Raises `SettingsError`."""
        settings = loader.load(self.config)
        logs.configure(settings)
        return settings

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database that the service writes. One that is not there yet is not made: that is `run`'s."""
        from alertwatch.store import Store

        self._refuse_missing()
        with Store.open(self.settings.database) as store:
            yield store

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """The database, for reading alone: asking neither makes nor migrates it."""
        from alertwatch.store import Reader

        self._refuse_missing()
        with Reader.open(self.settings.database) as reader:
            yield reader

    def _refuse_missing(self) -> None:
        if not has_database(self.settings):
            file = sqlite_file(self.settings.database.url)
            raise AlertwatchError(f"there is no database {file} yet; `alertwatch run` makes it")


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite address; ``None`` for other databases."""
    scheme, found, name = url.partition(":///")
    return Path(name.partition("?")[0]) if found and scheme.startswith("sqlite") else None


def has_database(settings: Settings) -> bool:
    """Whether there is something to open: a SQLite file that exists, or the address of a server."""
    file = sqlite_file(settings.database.url)
    return file is None or file.exists()


def survey_of(object_id: str) -> str:
    """The survey that an object's id is of, as told from the id."""
    return "ztf" if object_id.upper().startswith("ZTF") else "lsst"
