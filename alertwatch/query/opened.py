"""The database that a question goes to, opened for reading alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from alertwatch import loader
from alertwatch.settings import DatabaseSettings, Settings
from alertwatch.store import Reader


class Opened(NamedTuple):
    """An open database, and the settings it came from (those of an empty file where it was named by URL)."""

    reader: Reader
    settings: Settings

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.close()


def opened(config: str | Path | None = None, database: str | Path | None = None) -> Opened:
    """Open what is named: a settings file, or a database by SQLAlchemy URL or SQLite file.

    Without either: the file of ``$ALERTWATCH_CONFIG``, else ``alertwatch.toml`` here. A ``config`` beside a
    ``database`` says what else holds, such as the site. Raises `SettingsError` and what `Reader.open` does.
    """
    if config is None and database is not None:
        settings = Settings()
    else:
        settings = loader.load(Path(config or os.environ.get("ALERTWATCH_CONFIG") or loader.DEFAULT_FILE))
    if database is not None:
        settings = settings.model_copy(update={"database": DatabaseSettings(url=_url(database))})
    return Opened(Reader.open(settings.database), settings)


def _url(database: str | Path) -> str:
    text = str(database)
    return text if "://" in text else f"sqlite:///{Path(text).expanduser()}"
