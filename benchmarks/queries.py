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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from alertwatch.query.selection import Cone, Selection
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Reader, labels, notes, queries, tags
from benchmarks import many_matches

ROWS, ASKED = 10_000_000, 50
POSTGRES = "postgres:17"


def main(arguments: Sequence[str] = ()) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser("benchmarks.queries")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        file = asked.keep or Path(folder) / "bench.db"
        if asked.database != "postgres":
            _measure(f"sqlite:///{file}", None if file.exists() else asked.rows)
        if asked.database != "sqlite":
            with _postgres() as url:
                if url:
                    _measure(url, asked.rows)


@contextmanager
def _postgres() -> Iterator[str | None]:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "info"], check=False, capture_output=True).returncode:
        print("\nPostgreSQL: left out, no Docker engine answers `docker info`")
        yield None
        return
    from testcontainers.community.postgres import PostgresContainer

    with PostgresContainer(POSTGRES, driver="psycopg").with_kwargs(shm_size="1g") as container:
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
        places = [tx.execute(_PLACE, {"id": number}).one() for number in numbers]
        labelled = tx.scalars(text("SELECT object_id FROM labels LIMIT 5000")).all()
        objects = rng.sample(labelled, min(ASKED, len(labelled)))
        cones = [Selection(cone=Cone(ra, dec, 1.0)) for ra, dec in places]
        nights = [Selection(filter=name, since=last, until=last + 1.0) for name in many_matches.FILTERS]
        _report("cone of 1°", 50, [lambda s=s: queries.matches(tx, s) for s in cones])
        _report("last night by filter", 100, [lambda s=s: queries.matches(tx, s) for s in nights])
        _report("object page", 20, [lambda o=o: _page(tx, o) for o in objects])


_PLACE = text("SELECT ra, dec FROM matches WHERE id >= :id ORDER BY id LIMIT 1")


def _page(tx: Connection, object_id: str) -> Sequence[Any]:
    """All that is shown of an object; gives its matches."""
    key = ("ztf", object_id)
    found = queries.matches(tx, Selection(objects=(object_id,)))
    queries.light_curve(tx, *key)
    queries.verdicts_of(tx, *key)
    for said in (labels, tags, notes):
        said.of(tx, [key])
    return found


def _report(what: str, wanted: int, questions: list[Callable[[], Sequence[Any]]]) -> None:
    """Each question twice: the first finds the disk, the second what is asked often."""
    questions[0]()  # libraries load
    first, again, found = [], [], []
    for times, repeated in ((first, False), (again, True)):
        for question in questions:
            start = time.perf_counter()
            rows = len(question())
            times.append(1000 * (time.perf_counter() - start))
            found += [] if repeated else [rows]
    print(f"  {what}, {len(questions)} of {statistics.median(found):.0f} matches (at most {max(found)}):")
    for name, times in (("first", first), ("again", again)):
        print(
            f"    {name}: median {statistics.median(times):.1f} ms (wanted {wanted}), worst {max(times):.0f} ms"
        )


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
