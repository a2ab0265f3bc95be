"""Connections to PostgreSQL that notice when their server is gone or frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from sqlalchemy import Connection

_IDLE_SECONDS = 120  # a transaction left open by a process that hangs ends after this
_GRACE_SECONDS = 2  # for the server's own time-out to arrive, which says more
R = TypeVar("R")


class PatientConnection(psycopg.Connection[Any]):
    """Closes itself when the server is silent for ``patience`` seconds (``None``: waits for ever).

    TCP notices a server that is gone, not one that is frozen: its kernel goes on answering.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        """Wait for the server's answer; raises `psycopg.OperationalError` when none comes."""
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
                self.close()
            raise


def arguments(seconds: float, **server: object) -> dict[str, Any]:
    """Arguments of a connection whose statements take ``seconds`` at most; a dead server is noticed in 25 s."""
    server["statement_timeout"] = int(seconds * 1000)
    server["idle_in_transaction_session_timeout"] = _IDLE_SECONDS * 1000
    return {
        "application_name": "alertwatch",
        "connect_timeout": 10,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "options": " ".join(f"-c {key}={value}" for key, value in server.items()),
    }


def connect_within(seconds: float) -> Callable[..., PatientConnection]:
    """What connects for SQLAlchemy (``do_connect``): answers are waited for little longer than ``seconds``."""

    def connect(_: object, __: object, args: Any, options: Any) -> PatientConnection:
        connection = PatientConnection.connect(*args, **options)
        connection.patience = seconds + _GRACE_SECONDS
        return connection

    return connect


@contextmanager
def unhurried(tx: Connection) -> Iterator[None]:
    """Let the statements of this transaction take as long as they need."""
    connection = tx.connection.driver_connection
    assert isinstance(connection, PatientConnection)
    patience, connection.patience = connection.patience, None
    tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
    try:
        yield
    finally:
        connection.patience = patience
