"""Questions to ten million matches, on SQLite and on PostgreSQL: by region, by night, by object.

``python -m benchmarks.queries --rows 1000000 --database sqlite`` asks fewer, or one database only;
``--keep FILE`` keeps the SQLite file, and uses it when it is there.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, event, text

import alertwatch
from alertwatch.query import asked
from alertwatch.query.selection import Cone, Selection
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Reader, labels, notes, queries, tags
from benchmarks import many_matches

ROWS, ASKED = 10_000_000, 50
POSTGRES = "postgres:17"
T = TypeVar("T")


def main(arguments: Sequence[str] = ()) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser("benchmarks.queries")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        file = given.keep or Path(folder) / "bench.db"
        if given.database != "postgres":
            _measure(f"sqlite:///{file}", None if file.exists() else given.rows)
        if given.database != "sqlite":
            with _postgres() as url:
                if url:
                    _measure(url, given.rows)


@contextmanager
def _postgres() -> Iterator[str | None]:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "info"], check=False, capture_output=True).returncode:
        print("\nPostgreSQL: left out, no Docker engine answers `docker info`")
        yield None
        return
    from testcontainers.community.postgres import PostgresContainer

    quick = "postgres -c fsync=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=8GB"  # to fill
    container = PostgresContainer(POSTGRES, driver="psycopg").with_kwargs(shm_size="1g").with_command(quick)
    with container:
        yield container.get_connection_url()


def _measure(url: str, rows: int | None) -> None:
    print(f"\n{url.partition(':')[0].partition('+')[0]}", flush=True)
    if rows:
        many_matches.fill(url, rows)
    rng = random.Random(7)
    with Reader.open(DatabaseSettings(url=url)) as reader, reader.read() as tx:
        newest = tx.scalar(text("SELECT max(id) FROM matches")) or 0
        last = int(tx.scalar(text("SELECT max(mjd) FROM matches")) or 0)
        numbers = [rng.randint(1, newest) for _ in range(ASKED)]
        cones = [Cone(*tx.execute(_PLACE, {"id": number}).one(), 1.0) for number in numbers]
        labelled = tx.scalars(text("SELECT object_id FROM labels LIMIT 5000")).all()
        objects = rng.sample(labelled, min(ASKED, len(labelled)))
        night = {"since": last, "until": last + 1.0}
        _report(tx, "cone of 1°", 50, [Question(url, cone=cone) for cone in cones])
        _report(
            tx, "last night by filter", 100, [Question(url, filter=f, **night) for f in many_matches.FILTERS]
        )
        _report(tx, "object page", 20, [Page(url, objects=(one,)) for one in objects])


_PLACE = text("SELECT ra, dec FROM matches WHERE id >= :id ORDER BY id LIMIT 1")


class Question:
    """Matches, as a person asks for them in Python, and what the database is asked then."""

    def __init__(self, url: str, **words: Any) -> None:
        self.url, self.words = url, words

    def ask(self) -> int:
        """From opening the database to the DataFrame; gives the number of matches."""
        return len(alertwatch.matches(**self.words, database=self.url))

    def ask_within(self, tx: Connection) -> object:
        """The same question in an open transaction."""
        return asked.matches(tx, Selection(**self.words))


class Page(Question):
    """All that is shown of an object."""

    def ask(self) -> int:
        """As reports and messages do: in an open transaction, without DataFrames."""
        with Reader.open(DatabaseSettings(url=self.url)) as reader, reader.read() as tx:
            return len(self.ask_within(tx))

    def ask_within(self, tx: Connection) -> Sequence[Any]:
        """Matches, light curve, verdicts, and what people said."""
        (object_id,) = self.words["objects"]
        key = ("ztf", object_id)
        queries.light_curve(tx, *key)
        queries.verdicts_of(tx, *key)
        for said in (labels, tags, notes):
            said.of(tx, [key])
        return queries.matches(tx, Selection(**self.words))


def _report(tx: Connection, what: str, wanted: int, questions: Sequence[Question]) -> None:
    """Each question twice: the first time finds the disk, the second what is asked often."""
    questions[0].ask()  # libraries load
    first, found = zip(*(_timed(question.ask) for question in questions), strict=True)
    again, _ = zip(*(_timed(question.ask) for question in questions), strict=True)
    within, _ = zip(*(_timed(partial(question.ask_within, tx)) for question in questions), strict=True)
    statements = [_statements(tx, question) for question in questions]
    alone, _ = zip(*(_timed(partial(_replay, tx, some)) for some in statements), strict=True)
    print(
        f"  {what}: {wanted} ms wanted; {len(questions)} asked, of {statistics.median(found):.0f} matches,"
        f" at most {max(found)}"
    )
    kinds = {"first": first, "again": again, "in a transaction": within, "the driver alone": alone}
    for name, times in kinds.items():
        wall, cpu = ([1000 * time[i] for time in times] for i in (0, 1))
        print(
            f"    {name:16} median {statistics.median(wall):6.1f} ms, worst {max(wall):5.0f} ms;"
            f" processor {statistics.median(cpu):6.1f} ms",
            flush=True,
        )


def _statements(tx: Connection, question: Question) -> list[Any]:
    """The SQL of a question, with its parameters."""
    made: list[Any] = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        made.append((statement, values))

    event.listen(tx, "before_cursor_execute", note)
    question.ask_within(tx)
    event.remove(tx, "before_cursor_execute", note)
    return made


def _replay(tx: Connection, statements: list[Any]) -> int:
    """The same SQL without alertwatch and SQLAlchemy: the least that it could take."""
    raw: Any = tx.connection.driver_connection
    with closing(raw.cursor()) as cursor:
        return sum(len(cursor.execute(*one).fetchall()) for one in statements)


def _timed(ask: Callable[[], T]) -> tuple[tuple[float, float], T]:
    """Seconds by the clock and of this process's processor; and what was found."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = ask()
    return (time.perf_counter() - wall, time.process_time() - cpu), found


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
