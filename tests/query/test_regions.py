"""Cones and MOCs find what astropy finds, where the sky is awkward; and how SQLite finds it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy_healpix import HEALPix
from sqlalchemy import event

from alertwatch.query.moc import parse
from alertwatch.query.selection import Cone, Order, Selection
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store, queries, selected, verdicts
from tests.store.examples import an_alert, judged

Place = tuple[float, float]
MIDDLES = ((0.0, 0.0), (359.999, -41.8), (123.0, 90.0), (0.0, -90.0), (45.0, 41.8103), (266.4, -28.9))
RADII = (0.02, 1.0, 7.0, 100.0)


@pytest.fixture
def clumps(store: Store) -> tuple[Store, list[Place]]:
    """Matches around the poles, the meridian, and the places where HEALPix faces meet; and everywhere."""
    dice = random.Random(3)
    places = [(dice.uniform(0, 360), dice.uniform(-90, 90)) for _ in range(100)]
    for ra, dec in MIDDLES:
        for size in RADII[:3] * 15:
            near = dec + dice.uniform(-1, 1) * size
            wide = 360 if abs(dec) == 90 else size
            places.append(((ra + dice.uniform(-1, 1) * wide) % 360, max(-180 - near, min(180 - near, near))))
    with store.write() as tx:
        alerts = [an_alert(str(n), str(n), ra=ra, dec=dec) for n, (ra, dec) in enumerate(places)]
        verdicts.save(tx, [judged(alert) for alert in alerts], now=1.0)
    return store, places


def found(store: Store, wanted: Selection) -> set[int]:
    with store.read() as tx:
        return {int(match.object_id) for match in queries.matches(tx, wanted)}


def test_a_cone_finds_what_astropy_finds(clumps: tuple[Store, list[Place]]) -> None:
    store, places = clumps
    sky = SkyCoord(places, unit="deg")
    for middle in MIDDLES:
        distances = sky.separation(SkyCoord(*middle, unit="deg")).deg
        for radius in RADII:
            expected = {n for n, distance in enumerate(distances) if distance <= radius}
            assert found(store, Selection(cone=Cone(*middle, radius))) == expected


@pytest.mark.parametrize("order", [0, 3, 6])
def test_a_moc_finds_what_astropy_finds(clumps: tuple[Store, list[Place]], order: int) -> None:
    store, places = clumps
    grid = HEALPix(nside=2**order, order="nested")
    pixels = [int(grid.lonlat_to_healpix(ra * u.deg, dec * u.deg)) for ra, dec in places]
    cells = sorted(set(pixels))[::2]
    moc = parse(f"{order}/{','.join(map(str, cells))}")
    assert found(store, Selection(moc=moc)) == {n for n, pixel in enumerate(pixels) if pixel in set(cells)}


CONE, WIDE = Cone(10.0, 20.0, 1.0), Cone(10.0, 20.0, 30.0)
NIGHT = {"since": 61000.0, "until": 61001.0}
SKY, OBJECT, CLASS = "ix_matches_sky", "ix_matches_object_id_mjd", "ix_matches_class_name_mjd"


def plan_of(url: str, wanted: Selection) -> list[str]:
    """How SQLite answers, in its words; in a database without statistics."""
    asked: list[tuple[str, Any]] = []
    with Store.open(DatabaseSettings(url=url)) as store, store.read() as tx:
        event.listen(
            tx, "before_cursor_execute", lambda _1, _2, sql, values, _3, _4: asked.append((sql, values))
        )
        queries.matches(tx, wanted)
        sql, values = next(one for one in asked if "ORDER BY" in one[0])
        rows: Sequence[Any] = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
        return [row[3] for row in rows]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Selection(cone=CONE), f"COVERING INDEX {SKY}"),
        (Selection(cone=WIDE), f"COVERING INDEX {SKY}"),
        (Selection(cone=WIDE, filter="f", order=Order.OLDEST), f"COVERING INDEX {SKY}"),
        (Selection(cone=CONE, filter="f", class_name="SN", **NIGHT), f"COVERING INDEX {SKY}"),
        (Selection(cone=WIDE, filter="f", **NIGHT), "ix_matches_filter_mjd"),
        (Selection(cone=WIDE, **NIGHT), "ix_matches_mjd"),
        (Selection(filter="f", **NIGHT), "ix_matches_filter_mjd (filter=? AND mjd>? AND mjd<?)"),
        (Selection(filter="f", objects=("a", "b")), OBJECT),
        (Selection(objects=("a", "b"), limit=1), OBJECT),
        (Selection(label="SN Ia", limit=1), OBJECT),
        (Selection(label="SN Ia", filter="f", **NIGHT), OBJECT),
        (Selection(class_name="SN", filter="f"), CLASS),
        (Selection(numbers=(1, 2), filter="f"), "INTEGER PRIMARY KEY"),
    ],
)
def test_sqlite_looks_where_there_is_least(sqlite_url: str, wanted: Selection, index: str) -> None:
    plan = plan_of(sqlite_url, wanted)
    assert any(index in line for line in plan)
    assert not any(line.startswith("SCAN matches") for line in plan)


@pytest.mark.parametrize("wanted", [Selection(limit=9), Selection(class_name="SN", limit=9)])
def test_the_newest_of_many_are_not_found_by_sorting(
    sqlite_url: str, wanted: Selection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selected, "_FEW", 0)
    plan = plan_of(sqlite_url, wanted)
    assert any("USING INDEX ix_matches_mjd" in line for line in plan)
    assert not any("TEMP B-TREE" in line for line in plan)
