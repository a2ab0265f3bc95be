"""Where the service runs in a test that need not run on every combination."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.support.kafka import Broker


class Place(NamedTuple):
    """A broker and a new database."""

    broker: Broker
    database_url: str


@pytest.fixture(
    params=[
        pytest.param(("embedded_kafka", "sqlite_url"), id="embedded-sqlite"),
        pytest.param(("apache_kafka", "postgres_url"), id="apache-postgres", marks=pytest.mark.docker),
    ]
)
def place(request: pytest.FixtureRequest) -> Place:
    """The light combination and the heavy one."""
    broker, database_url = request.param
    return Place(request.getfixturevalue(broker), request.getfixturevalue(database_url))
