"""Keeps what matched in a table of any SQL database: a team's own PostgreSQL, a marshal's, a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from alertwatch.errors import ChannelRefused
from alertwatch.notification import Notification, Receipt
from alertwatch.rows import rows
from alertwatch.settings import DatabaseSettings, File
from alertwatch.sink import Sink, SinkSettings

if TYPE_CHECKING:
    from sinks.database.table import Table


class TableSettings(SinkSettings, DatabaseSettings):
    """Which table, in which database."""

    url: str = Field(
        description="SQLAlchemy URL, e.g. postgresql://USER@HOST/NAME or sqlite:///FILE, without a password"
    )
    password: SecretStr | None = Field(None, description="its password (environment or password_file only)")
    password_file: File | None = Field(None, description="file that holds the password")
    table: str = Field(
        "alertwatch",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]*\.)?[A-Za-z_][A-Za-z0-9_]*$",
        description="the table, or SCHEMA.TABLE; made if it is not there",
    )


class Database(Sink[TableSettings]):
    """A table with a row for each object told of; a second attempt writes the same rows over the first's."""

    def __init__(self, name: str, settings: TableSettings) -> None:
        super().__init__(name, settings)
        self._table: Table | None = None

    def check(self) -> str:
        """Whether we are let in, and the table has all its columns if it is there."""
        with self._open() as table:
            if self._is_there(table):
                return f"{table.address}: the table {table.name} is there"
            return f"{table.address} lets us in; the first message makes the table {table.name}"

    def send(self, notification: Notification) -> Receipt:
        """Write a row for each entry, all in one transaction."""
        with self._open() as table:
            if not self._is_there(table):
                table.make()
            table.write(rows(notification))
        return Receipt(id=notification.key)

    def close(self) -> None:
        """Close the connections."""
        if self._table is not None:
            self._table.close()
            self._table = None

    @contextmanager
    def _open(self) -> Iterator[Table]:
        """The table, whose errors are the three of a channel; after one the next attempt connects anew."""
        from sinks.database.table import Table, explained  # noqa: PLC0415 - SQLAlchemy is slow to load

        try:
            with explained(self.settings.url):
                if self._table is None:
                    self._table = Table(self.settings.url, self.secret("password"), self.settings.table)
                yield self._table
        except Exception:
            self.close()
            raise

    def _is_there(self, table: Table) -> bool:
        columns = table.columns()
        lacking = [column for column in table.wanted if column not in columns]
        if columns and lacking:
            raise ChannelRefused(
                f"the table {table.name} lacks {', '.join(lacking)}; add these columns, or name another table"
            )
        return bool(columns)
