"""Asking changes nothing, works while others write, and says what is wrong in a sentence."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy.exc
from sqlalchemy import text

import alertwatch
from alertwatch.errors import AlertwatchError, DatabaseTooNew, DatabaseTooOld, SettingsError
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Reader, Store, queries, verdicts
from tests.store.examples import an_alert, judged
from tests.support.data import ROOT

WRITES = (
    "INSERT INTO labels (survey, object_id, label, by, via, added_at) VALUES ('ztf', 'x', 'y', 'z', 'c', 1)",
    "UPDATE matches SET mag = 1",
    "DELETE FROM matches",
    "CREATE TABLE mine (x INTEGER)",
    "DROP TABLE labels",
)


@pytest.fixture
def one_match(store: Store) -> Store:
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert("ZTF26kept"))], now=1.0)
    return store


@pytest.mark.parametrize("statement", WRITES)
def test_a_reader_cannot_write(one_match: Store, database: DatabaseSettings, statement: str) -> None:
    refused = (AlertwatchError, sqlalchemy.exc.DBAPIError)
    with Reader.open(database) as reader:
        with pytest.raises(refused, match=r"(?i)read.?only|cannot be written"), reader.read() as tx:
            tx.execute(text(statement))
        with reader.read() as tx:
            assert [match.object_id for match in queries.matches(tx)] == ["ZTF26kept"]


def test_a_reader_of_sqlite_cannot_lift_its_own_protection(sqlite_url: str) -> None:
    Store.open(DatabaseSettings(url=sqlite_url)).close()
    with Reader.open(DatabaseSettings(url=sqlite_url)) as reader, reader.read() as tx:
        tx.execute(text("PRAGMA query_only=OFF"))
        with pytest.raises(sqlalchemy.exc.OperationalError, match="readonly"):
            tx.execute(text("DELETE FROM matches"))


def test_a_reader_sees_what_the_service_stored_and_waits_for_no_transaction(
    one_match: Store, database: DatabaseSettings
) -> None:
    with Reader.open(database) as reader:
        with one_match.write() as writing:
            verdicts.save(writing, [judged(an_alert("ZTF26next"))], now=2.0)
            with reader.read() as tx:
                assert len(queries.matches(tx)) == 1
        with reader.read() as tx:
            assert len(queries.matches(tx)) == 2


def test_closing_one_reader_leaves_others_of_the_same_database_alone(
    one_match: Store, database: DatabaseSettings
) -> None:
    with Reader.open(database) as reader:
        with reader.read() as tx:
            Reader.open(database).close()
            assert len(queries.matches(tx)) == 1
        with reader.read() as tx:
            assert len(queries.matches(tx)) == 1


def test_an_answer_is_of_one_moment(one_match: Store, database: DatabaseSettings) -> None:
    with Reader.open(database) as reader, reader.read() as tx:
        assert len(queries.matches(tx)) == 1
        write = threading.Thread(target=_store_another, args=(one_match,))
        write.start()
        write.join()
        assert len(queries.matches(tx)) == 1


def _store_another(store: Store) -> None:
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert("ZTF26more"))], now=2.0)


@pytest.mark.parametrize(
    ("revision", "error", "sentence"),
    [
        ("0002", DatabaseTooOld, r"older alertwatch \(revision 0002.*`alertwatch run` .* up to date"),
        ("9999", DatabaseTooNew, r"newer alertwatch \(revision 9999\)"),
    ],
)
def test_tables_of_another_version_are_left_alone(
    one_match: Store, database: DatabaseSettings, revision: str, error: type[Exception], sentence: str
) -> None:
    with one_match.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    with pytest.raises(error, match=sentence):
        Reader.open(database)
    with one_match.read() as tx:
        assert tx.scalar(text("SELECT version_num FROM alembic_version")) == revision


def test_a_database_of_somebody_else_is_told_apart(database: DatabaseSettings, tmp_path: Path) -> None:
    if database.url.startswith("sqlite"):
        (tmp_path / "alertwatch.db").touch()
    with pytest.raises(SettingsError, match="holds nothing of alertwatch"):
        Reader.open(database)


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no database .*missing\.db"):
        alertwatch.matches(database=tmp_path / "missing.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no database, " * 100)
    with pytest.raises(SettingsError, match="is not a SQLite database"):
        alertwatch.matches(database=tmp_path / "notes.txt")


def test_a_file_in_a_folder_that_is_not_yours_is_explained() -> None:
    """Another user asks, since the tests may run as one to whom nothing is forbidden."""
    with TemporaryDirectory() as name:
        folder, file = Path(name), Path(name) / "a.db"
        Store.open(DatabaseSettings(url=f"sqlite:///{file}")).close()
        file.chmod(0o444)
        folder.chmod(0o555)
        assert "the right to write into its folder; or copy it" in as_nobody(file)
        folder.chmod(0o755)


def as_nobody(file: Path) -> str:
    """What a user without rights of its own is told."""
    code = f"""
import os
import alembic.command
import alertwatch.query.questions
if os.getuid() == 0:
    os.setuid(65534)
try:
    alertwatch.matches(database={str(file)!r})
except alertwatch.errors.AccessDenied as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["a b.db", "50%.db", "#1.db", "ünï.db"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    made = Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path / 'plain.db'}"))
    made.close()
    (tmp_path / "plain.db").rename(tmp_path / name)
    assert alertwatch.matches(database=tmp_path / name).empty


def test_an_error_holds_no_password() -> None:
    with pytest.raises(AlertwatchError) as caught:
        alertwatch.matches(database="postgresql+psycopg://me:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in str(caught.value)
    assert "does not answer" in str(caught.value)


def test_the_settings_file_is_found_by_argument_variable_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "alertwatch"):
        Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path / name}.db")).close()
        (tmp_path / f"{name}.toml").write_text(f'[database]\nurl = "sqlite:///{name}.db"\n')
    with Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path / 'b'}.db")) as store, store.write() as tx:
        verdicts.save(tx, [judged(an_alert())], now=1.0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALERTWATCH_CONFIG", raising=False)

    assert len(alertwatch.matches()) == 0
    assert len(alertwatch.matches(config=tmp_path / "b.toml")) == 1
    monkeypatch.setenv("ALERTWATCH_CONFIG", str(tmp_path / "b.toml"))
    assert len(alertwatch.matches()) == 1
    assert len(alertwatch.matches(database="a.db")) == 0
