"""Mistakes in a subscription's conditions and hours are told when the settings are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertwatch.errors import SettingsError
from alertwatch.loader import load

SETTINGS = """
[filters.young_sn]
[channels.team]
use = "file"
path = "told.jsonl"
[subscriptions.sn]
filters = ["young_sn"]
channels = ["team"]
{line}
"""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('quiet = "9 to 18"', "quiet is no range of hours; write it like"),
        ('quiet = "09:00-18:00 America/Santigo"', "did you mean America/Santiago?"),
        ('quiet = "09:00-25:00"', "quiet is no range of hours"),
        ('quiet = "09:00-09:00"', "quiet begins and ends at the same time"),
        ('digest_at = "8"', "digest_at is no time of the day"),
        ('where = { cones = ["150 2"] }', "cones number 1 is no circle"),
        ("where = { brighter_than = 18, fainter_than = 19 }", "where can never hold"),
        ("urgent = { min_probability = 80 }", "min_probability"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "alertwatch.toml"
    file.write_text(SETTINGS.format(line=line))
    with pytest.raises(SettingsError) as error:
        load(file)
    assert said in str(error.value)
    assert "line 9: [subscriptions.sn" in str(error.value)


def test_hours_and_conditions_that_make_sense_are_read(tmp_path: Path) -> None:
    file = tmp_path / "alertwatch.toml"
    file.write_text(SETTINGS.format(line='quiet = "22:00-06:00 Europe/Berlin"\nwhere = { classes = ["SN"] }'))
    assert load(file).subscriptions["sn"].where.classes == ("SN",)
