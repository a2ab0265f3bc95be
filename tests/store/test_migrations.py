"""The tables of every version, old and new."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

import alertwatch.store
from alertwatch.errors import DatabaseTooNew, SettingsError
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, positions, tables
from tests.store.programs import start


def test_the_migrations_lead_to_the_tables_as_they_are_written_down(store: Store) -> None:
    with store.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []


def test_a_database_is_opened_again_with_what_it_holds(database: DatabaseSettings) -> None:
    key = positions.PositionKey("c", "g", "t", "i", 0)
    with Store.open(database) as store, store.write() as tx:
        positions.save(tx, {key: 5}, "ztf")
    with Store.open(database) as store, store.read() as tx:
        assert positions.load(tx, [key]) == {key: 5}


def test_a_database_of_a_newer_version_is_refused(database: DatabaseSettings) -> None:
    with Store.open(database) as store, store.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=r"written by a newer alertwatch \(revision 9999\)"):
        Store.open(database)


def test_an_upgrade_that_is_cut_short_leaves_nothing_behind(
    database: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alembic.op.create_index", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Store.open(database)
    monkeypatch.undo()
    with Store.open(database) as store, store.read() as tx:
        assert positions.all(tx) == []


def test_processes_that_open_a_new_database_at_once_agree(database_url: str) -> None:
    processes = [start("open_when_told", database_url) for _ in range(3)]
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in processes] == ["opened\n"] * 3


def test_migration_files_are_numbered_in_a_row() -> None:
    folder = Path(alertwatch.store.__file__).parent / "migrations" / "versions"
    numbers = sorted(path.name[:4] for path in folder.glob("*.py"))
    assert numbers == [f"{i + 1:04}" for i in range(len(numbers))]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "postgres", ""])
def test_an_address_of_no_database_of_ours_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^database\.url: expected sqlite:///FILE or postgresql"):
        Store.open(DatabaseSettings(url=url))


def test_a_file_that_is_no_database_is_a_wrong_setting(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("these are my notes, more than a hundred bytes of them" * 40)
    with pytest.raises(SettingsError, match="is not a SQLite database"):
        Store.open(DatabaseSettings(url=f"sqlite:///{file}"))
    assert file.read_text().startswith("these are my notes")
