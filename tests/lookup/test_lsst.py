from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alertwatch import times
from alertwatch.alert import Alert, Classification, Part, Survey
from alertwatch.errors import BadAnswer, NotReadyYet
from consumer.lookup.http import ApiClient
from consumer.lookup.lsst import LsstLookup
from tests.lookup.conftest import Clock
from tests.lookup.fake_api import FakeApi, Reply

OID, SOURCE, TAI = "313853499251916961", "170032915988086813", 61000.25
CURVE, OBJECT = "/lightcurve_api/lightcurve", "/object_api/object"
NEEDS = frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS, Part.CROSSMATCHES})

OPINION = Classification(
    classifier="stamp_classifier_rubin_beta", version="2.0.2", probabilities={"SN": 0.9, "AGN": 0.1}
)
STAMP = Alert(
    survey=Survey.LSST,
    stream="rubin_stamp",
    object_id=OID,
    alert_id=SOURCE,
    mjd=times.from_tai(TAI),
    received=times.from_tai(TAI) + 0.01,
    ra=150.1,
    dec=-20.2,
    classifications=(OPINION,),
    parts=frozenset({Part.CLASSIFICATIONS}),
)


def source(mjd: float = TAI, measurement_id: int = int(SOURCE), **fields: Any) -> dict[str, Any]:
    return {
        "oid": int(OID),
        "survey_id": "lsst",
        "measurement_id": measurement_id,
        "diaObjectId": int(OID),
        "mjd": mjd,
        "ra": 150.1001,
        "dec": -20.2001,
        "band": 2,
        "band_map": {"6": "u", "1": "g", "2": "r", "3": "i", "4": "z", "5": "y"},
        "psfFlux": 3000.0,
        "psfFluxErr": 100.0,
        "scienceFlux": 0.0,
        "scienceFluxErr": 0.0,
        "isNegative": False,
        "reliability": 0.93,
        "snr": 30.0,
        **fields,
    }


def forced(mjd: float) -> dict[str, Any]:
    row = source(mjd, 9, psfFlux=-20.0)
    return {key: row[key] for key in ("oid", "measurement_id", "mjd", "band", "psfFlux", "psfFluxErr")}


def curve(*detections: dict[str, Any], forced_photometry: tuple[dict[str, Any], ...] = ()) -> Reply:
    return Reply(
        {"detections": list(detections), "non_detections": [], "forced_photometry": list(forced_photometry)}
    )


def dia_object(**fields: Any) -> Reply:
    return Reply(
        {
            "oid": int(OID),
            "meanra": 150.1,
            "meandec": -20.2,
            "firstmjd": TAI - 1,
            "lastmjd": TAI,
            "n_det": 2,
            "firstDiaSourceMjdTai": TAI - 2,
            "nDiaSources": 3,
            **fields,
        }
    )


@pytest.fixture
def lookup(client: Callable[..., ApiClient], clock: Clock) -> LsstLookup:
    return LsstLookup(client(), clock)


def test_a_rubin_alert_is_completed_in_two_requests(lookup: LsstLookup, api: FakeApi) -> None:
    api.script(CURVE, curve(source(), source(TAI - 1, 17, band=6), forced_photometry=(forced(TAI - 0.5),)))
    api.script(OBJECT, dia_object())
    alert = lookup.complete(STAMP, NEEDS)
    assert api.requests == [
        (CURVE, {"oid": OID, "survey_id": "lsst"}),
        (OBJECT, {"oid": OID, "survey_id": "lsst", "return_survey_extra": "true"}),
    ]
    assert [d.band for d in alert.detections] == ["u", "r"]
    own = alert.detection
    assert own is not None
    assert own.mjd == pytest.approx(STAMP.mjd), "TAI is UTC plus 37 s"
    assert own.mag == pytest.approx(31.4 - 2.5 * 3.4771212547)
    assert (own.real_bogus, own.snr, own.positive) == (0.93, 30.0, True)
    assert own.mag_corr is None, "0 ± 0 is how the API writes an absent flux"
    assert alert.forced_photometry[0].flux == -20.0
    assert alert.summary.first_mjd == pytest.approx(times.from_tai(TAI - 2))  # type: ignore[union-attr]
    assert alert.classification == OPINION


def test_parts_that_nobody_has_of_rubin_stay_unknown_and_are_not_waited_for(
    lookup: LsstLookup, api: FakeApi
) -> None:
    api.script(CURVE, curve(source()))
    api.script(OBJECT, dia_object())
    assert not lookup.complete(STAMP, NEEDS).parts & {Part.NON_DETECTIONS, Part.CROSSMATCHES}


def test_an_unknown_object_has_an_empty_light_curve_and_is_not_ready(lookup: LsstLookup, api: FakeApi) -> None:
    api.script(CURVE, curve())
    with pytest.raises(NotReadyYet, match=f"do not hold {SOURCE} yet"):
        lookup.complete(STAMP, NEEDS)
    assert api.paths() == [CURVE], "an object without a light curve is not worth a request that ends in 500"


def test_the_500_of_an_unknown_object_is_not_ready_and_not_a_failure_of_the_api(
    lookup: LsstLookup, api: FakeApi
) -> None:
    api.script(CURVE, curve(source()))
    api.script(OBJECT, Reply({"detail": "An error occurred"}, 500))
    for _ in range(20):
        with pytest.raises(NotReadyYet, match="does not know"):
            lookup.complete(STAMP, NEEDS)
    assert lookup.down_for() == 0


def test_later_sources_are_cut_off(lookup: LsstLookup, api: FakeApi) -> None:
    api.script(CURVE, curve(source(TAI + 1, 99), source(), forced_photometry=(forced(TAI + 1),)))
    api.script(OBJECT, dia_object(lastmjd=TAI + 1))
    alert = lookup.complete(STAMP, NEEDS)
    assert [d.alert_id for d in alert.detections] == [SOURCE]
    assert alert.forced_photometry == ()
    assert alert.summary.n_det == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("row", [{"mjd": TAI}, source(band=7), source(psfFlux="bright"), None])
def test_a_malformed_row_is_a_bad_answer(row: Any, lookup: LsstLookup, api: FakeApi) -> None:
    api.script(CURVE, curve(row))
    with pytest.raises(BadAnswer, match=f"light curve of {OID} cannot be read"):
        lookup.complete(STAMP, NEEDS)


def test_opinions_are_looked_up_where_the_message_has_none(lookup: LsstLookup, api: FakeApi) -> None:
    row = {
        "classifier_name": "stamp_classifier_rubin_beta",
        "classifier_version": 202,
        "class_name": "SN",
        "probability": 0.9,
        "ranking": 1,
    }
    api.script("/probability_api/probability", Reply([row]))
    bare = Alert(survey="lsst", stream="lsst_packet", object_id=OID, alert_id=SOURCE, mjd=STAMP.mjd)
    (opinion,) = lookup.complete(bare, frozenset({Part.CLASSIFICATIONS})).classifications
    assert (opinion.version, opinion.best) == ("202", "SN")
