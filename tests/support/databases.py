"""Databases to test on: SQLite everywhere, a real PostgreSQL where Docker runs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store

POSTGRES_IMAGE = "postgres:17"

both_databases = ["sqlite", pytest.param("postgres", marks=pytest.mark.docker)]


@cache
def docker_answers() -> bool:
    """Whether a Docker engine can be asked for containers."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server in a container; its URL leads to the administrator's own database."""
    if not docker_answers():
        pytest.skip("needs Docker: no engine answers `docker info`")
    from testcontainers.community.postgres import PostgresContainer

    hurried = (
        "postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off"  # no test cuts the power
    )
    with PostgresContainer(POSTGRES_IMAGE, driver="psycopg").with_command(hurried) as container:
        yield sa.make_url(container.get_connection_url())


@pytest.fixture(scope="session")
def postgres_with_tables(postgres_server: sa.URL) -> Iterator[str]:
    """A database with all tables and nothing in them, to copy: that is quicker than to migrate an empty one."""
    with new_postgres(postgres_server) as url:
        Store.open(DatabaseSettings(url=url)).close()
        yield sa.make_url(url).database or ""


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: sa.URL) -> Iterator[str]:
    """A database of its own on the PostgreSQL server: empty, unless the test asks for a store."""
    wants_tables = "store" in request.fixturenames
    copied = request.getfixturevalue("postgres_with_tables") if wants_tables else "template1"
    with new_postgres(postgres_server, copied) as url:
        yield url


@contextmanager
def new_postgres(server: sa.URL, copied: str = "template1") -> Iterator[str]:
    """The URL of a new database on a PostgreSQL server, dropped at the end of the block."""
    name = f"test_{uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    administer(server, create.format(sql.Identifier(name), sql.Identifier(copied)))
    yield server.set(database=name).render_as_string(hide_password=False)
    administer(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def administer(server: sa.URL, statement: sql.Composable) -> None:
    """Run one statement as the server's administrator, outside any transaction."""
    url = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them, to copy."""
    file = tmp_path_factory.mktemp("tables") / "alertwatch.db"
    Store.open(DatabaseSettings(url=f"sqlite:///{file}")).close()
    return file


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A SQLite file of its own: yet to be made, unless the test asks for a store."""
    file = tmp_path / "alertwatch.db"
    if "store" in request.fixturenames:
        shutil.copy(request.getfixturevalue("sqlite_with_tables"), file)
    return f"sqlite:///{file}"


@pytest.fixture(params=both_databases)
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database: the test runs once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> DatabaseSettings:
    """Settings that lead to that database."""
    return DatabaseSettings(url=database_url)


@pytest.fixture
def store(database: DatabaseSettings) -> Iterator[Store]:
    """An open store on a new database."""
    with Store.open(database) as opened:
        yield opened
