"""One PostgreSQL database for all these tests, emptied after each: to make one takes longer than most tests."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from tests.support.databases import administer

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename != 'alembic_version'"


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_server: sa.URL) -> str:
    """A database that goes with its server."""
    administer(postgres_server, sql.SQL("CREATE DATABASE notify"))
    return postgres_server.set(database="notify").render_as_string(hide_password=False)


@pytest.fixture
def postgres_url(shared_postgres_url: str) -> Iterator[str]:
    """The shared database, with nothing in its tables."""
    yield shared_postgres_url
    url = sa.make_url(shared_postgres_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        tables = [sql.Identifier(name) for (name,) in connection.execute(TABLES)]
        if tables:
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(sql.SQL(", ").join(tables)))
