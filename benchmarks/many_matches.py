"""A database of millions of matches, as months of service would have left it: made up, quickly written.

Thirty filters, some far busier than others; objects where ZTF looks, two fifths near the Galactic plane,
with several alerts within weeks; nights that are lost. Every object has a row, one in `LIT` its light
curve, verdicts and labels. Rows are written in the order of time, as the service does, and indexed afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa
from astropy import units
from astropy.coordinates import SkyCoord
from astropy_healpix import HEALPix

from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, healpix, tables

FILTERS = tuple(f"filter_{n:02}" for n in range(30))
CLASSES = ("SN", "AGN", "VS", "asteroid", "bogus")
FIRST_NIGHT, NIGHTS = 60_300, 3 * 365
ALERTS_PER_OBJECT = 3.3
LIT = 200  # one object in so many has a light curve
DETECTIONS, NON_DETECTIONS = 60, 40
BATCH = 50_000

Rows = Iterator[tuple[Any, ...]]


class Sky:
    """Objects in the order in which they first appear."""

    def __init__(self, alerts: int, rng: np.random.Generator) -> None:
        count = max(1, int(alerts / ALERTS_PER_OBJECT))
        self.ra, self.dec = _positions(count, rng)
        fine = HEALPix(nside=2**healpix.LEVEL, order="nested")
        self.healpix = fine.lonlat_to_healpix(self.ra * units.deg, self.dec * units.deg)
        self.class_ = rng.choice(len(CLASSES), count, p=[0.25, 0.2, 0.45, 0.05, 0.05])
        self.mag = rng.uniform(15, 20.5, count)
        self.names = [_name(n, count) for n in range(count)]


def fill(url: str, alerts: int, seed: int = 1) -> Sky:
    """Write so many matches, with their objects, into a new database; says how long it took."""
    Store.open(DatabaseSettings(url=url)).close()  # makes the tables
    start = time.monotonic()
    rng = np.random.default_rng(seed)
    sky = Sky(alerts, rng)
    with _hasty(url) as tx:
        _without_indexes(tx)
        _write(tx, tables.matches, _matches(sky, alerts, rng))
        _write(tx, tables.objects, _objects(sky))
        lit = range(0, len(sky.names), LIT)
        _write(tx, tables.detections, _detections(sky, lit, rng))
        _write(tx, tables.non_detections, _non_detections(sky, lit, rng))
        _write(tx, tables.labels, _labels(sky, lit))
        written = time.monotonic()
        print("  indexes are made", flush=True)
        _with_indexes(tx)
        _judge(tx)
    print(
        f"  {alerts:,} matches of {len(sky.names):,} objects: written in {written - start:.0f} s,"
        f" indexed in {time.monotonic() - written:.0f} s",
        flush=True,
    )
    return sky


def _positions(count: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """ZTF's sky: north of -30°, two fifths within a few degrees of the galactic plane."""
    ra, dec = np.empty(0), np.empty(0)
    while len(ra) < count:
        some = count - len(ra) + 1000
        anywhere = SkyCoord(
            rng.uniform(0, 360, some) * units.deg, np.degrees(np.arcsin(rng.uniform(-1, 1, some))) * units.deg
        )
        latitude = np.clip(rng.laplace(0, 5, some), -90, 90)
        galactic = SkyCoord(l=rng.uniform(0, 360, some) * units.deg, b=latitude * units.deg, frame="galactic")
        plane, near = galactic.icrs, rng.random(some) < 0.4
        new_ra = np.where(near, plane.ra.deg, anywhere.ra.deg)
        new_dec = np.where(near, plane.dec.deg, anywhere.dec.deg)
        seen = new_dec > -30
        ra, dec = np.append(ra, new_ra[seen]), np.append(dec, new_dec[seen])
    return ra[:count], dec[:count]


def _name(number: int, count: int) -> str:
    """``ZTF24aabcdef``: the year of its first alert, letters by its place."""
    letters = []
    year = 24 + 3 * number // count
    for _ in range(7):
        number, letter = divmod(number, 26)
        letters.append(chr(97 + letter))
    return f"ZTF{year}{''.join(reversed(letters))}"


# -- rows, in the order of the tables' columns ---------------------------------------------------------------


def _matches(sky: Sky, alerts: int, rng: np.random.Generator) -> Rows:
    weights = 1 / np.arange(1, len(FILTERS) + 1) ** 0.7
    clear = rng.choice(NIGHTS, NIGHTS * 3 // 4, replace=False)
    clear[0] = NIGHTS - 1  # there was a last night
    nights = np.sort(rng.choice(clear, alerts))
    criteria = [_criteria(rng) for _ in range(1000)]
    for first in range(0, alerts, BATCH):
        if first % (40 * BATCH) == 0:  # it takes minutes
            print(f"  {first:,} of {alerts:,} matches written", flush=True)
        night = nights[first : first + BATCH]
        size = len(night)
        mjd = FIRST_NIGHT + night + np.sort(rng.uniform(0.1, 0.5, size))
        age = rng.exponential(0.02, size)  # of three years: three weeks
        place = (np.arange(first, first + size) / alerts - age) * len(sky.names)
        which = np.abs(place).astype(int) % len(sky.names)  # before the first there were others
        columns = (
            range(first + 1, first + size + 1),
            (FILTERS[n] for n in rng.choice(len(FILTERS), size, p=weights / weights.sum())),
            ("ztf" for _ in range(size)),
            (sky.names[n] for n in which),
            (str(3_000_000_000_000_000_000 + first + n) for n in range(size)),
            ("ztf_stamp" for _ in range(size)),
            mjd.tolist(),
            ("gold" if n else None for n in (rng.random(size) < 0.3).tolist()),
            (criteria[n] for n in rng.integers(0, 1000, size).tolist()),
            ("0123456789abcdef" for _ in range(size)),
            (CLASSES[n] for n in sky.class_[which]),
            ("stamp_classifier" for _ in range(size)),
            rng.uniform(0.5, 1, size).tolist(),
            sky.ra[which].tolist(),
            sky.dec[which].tolist(),
            sky.healpix[which].tolist(),
            ("gr"[n] for n in rng.integers(0, 2, size).tolist()),
            (sky.mag[which] + rng.normal(0, 0.3, size)).tolist(),
            ((mjd - 40_587) * 86_400 + 60).tolist(),
        )
        yield from zip(*columns, strict=True)


def _criteria(rng: np.random.Generator) -> str:
    kinds = (("age", "≤ 5", "d"), ("real, not bogus", "≥ 0.5", None), ("galactic latitude", "> 10", "deg"))
    made = (
        f'{{"name":"{name}","outcome":"pass","value":"{rng.uniform(0, 5):.2f}","threshold":"{threshold}",'
        f'"unit":{f"{chr(34)}{unit}{chr(34)}" if unit else "null"},"required":true,"note":null}}'
        for name, threshold, unit in kinds
    )
    return f"[{','.join(made)}]"


def _objects(sky: Sky) -> Rows:
    for number, name in enumerate(sky.names):
        first = FIRST_NIGHT + NIGHTS * number / len(sky.names)
        where = float(sky.ra[number]), float(sky.dec[number])
        yield ("ztf", name, *where, first, first + 30, 5, first, 5, False, None)


def _detections(sky: Sky, lit: Sequence[int], rng: np.random.Generator) -> Rows:
    for number in lit:
        where = float(sky.ra[number]), float(sky.dec[number])
        mags = rng.uniform(16, 20, DETECTIONS).tolist()
        for n, (mag, mjd) in enumerate(zip(mags, _times(sky, number, DETECTIONS), strict=True)):
            known = (mag, 0.05, True, None, None, mag - 0.1, 0.05, False, 18.0, 0.1, 0.5, 0.9, 0.8, 20.0)
            yield ("ztf", sky.names[number], f"{number}:{n}", mjd, "gr"[n % 2], None, *where, *known)


def _non_detections(sky: Sky, lit: Sequence[int], rng: np.random.Generator) -> Rows:
    for number in lit:
        limits = rng.uniform(19.5, 20.5, NON_DETECTIONS).tolist()
        for n, (limit, mjd) in enumerate(zip(limits, _times(sky, number, NON_DETECTIONS), strict=True)):
            yield ("ztf", sky.names[number], f"{number}:{n}", mjd, "gr"[n % 2], limit, 18.0)


def _times(sky: Sky, number: int, count: int) -> list[float]:
    first = FIRST_NIGHT + NIGHTS * number / len(sky.names)
    return [first + n * 1.5 for n in range(count)]


def _labels(sky: Sky, lit: Sequence[int]) -> Rows:
    for n, number in enumerate(lit):
        said = ("real", "bogus", "SN Ia")[n % 3]
        yield (n + 1, "ztf", sky.names[number], said, None, "ana", "command", 1.7e9 + n)


def _judge(tx: sa.Connection) -> None:
    """Verdicts of the objects that have labels: what matched, and another filter that said no."""
    of_lit = "FROM matches m WHERE m.object_id IN (SELECT object_id FROM labels)"
    same = "m.survey, m.object_id, m.alert_id, m.stream, m.mjd"
    columns = "filter, survey, object_id, alert_id, stream, mjd, criteria, parameters_hash, result, judged_at"
    for name, result in (("m.filter", "match"), ("'strict'", "no_match")):
        rows = f"SELECT {name}, {same}, m.criteria, m.parameters_hash, '{result}', m.matched_at {of_lit}"
        tx.execute(sa.text(f"INSERT INTO verdicts ({columns}) {rows} ON CONFLICT DO NOTHING"))


# -- writing -------------------------------------------------------------------------------------------------


@contextmanager
def _hasty(url: str) -> Iterator[sa.Connection]:
    """A transaction that nothing could undo: this database is new, and made again if need be."""
    engine = sa.create_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        sqlite = connection.dialect.name == "sqlite"
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000") if sqlite else ():
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        connection.exec_driver_sql("BEGIN")
        yield connection
        connection.exec_driver_sql("COMMIT")
        if not sqlite:  # what a running server does by itself
            connection.exec_driver_sql("VACUUM (ANALYZE, PARALLEL 0)")
    engine.dispose()


def _write(tx: sa.Connection, table: sa.Table, rows: Rows) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    raw: Any = tx.connection.driver_connection
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql(f"TRUNCATE {table.name}")  # in this transaction: then nothing is logged
        with raw.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN WITH (FREEZE)") as copy:
            while some := list(islice(rows, BATCH)):
                copy.write("".join(map(_line, some)))
        if "id" in table.columns:
            tx.execute(sa.text(f"SELECT setval('{table.name}_id_seq', (SELECT max(id) FROM {table.name}))"))
        return
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})"
    while some := list(islice(rows, BATCH)):
        raw.executemany(statement, some)


def _line(row: tuple[Any, ...]) -> str:
    """A row for COPY: nothing in it needs to be escaped, which the driver would look for."""
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


def _without_indexes(tx: sa.Connection) -> None:
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql("ALTER TABLE matches DROP CONSTRAINT uq_matches_filter_survey_object_id_alert_id")
        tx.exec_driver_sql("SET LOCAL maintenance_work_mem = '1GB'")
        tx.exec_driver_sql("SET LOCAL max_parallel_maintenance_workers = 0")
    for index in tables.matches.indexes:
        index.drop(tx)


def _with_indexes(tx: sa.Connection) -> None:
    for index in sorted(tables.matches.indexes, key=lambda index: str(index.name)):
        index.create(tx)
    if tx.dialect.name == "postgresql":
        unique = next(c for c in tables.matches.constraints if isinstance(c, sa.UniqueConstraint))
        columns = ", ".join(column.name for column in unique.columns)
        tx.exec_driver_sql(f"ALTER TABLE matches ADD CONSTRAINT {unique.name} UNIQUE ({columns})")
