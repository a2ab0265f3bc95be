"""What was asked, in words; nights by their evenings; and names that are no filter's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import alertwatch
from alertwatch.errors import BadSelection
from alertwatch.query import nights
from alertwatch.query.phrases import in_words
from alertwatch.query.selection import Cone, Selection
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store
from tests.query.test_live import arrive


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "all matches"),
        ({"filter": "young_sn", "min_probability": 0.6}, "young_sn, P ≥ 0.6"),
        ({"class_name": "SN", "survey": "lsst"}, "class SN, Rubin"),
        ({"since": 61114.5, "until": 61115.5}, "2026-03-15 12:00 to 2026-03-16 12:00 UTC"),
        ({"until": 61115.5, "brighter": 18.0}, "brighter than 18 mag, until 2026-03-16 12:00 UTC"),
        ({"cone": Cone(150.1, -2.2, 0.5), "fainter": 17.5}, "fainter than 17.5 mag, within 0.5° of 150.1 -2.2"),
        ({"objects": ("ZTF26a", "ZTF26b")}, "ZTF26a or ZTF26b"),
        ({"objects": tuple(map(str, range(2000))), "label": "SN Ia"}, "2,000 objects, labelled “SN Ia”"),
    ],
)
def test_what_was_asked_can_be_read(asked, words):
    assert in_words(Selection(**asked)) == words


@pytest.mark.parametrize("longitude", [-116.9, -70.7, 0.0, 149.1])
def test_a_night_is_called_after_its_evening_from_noon_to_noon(longitude):
    start, end = nights.night_of(date(2026, 3, 15), longitude)

    assert {nights.evening_of(mjd, longitude) for mjd in (start, start + 0.5, end - 1e-6)} == {
        date(2026, 3, 15)
    }
    assert nights.evening_of(end, longitude) == date(2026, 3, 16)


@pytest.mark.parametrize("ask", [alertwatch.matches, alertwatch.live])
def test_a_filter_that_there_is_not_is_refused_with_those_there_are(tmp_path: Path, ask):
    config = tmp_path / "alertwatch.toml"
    config.write_text('[database]\nurl = "sqlite:///matches.db"\n[filters.young_sn]\n[filters.agn_flare]\n')
    with Store.open(DatabaseSettings(url=f"sqlite:///{tmp_path}/matches.db")) as store:
        arrive(store, "ZTF26a", filter_="removed")

    with pytest.raises(BadSelection, match="'yuong_sn' is not configured; did you mean 'young_sn'"):
        ask("yuong_sn", config=config)
    with pytest.raises(BadSelection, match="known are: agn_flare, young_sn"):
        ask("x", config=config)
    for name in ("young_sn", "removed"):
        found = ask(name, config=config)
        if ask is alertwatch.live:
            found.stop()
