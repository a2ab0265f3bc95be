"""A database that is locked, full or away: a sentence, and everything works again when it is back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from psycopg import sql

from alertwatch.errors import AccessDenied, SettingsError, StoreUnavailable
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, candidates, positions
from tests.store.examples import a_candidate
from tests.store.programs import KEY
from tests.support.databases import administer, docker_answers

IMPATIENT = 0.3


def save(store: Store, offset: int) -> int:
    """Store a position, and read it back."""
    with store.write() as tx:
        positions.save(tx, {KEY: offset}, "ztf")
    with store.read() as tx:
        return positions.load(tx, [KEY])[KEY]


@pytest.fixture
def impatient(database: DatabaseSettings) -> Iterator[Store]:
    with Store.open(database, patience=IMPATIENT) as store:
        yield store


# -- both ------------------------------------------------------------------------------------------------------


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program holds the table."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        lock = "BEGIN IMMEDIATE" if engine.name == "sqlite" else "LOCK TABLE positions"
        connection.exec_driver_sql(lock)
        yield
    engine.dispose()


def test_a_locked_database_is_waited_for_and_then_said(impatient: Store, database_url: str) -> None:
    with locked(database_url), pytest.raises(StoreUnavailable, match="is locked by another process"):
        save(impatient, 1)
    assert save(impatient, 2) == 2


def test_no_password_is_in_any_message_or_representation(database_url: str) -> None:
    settings = DatabaseSettings(url=database_url)
    with Store.open(settings) as store:
        assert ":test@" not in repr(store) + repr(settings)


# -- SQLite ----------------------------------------------------------------------------------------------------


def sqlite_store(url: str) -> Store:
    return Store.open(DatabaseSettings(url=url), patience=IMPATIENT)


def test_a_thread_that_keeps_others_from_writing_is_not_waited_for_without_end(sqlite_url: str) -> None:
    with sqlite_store(sqlite_url) as store:
        entered, leave = threading.Event(), threading.Event()

        def occupy() -> None:
            with store.write():
                entered.set()
                leave.wait(30)

        thread = threading.Thread(target=occupy)
        thread.start()
        entered.wait(30)
        with pytest.raises(StoreUnavailable, match="another thread"):
            save(store, 1)
        leave.set()
        thread.join()
        assert save(store, 2) == 2


def test_a_full_disk_is_said_and_survived(sqlite_url: str) -> None:
    with sqlite_store(sqlite_url) as store:
        limit_pages(store, 1)  # SQLite takes it as: no more than there are
        with pytest.raises(StoreUnavailable, match="cannot grow: the disk is full"), store.write() as tx:
            candidates.add(tx, [a_candidate(payload=bytes(1_000_000))], 1.0)
        assert save(store, 1) == 1
        limit_pages(store, 1_000_000)
        with store.write() as tx:
            assert candidates.add(tx, [a_candidate(payload=bytes(1_000_000))], 1.0) == 1


def limit_pages(store: Store, pages: int) -> None:
    with store.write() as tx:
        tx.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="its folder is missing"):
        sqlite_store(f"sqlite:///{tmp_path}/missing/alertwatch.db")


def test_a_file_that_must_not_be_written_is_said(sqlite_url: str) -> None:
    with sqlite_store(sqlite_url) as store:
        with store.write() as tx:
            tx.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(AccessDenied, match="check the permissions of file and folder"):
            save(store, 1)


def test_a_power_cut_can_cost_transactions_and_never_the_database(sqlite_url: str) -> None:
    with sqlite_store(sqlite_url) as store, store.write() as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 1  # NORMAL


# -- PostgreSQL ------------------------------------------------------------------------------------------------


def with_password_of(url: str, **changed: str | int) -> DatabaseSettings:
    return DatabaseSettings(url=sa.make_url(url).set(**changed).render_as_string(hide_password=False))  # type: ignore[arg-type]


@pytest.mark.docker
@pytest.mark.parametrize(
    "wrong", [{"password": "not-the-word"}, {"username": "nobody", "password": "x"}, {"database": "no_such"}]
)
def test_wrong_credentials_are_one_sentence(postgres_url: str, wrong: dict[str, str]) -> None:
    with pytest.raises(
        AccessDenied, match=r"refused access: check user, password and database name$"
    ) as caught:
        Store.open(with_password_of(postgres_url, **wrong))
    assert "not-the-word" not in str(caught.value) + repr(caught.value.__cause__)


@pytest.mark.docker
def test_a_password_may_come_from_a_file(postgres_url: str, tmp_path: Path) -> None:
    url = sa.make_url(postgres_url)
    file = tmp_path / "password"
    file.write_text(f"{url.password}\n")
    bare = url._replace(password=None).render_as_string()
    with Store.open(DatabaseSettings(url=bare, password_file=file)) as store:
        assert save(store, 1) == 1
    with pytest.raises(SettingsError, match=r"password_file .*missing cannot be read: No such file"):
        Store.open(DatabaseSettings(url=bare, password_file=tmp_path / "missing"))


@pytest.mark.docker
def test_a_server_that_is_not_there_is_said(postgres_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="does not answer"):
        Store.open(with_password_of(postgres_url, port=1))


@pytest.mark.docker
def test_a_server_that_cuts_connections_is_found_again(postgres_url: str, postgres_server: sa.URL) -> None:
    with Store.open(DatabaseSettings(url=postgres_url)) as store:
        save(store, 1)
        name = sa.make_url(postgres_url).database
        administer(
            postgres_server,
            sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(name),
        )
        with pytest.raises(StoreUnavailable, match="is stopping or starting"):
            save(store, 2)
        assert save(store, 3) == 3


def save_and_cut(tx: sa.Connection) -> None:
    positions.save(tx, {KEY: 5}, "ztf")
    tx.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.docker
def test_a_connection_cut_within_a_transaction_leaves_nothing_of_it(postgres_url: str) -> None:
    with Store.open(DatabaseSettings(url=postgres_url)) as store:
        with pytest.raises(StoreUnavailable), store.write() as tx:
            save_and_cut(tx)
        with store.read() as tx:
            assert positions.load(tx, [KEY]) == {}
        assert save(store, 1) == 1


@pytest.mark.docker
def test_a_database_that_takes_no_connections_for_a_while_is_found_again(
    postgres_url: str, postgres_server: sa.URL
) -> None:
    url = sa.make_url(postgres_url)
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    administer(postgres_server, allow.format(sql.Identifier(str(url.database)), sql.SQL("false")))
    with pytest.raises(StoreUnavailable, match="does not answer"):
        Store.open(DatabaseSettings(url=postgres_url))
    administer(postgres_server, allow.format(sql.Identifier(str(url.database)), sql.SQL("true")))
    with Store.open(DatabaseSettings(url=postgres_url)) as store:
        assert save(store, 1) == 1


@pytest.mark.docker
@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "has run out of disk, memory or connections"),
        ("53300", "has run out of disk, memory or connections"),
        ("57P03", "is stopping or starting"),
        ("40001", "gave way to another process"),
    ],
)
def test_what_the_server_cannot_do_now_is_tried_again(postgres_url: str, state: str, said: str) -> None:
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    with Store.open(DatabaseSettings(url=postgres_url)) as store:
        with pytest.raises(StoreUnavailable, match=f"{said} .SQLSTATE {state}"), store.write() as tx:
            tx.exec_driver_sql(statement)
        assert save(store, 1) == 1


@pytest.mark.docker
def test_of_two_transactions_that_wait_for_each_other_one_is_tried_again(postgres_url: str) -> None:
    other = KEY._replace(partition=1)
    with Store.open(DatabaseSettings(url=postgres_url)) as store:
        meet = threading.Barrier(2, timeout=30)
        failed: list[StoreUnavailable] = []

        def work(first: positions.PositionKey, second: positions.PositionKey) -> None:
            try:
                with store.write() as tx:
                    positions.save(tx, {first: 1}, "ztf")
                    meet.wait()
                    positions.save(tx, {second: 1}, "ztf")
            except StoreUnavailable as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=keys) for keys in ((KEY, other), (other, KEY))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [str(error).endswith("gave way to another process (SQLSTATE 40P01)") for error in failed] == [True]


@pytest.mark.docker
def test_a_user_without_rights_is_told_so(postgres_url: str, postgres_server: sa.URL) -> None:
    administer(postgres_server, sql.SQL("CREATE ROLE guest LOGIN PASSWORD 'guest'"))
    try:
        with pytest.raises(AccessDenied, match="check user, password, database and rights"):
            Store.open(with_password_of(postgres_url, username="guest", password="guest"))
    finally:
        administer(postgres_server, sql.SQL("DROP ROLE guest"))


@pytest.mark.docker
@pytest.mark.slow
def test_a_frozen_server_is_noticed_and_a_restarted_one_found_again() -> None:
    if not docker_answers():
        pytest.skip("needs Docker: no engine answers `docker info`")
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer("postgres:17", driver="psycopg") as server:
        container = server.get_wrapped_container()
        with Store.open(DatabaseSettings(url=server.get_connection_url()), patience=1.0) as store:
            save(store, 1)
            container.pause()
            with pytest.raises(StoreUnavailable, match="does not answer"):
                save(store, 2)
            container.unpause()
            assert save(store, 3) == 3
