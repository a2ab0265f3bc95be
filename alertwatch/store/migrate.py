"""Migrations: numbered steps (Alembic) that bring a database of any earlier version up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Protocol

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from alertwatch.errors import DatabaseTooNew, DatabaseTooOld, SettingsError
from alertwatch.store import postgres

_ADVISORY_LOCK = 0x616C657274  # "alert": the same number in every process that migrates this database
_alembic_is_single_threaded = threading.Lock()


class _Reads(Protocol):
    address: str

    def read(self) -> AbstractContextManager[Connection]: ...


class _Transactions(_Reads, Protocol):
    def write(self) -> AbstractContextManager[Connection]: ...


def up_to_date(store: _Transactions) -> None:
    """Bring the store's database to the newest revision; raises `DatabaseTooNew` when it is beyond that."""
    scripts = _scripts()
    with store.read() as tx:
        if _revision(tx) == scripts.get_current_head():
            return
    with _alembic_is_single_threaded, store.write() as tx, _alone(tx):
        _refuse_unknown(store.address, _revision(tx), scripts)
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def refuse_other_revisions(store: _Reads) -> None:
    """Raise `DatabaseTooOld`, `DatabaseTooNew` or `SettingsError` unless the tables are this version's."""
    scripts = _scripts()
    with store.read() as tx:
        revision = _revision(tx)
    if revision is None:
        raise SettingsError(
            f"the database {store.address} holds nothing of alertwatch: check database.url, or let"
            " `alertwatch run` make its tables"
        )
    _refuse_unknown(store.address, revision, scripts)
    if revision != (newest := scripts.get_current_head()):
        raise DatabaseTooOld(
            f"the database {store.address} was written by an older alertwatch (revision {revision}, now"
            f" {newest}), and reading changes nothing: `alertwatch run` of this version brings it up to date"
        )


@cache
def _scripts() -> ScriptDirectory:
    """The migrations, read once: a notebook opens the database for every question."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def _revision(tx: Connection) -> str | None:
    return MigrationContext.configure(tx).get_current_revision()


@contextmanager
def _alone(tx: Connection) -> Iterator[None]:
    """Keep other processes from migrating meanwhile; on SQLite the transaction itself does that."""
    if tx.dialect.name == "sqlite":
        yield
        return
    tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    with postgres.unhurried(tx):
        yield


def _refuse_unknown(address: str, revision: str | None, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseTooNew(
            f"the database {address} was written by a newer alertwatch (revision {revision}): "
            "install that version, or name another database"
        )
