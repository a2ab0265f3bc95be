"""How a person says which matches: read the same way from Python and the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.coordinates import Angle, SkyCoord
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from alertwatch import times
from alertwatch.errors import BadSelection
from alertwatch.query import nights, words
from alertwatch.query.selection import Cone, Order, Selection

PACHON = -70.7494  # local noon is at 16:43 UTC


def mjd(text: str) -> float:
    return times.from_datetime(datetime.fromisoformat(text).replace(tzinfo=UTC))


def said(now: str = "2026-03-15T14:00", **given: Any) -> Selection:
    return words.selection(longitude=PACHON, now=mjd(now), **given)


@pytest.mark.parametrize(
    "value",
    [
        61114.5,
        "61114.5",
        "2026-03-15T12:00",
        "2026-03-15 12:00:00Z",
        "2026-03-15T13:00+01:00",
        datetime(2026, 3, 15, 12),  # noqa: DTZ001 - naive means UTC
        datetime(2026, 3, 15, 12, tzinfo=UTC),
        Time(61114.5, format="mjd"),
        "2h",
        timedelta(hours=2),
        np.datetime64("2026-03-15T12:00"),
        np.timedelta64(120, "m"),
        np.float64(61114.5),
        pd.Timestamp("2026-03-15 09:00", tz="America/Santiago"),
        datetime(2026, 3, 15, 9, tzinfo=ZoneInfo("America/Santiago")),
        Time("2026-03-15T12:00:37", scale="tai"),
    ],
)
def test_a_time_may_be_written_in_many_ways(value: Any) -> None:
    assert said(since=value).since == pytest.approx(61114.5, abs=1e-9)


def test_a_date_is_its_first_moment() -> None:
    assert said(since=date(2026, 3, 15)).since == said(since="2026-03-15").since == 61114.0


@pytest.mark.parametrize(
    ("now", "evening"),
    [
        ("2026-03-15T10:00", "2026-03-13"),  # 05:17 on the mountain: still observing, the night before counts
        ("2026-03-15T14:00", "2026-03-14"),  # 09:17: breakfast
        ("2026-03-15T20:00", "2026-03-14"),  # 15:17: afternoon
        ("2026-03-16T03:00", "2026-03-14"),  # 22:17: the next night has begun
    ],
)
def test_last_night_is_the_one_whose_morning_has_come(now: str, evening: str) -> None:
    found = said(now, night="last night")
    assert (found.since, found.until) == nights.night_of(date.fromisoformat(evening), PACHON)
    assert said(now, since="last night").since == found.since
    assert said(now, until="last night").until == found.until


def test_tonight_is_the_night_around_this_moment() -> None:
    found = said("2026-03-16T03:00", night="tonight")
    assert times.to_datetime(found.since or 0).isoformat(timespec="minutes") == "2026-03-15T16:42+00:00"
    assert found == said(night="2026-03-15")


@given(st.floats(50_000, 70_000), st.floats(-180, 180))
def test_tonight_holds_now_and_last_night_is_it_or_the_one_before(now: float, longitude: float) -> None:
    start, end = nights.tonight(now, longitude)
    last, _ = nights.last_night(now, longitude)
    assert start <= now < end
    assert end - start == 1
    assert start - last == pytest.approx(0, abs=1e-6) or start - last == pytest.approx(1, abs=1e-6)


def test_a_circle_may_be_written_in_many_ways() -> None:
    circle = Cone(150.0, 2.0, 0.5)
    place = SkyCoord(150 * u.deg, 2 * u.deg)
    assert said(cone="150 2 30'").cone == said(cone=(150, 2, 0.5)).cone == circle
    assert said(cone=(150 * u.deg, 2 * u.deg, 30 * u.arcmin)).cone == circle
    assert said(cone=(place, Angle("30m"))).cone == pytest.approx(circle)


@pytest.mark.parametrize(
    "content",
    [
        "ZTF26aaa\n\n# my favourite\n  313853517906477001 \nZTF26aaa\n",
        "name,oid,z\nx,ZTF26aaa,0.1\ny,313853517906477001,0.2\n",
        '\ufeffobject_id\n"ZTF26aaa"\n313853517906477001\n',
    ],
)
def test_objects_come_from_a_list_or_a_table_in_a_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "objects.txt"
    file.write_text(content)
    assert said(objects=file).objects == ("ZTF26aaa", "313853517906477001")


def test_objects_come_from_a_list_or_from_text() -> None:
    wanted = ("ZTF26aaa", "313853517906477001")
    assert said(objects="ZTF26aaa, 313853517906477001").objects == wanted
    assert said(objects=["ZTF26aaa", 313853517906477001]).objects == wanted


def test_a_single_number_is_an_id() -> None:
    assert said(objects=313853517906477001).objects == ("313853517906477001",)


def test_a_night_may_be_a_day_of_pandas() -> None:
    assert said(night=pd.Timestamp("2026-03-14")) == said(night="2026-03-14")


@pytest.mark.parametrize("magnitude", [18.5, "18.5", np.float32(18.5), 18.5 * u.mag, 18.5 * u.ABmag])
def test_a_magnitude_may_have_its_unit(magnitude: Any) -> None:
    assert said(brighter=magnitude).brighter == 18.5


def test_the_rest_is_taken_as_it_is() -> None:
    found = said(filter="a", class_name="SN", min_probability="0.5", brighter=19, order="oldest", limit=3)
    assert found == Selection(
        filter="a", class_name="SN", min_probability=0.5, brighter=19.0, order=Order.OLDEST, limit=3
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"since": "yesterday"}, "since: 'yesterday' is no time; give"),
        ({"since": True}, "since: True is no time"),
        ({"night": "sometime"}, "night: 'sometime' is no night; give"),
        ({"night": "last", "since": 1}, "night: a night has its own beginning and end"),
        ({"cone": "150 2"}, "cone: '150 2' is no circle"),
        ({"cone": (150, 2)}, "cone: (150, 2) is no circle"),
        ({"cone": (150, 92, 1)}, "is not on the sky"),
        ({"cone": (150, 2, float("nan"))}, "is not on the sky"),
        ({"moc": "3/1-"}, "is no MOC"),
        ({"moc": "missing.fits"}, "moc: 'missing.fits' No such file"),
        ({"objects": [3.13853517906477e17]}, "an id that has become a number and lost digits"),
        ({"objects": 3.13853517906477e17}, "an id that has become a number and lost digits"),
        ({"objects": Path("missing.txt")}, "objects: 'missing.txt' No such file"),
        ({"min_probability": 50}, "min_probability: 50 is no probability"),
        ({"survey": "atlas"}, "survey: 'atlas' is no survey"),
        ({"order": "best"}, "order: 'best' is no order; they are newest, oldest, brightest, probability"),
        ({"limit": 0}, "limit: 0 is too few"),
        ({"since": float("nan")}, "since: nan is no time"),
        ({"brighter": "faint"}, "brighter: 'faint' is no number"),
        ({"fainter": float("inf")}, "fainter: inf is no number"),
        ({"fainter": 18 * u.deg}, "is no AB magnitude"),
        ({"since": pd.NaT}, "since: NaT is no time"),
        ({"since": 2461114.5}, "a JD minus 2400000.5 is an MJD"),
        ({"since": "2461114.5"}, "a JD minus 2400000.5 is an MJD"),
        ({"since": -1e9}, "since: -1000000000.0 is earlier than any alert"),
        ({"since": "999999999999d"}, "is earlier than any alert"),
        ({"limit": 2.5}, "limit: 2.5 is no whole number"),
        ({"limit": "many"}, "limit: 'many' is no number"),
        ({"objects": [pd.NA]}, "an id that is not known"),
        ({"objects": pd.DataFrame({"object_id": ["ZTF26aaa"]})}, 'give its column of ids: table["object_id"]'),
        ({"filter": ["young_sn"]}, "filter: ['young_sn'] is no name"),
        ({"class_name": 3}, "class_name: 3 is no name"),
        ({"label": " "}, "label: ' ' is no name"),
        ({"moc": 3}, "moc: 3 is no MOC"),
    ],
)
def test_what_cannot_be_understood_is_named(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadSelection) as caught:
        said(**given)
    assert sentence in str(caught.value)
