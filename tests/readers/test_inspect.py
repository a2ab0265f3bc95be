"""``alertwatch inspect``: what any packet decodes to, and what it says of those that do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from alertwatch.__main__ import main
from alertwatch.alert import Alert
from consumer import readers
from tests.readers.examples import LIGHT_CURVE, RUBIN, STAMP_FIVE, container, packets
from tests.readers.test_containers import SCHEMA, stamps
from tests.support.data import needs_data


def inspect(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["inspect", *map(str, arguments)])


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def messages(tmp_path: Path) -> dict[str, Path]:
    """A file of each kind, and one of no kind."""
    contents = {"ztf_stamp": STAMP_FIVE, "ztf_lc": LIGHT_CURVE, "rubin_stamp": RUBIN, "broken": b"no alert"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in contents}


@needs_data
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_jsonl_holds_the_alert_with_its_light_curve(survey: str) -> None:
    paths = packets(survey)[:5] + packets(survey)[-5:]
    result = inspect("--format", "jsonl", *paths)
    assert (result.exit_code, result.stderr) == (0, "")
    reader = readers.get(f"{survey}_packet")
    expected = [reader.read(part) for path in paths for part in reader.split(path.read_bytes())]
    for row, alert in zip(rows(result), expected, strict=True):
        assert_told(row, alert)


def assert_told(row: dict[str, Any], alert: Alert) -> None:
    assert row["reader"] == alert.stream
    for key in ("survey", "object_id", "alert_id", "mjd", "ra", "dec"):
        assert row[key] == getattr(alert, key)
    own = alert.detection
    assert own is not None
    assert (row["band"], row["mag"]) == (own.band, own.mag)
    for key in ("detections", "non_detections", "forced_photometry"):
        times = [each.mjd for each in getattr(alert, key)]
        assert [each["mjd"] for each in row[key]] == times


def test_the_reader_that_fits_is_found_and_named(messages: dict[str, Path]) -> None:
    for name in ("ztf_stamp", "ztf_lc", "rubin_stamp"):
        [row] = rows(inspect("--format", "jsonl", messages[name]))
        assert row["reader"] == name
        assert f"read as {name}" in inspect(messages[name]).stdout


def test_what_cannot_be_decoded_is_told_and_the_others_are_shown(messages: dict[str, Path]) -> None:
    missing = messages["broken"].with_name("missing")
    result = inspect("--format", "jsonl", messages["broken"], missing, messages["ztf_stamp"])
    assert result.exit_code == 1
    assert [row["object_id"] for row in rows(result)] == ["ZTF26abcdefg"]
    assert f"{messages['broken']}: no reader decodes it" in result.stderr
    assert "ztf_packet: not an Avro container" in result.stderr
    assert f"{missing}: cannot be read: No such file or directory" in result.stderr


def test_a_named_reader_is_the_only_one_that_is_tried(messages: dict[str, Path]) -> None:
    result = inspect("--reader", "ztf_packet", messages["ztf_stamp"])
    assert result.exit_code == 1
    assert "has no field candidate" in result.stderr
    assert "no reader" not in result.stderr


def test_a_reader_that_does_not_exist_is_a_settings_error(messages: dict[str, Path]) -> None:
    result = inspect("--reader", "ztf_stmap", messages["ztf_stamp"])
    assert result.exit_code == 2
    assert "did you mean 'ztf_stamp'" in result.stderr


def test_every_alert_of_a_container_has_its_line_ids_as_text(tmp_path: Path) -> None:
    file = tmp_path / "three.avro"
    file.write_bytes(container(SCHEMA, stamps(3)))
    assert [row["alert_id"] for row in rows(inspect("--format", "jsonl", file))] == ["1", "2", "3"]


def test_one_bad_alert_in_a_container_does_not_hide_the_others(tmp_path: Path) -> None:
    file = tmp_path / "three.avro"
    first, second, third = stamps(3)
    file.write_bytes(container(SCHEMA, [first, {**second, "objectId": "nonsense"}, third]))
    result = inspect("--format", "jsonl", file)
    assert [row["alert_id"] for row in rows(result)] == ["1", "3"]
    assert (result.exit_code, "'nonsense' is not a ZTF object id" in result.stderr) == (1, True)


@needs_data
def test_text_shows_a_person_the_light_curve() -> None:
    path = next(path for path in packets("ztf") if path.name == "2752190655615010016.avro")
    text = inspect(path).stdout
    for words in (
        "ZTF19aaococq",
        "2024-07-15",
        "249.869341 -20.566435",
        "PS1",
        "g = 18.075 ± 0.137 mag",
        "forced",
    ):
        assert words in text


@needs_data
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_text_can_be_made_of_every_packet(survey: str) -> None:
    paths = packets(survey)[::7]
    result = inspect(*paths)
    assert (result.exit_code, result.stderr) == (0, "")
