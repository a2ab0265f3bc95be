"""What `import alertwatch` gives: tables with the right columns, types and units, and ids to the last digit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.io import votable
from astropy.table import QTable
from astropy.time import Time

import alertwatch
from alertwatch.alert import Cutouts, Detection
from alertwatch.errors import BadSelection
from alertwatch.filter import Criterion, Judged, Outcome, Result
from alertwatch.query import asked, fields, files
from alertwatch.store import Store, labels, notes, tags, verdicts
from alertwatch.store.labels import Label
from alertwatch.store.notes import Note
from tests.plots import fits_images
from tests.store.examples import BIG_ID, a_verdict, an_alert, judged

RUBIN = "9007199254740993"  # 2**53 + 1: as a float it would end in …992


@pytest.fixture
def stored(store: Store) -> Store:
    """A Rubin match, a ZTF match of unknown time and place with a label, and a verdict without criteria."""
    bare = an_alert("ZTF26bare", mjd=None, ra=None, dec=None, classifications=(), detections=())
    image = fits_images.image(fits_images.star())
    seen = an_alert(RUBIN, survey="lsst", stream="rubin_stamp")
    said = {"label": "SN Ia", "by": "ana", "via": "command", "added_at": 2.0}
    with store.write() as tx:
        verdicts.save(
            tx,
            [
                Judged(seen, (a_verdict(grade="gold"),), Cutouts(science=image, difference=b"broken")),
                judged(bare, a_verdict(criteria=()), a_verdict("agn_flare", Result.UNKNOWN)),
            ],
            now=1.7e9,
        )
        labels.add(tx, Label(survey="ztf", object_id="ZTF26bare", **said))
        labels.add(tx, Label(survey="ztf", object_id="ZTF26bare", **{**said, "by": "ben", "label": "bogus"}))
        tags.add(tx, ("ztf", "ZTF26bare"), ["VLT", "paper 2"], "ana", 2.0)
        notes.add(tx, Note(survey="ztf", object_id="ZTF26bare", text="broad lines", by="ana", added_at=2.0))
    return store


@pytest.fixture
def where(stored: Store, database_url: str) -> dict[str, Any]:
    return {"database": database_url}


def test_matches_are_a_frame_with_typed_columns(where: dict[str, Any]) -> None:
    found = alertwatch.matches(**where)

    assert list(found.columns) == [field.name for field in fields.MATCHES]
    first = found.iloc[0]
    assert (first.object_id, first.alert_id, first.survey) == (RUBIN, BIG_ID, "lsst")
    assert (first["filter"], first.grade, first.class_name, first.probability) == (
        "young_sn",
        "gold",
        "SN",
        0.8,
    )
    assert first.utc == pd.Timestamp("2023-02-25T06:00:00Z")
    assert first.matched_at == pd.Timestamp("2023-11-14T22:13:20Z")
    assert found.attrs["units"] == {"mjd": "d", "ra": "deg", "dec": "deg", "mag": "mag"}


def test_what_is_not_known_is_missing_in_every_type(where: dict[str, Any]) -> None:
    bare = alertwatch.matches(objects="ZTF26bare", **where).iloc[0]

    assert bare[["mjd", "utc", "ra", "dec", "mag", "band", "class_name", "grade"]].isna().all()


def test_what_people_said_is_shown_with_the_match(where: dict[str, Any]) -> None:
    bare, seen = (alertwatch.matches(objects=one, **where).iloc[0] for one in ("ZTF26bare", RUBIN))

    assert (bare.labels, bare.tags, bare.notes) == ("SN Ia; bogus", "VLT; paper 2", "broad lines (ana)")
    assert seen[["labels", "tags", "notes"]].isna().all()
    assert alertwatch.matches(tag="vlt", **where)["object_id"].tolist() == ["ZTF26bare"]


def test_a_long_answer_is_the_same_as_its_parts(where: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = alertwatch.matches(**where)
    monkeypatch.setattr(asked, "AT_ONCE", 1)
    parts = alertwatch.matches(**where)

    pd.testing.assert_frame_equal(parts, whole)
    assert parts.attrs == whole.attrs


@pytest.mark.parametrize("form", ["ascii.ecsv", "fits", "parquet"])
@pytest.mark.parametrize("ask", ["matches", "light_curve"])
def test_an_astropy_table_is_written_and_read_again(
    where: dict[str, Any], tmp_path: Path, ask: str, form: str
) -> None:
    found = getattr(alertwatch, ask)(**({} if ask == "matches" else {"object_id": RUBIN}), table=True, **where)

    found.write(tmp_path / "found", format=form)

    native = {"astropy_native": True} if form == "fits" else {}  # else FITS gives times as pairs of numbers
    again = QTable.read(tmp_path / "found", format=form, **native)
    assert [str(one) for one in again["object_id"]] == [str(one) for one in found["object_id"]]
    assert (again["mag"].unit, again["ra"].unit, again["mjd"].unit) == (u.mag, u.deg, u.d)
    assert isinstance(again["utc"], Time)


@pytest.mark.parametrize(("ask", "what"), [("matches", "young_sn"), ("light_curve", RUBIN), ("explain", RUBIN)])
def test_an_empty_answer_has_the_same_columns_and_types(where: dict[str, Any], ask: str, what: str) -> None:
    question = getattr(alertwatch, ask)
    some, none = question(what, **where), question("none", **where)

    assert (some.empty, none.empty) == (False, True)
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    assert none.attrs == some.attrs


@pytest.mark.parametrize(("ask", "what"), [("matches", "young_sn"), ("light_curve", RUBIN), ("explain", RUBIN)])
def test_an_empty_table_has_the_same_units(where: dict[str, Any], ask: str, what: str) -> None:
    question = getattr(alertwatch, ask)
    some, none = question(what, table=True, **where), question("none", table=True, **where)

    units_of = [{name: getattr(found[name], "unit", None) for name in found.colnames} for found in (some, none)]
    assert (len(none), units_of[1]) == (0, units_of[0])


def test_an_astropy_table_has_quantities_and_times(where: dict[str, Any]) -> None:
    found = alertwatch.matches(table=True, **where)

    assert isinstance(found, QTable)
    assert found["mag"][0] == 18.5 * u.mag
    assert found["ra"][0] == 150 * u.deg
    assert isinstance(found["utc"], Time)
    assert float(found["utc"][0].mjd) == pytest.approx(60000.25)
    assert found["object_id"][0] == RUBIN
    assert bool(found["utc"].mask[1])
    assert np.isnan(found["mag"][1])


def test_a_light_curve_is_one_frame_by_time(where: dict[str, Any]) -> None:
    found = alertwatch.light_curve(int(RUBIN), **where)

    assert found["kind"].tolist() == ["non_detection", "forced", "detection", "detection"]
    assert found["mjd"].is_monotonic_increasing
    assert found["limit"].dropna().tolist() == [20.5]
    assert found["flux"].dropna().tolist() == [120.0]
    assert found["mag"].dropna().tolist() == [19.5, 18.5]
    assert found["alert_id"].dropna().tolist() == ["earlier", BIG_ID]
    assert alertwatch.light_curve(RUBIN, table=True, **where)["flux"].unit == u.nJy


def test_every_measured_column_of_a_detection_comes_through() -> None:
    names = {field.name for field in fields.LIGHT_CURVE}
    assert set(Detection.__struct_fields__) <= names


def test_reasons_are_a_frame_of_criteria(where: dict[str, Any]) -> None:
    (row,) = alertwatch.explain(RUBIN, **where).to_dict("records")

    assert (row["filter"], row["result"], row["criterion"], row["outcome"]) == (
        "young_sn",
        "match",
        "age",
        "pass",
    )
    assert (row["value"], row["threshold"], row["unit"], row["required"]) == ("1.0", "≤ 5", "d", True)
    rows = alertwatch.explain("ZTF26bare", **where).set_index("filter")
    assert rows.loc["young_sn", "criterion"] is pd.NA
    assert rows.loc["agn_flare", ["result", "criterion"]].tolist() == ["unknown", "age"]


def test_criteria_have_a_column_for_everything_that_they_say() -> None:
    says = {"criterion" if name == "name" else name for name in Criterion.__struct_fields__}
    assert says <= {field.name for field in fields.CRITERIA}
    assert "unknown" in {str(outcome) for outcome in Outcome}


def test_cutouts_are_arrays_and_a_picture(where: dict[str, Any]) -> None:
    images = alertwatch.cutouts(RUBIN, **where)

    assert images is not None
    assert images.science is not None
    assert (images.alert_id, images.science.shape) == (BIG_ID, (63, 63))
    assert images.template is images.difference is None
    assert "science 63×63, template not available, difference not available" in repr(images)
    png = images._repr_png_()
    assert png is not None
    assert png.startswith(b"\x89PNG")
    assert alertwatch.cutouts(RUBIN, alert_id=BIG_ID, **where) is not None


def test_cutouts_that_are_not_stored_are_none(where: dict[str, Any]) -> None:
    assert alertwatch.cutouts("ZTF26bare", **where) is None
    assert alertwatch.cutouts(RUBIN, alert_id="7", **where) is None
    assert alertwatch.cutouts(RUBIN, survey="ztf", **where) is None


def test_an_id_that_became_a_float_is_refused_rather_than_not_found(where: dict[str, Any]) -> None:
    with pytest.raises(BadSelection, match="lost digits; keep ids as text"):
        alertwatch.light_curve(float(RUBIN), **where)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [({"object_id": " "}, "no id"), ({"object_id": RUBIN, "survey": "des"}, "survey: 'des' is no survey")],
)
def test_what_can_be_no_object_is_said(where: dict[str, Any], ask: dict[str, str], sentence: str) -> None:
    for question in (alertwatch.light_curve, alertwatch.explain, alertwatch.cutouts):
        with pytest.raises(BadSelection, match=sentence):
            question(**ask, **where)  # type: ignore[operator]


@pytest.mark.parametrize("ask", ["some", "none"])
def test_files_keep_ids_types_and_units(where: dict[str, Any], ask: str) -> None:
    found = alertwatch.matches(None if ask == "some" else "no_such", **where)

    parquet, xml = io.BytesIO(), io.BytesIO()
    files.write_parquet([found], parquet)
    files.write_votable(found, fields.MATCHES, xml)

    again = pd.read_parquet(io.BytesIO(parquet.getvalue()))
    pd.testing.assert_frame_equal(again, found)
    assert again.attrs["units"]["mag"] == "mag"
    table = QTable.read(io.BytesIO(xml.getvalue()), format="votable")
    assert [str(one) for one in table["alert_id"]] == found["alert_id"].tolist()
    assert [str(one) for one in table["object_id"]] == found["object_id"].tolist()
    assert (table["mag"].unit, table["ra"].unit, table["mjd"].unit) == (u.mag, u.deg, u.d)


def test_times_of_a_votable_are_what_the_standard_calls_timestamps(where: dict[str, Any]) -> None:
    out = io.BytesIO()
    files.write_votable(alertwatch.matches(**where), fields.MATCHES, out)

    columns = {
        column.name: column for column in votable.parse(io.BytesIO(out.getvalue())).get_first_table().fields
    }
    assert [(columns[name].datatype, columns[name].xtype) for name in ("utc", "matched_at")] == [
        ("char", "timestamp")
    ] * 2
    assert {columns[name].arraysize for name in ("band", "object_id", "utc")} == {"*"}


def test_light_curves_and_reasons_can_be_written_too(where: dict[str, Any]) -> None:
    for found, columns in (
        (alertwatch.light_curve(RUBIN, **where), fields.LIGHT_CURVE),
        (alertwatch.explain(RUBIN, **where), fields.CRITERIA),
    ):
        out = io.BytesIO()
        files.write_votable(found, columns, out)
        assert len(QTable.read(io.BytesIO(out.getvalue()), format="votable")) == len(found)
        files.write_parquet([found], io.BytesIO())


def test_asking_for_something_else_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such'"):
        alertwatch.no_such  # noqa: B018 - the access is what is tested
    assert {"matches", "light_curve", "explain", "cutouts", "live"} <= set(dir(alertwatch))
