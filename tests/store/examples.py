"""Small values that the tests of the store put into it."""

from __future__ import annotations

from typing import Any

from alertwatch.alert import Alert, Classification, Detection, ForcedPhotometry, NonDetection, ObjectSummary
from alertwatch.filter import Criterion, Judged, Outcome, Result, Verdict
from alertwatch.store.candidates import NewCandidate

BIG_ID = "9223372036854775807"  # the largest int64: as a float it would end in …808


def an_alert(object_id: str = "ZTF21aaaaaaa", alert_id: str = BIG_ID, **other: Any) -> Alert:
    values: dict[str, Any] = {
        "survey": "ztf",
        "stream": "ztf_stamp",
        "mjd": 60000.25,
        "ra": 150.0,
        "dec": 2.0,
        "classifications": (
            Classification(classifier="stamp_classifier", probabilities={"AGN": 0.2, "SN": 0.8}),
        ),
        "detections": (
            Detection(mjd=59999.25, band="r", alert_id="earlier", mag=19.5),
            Detection(mjd=60000.25, band="g", alert_id=alert_id, mag=18.5),
        ),
        "non_detections": (NonDetection(mjd=59990.0, band="g", limit=20.5),),
        "forced_photometry": (ForcedPhotometry(mjd=59990.0, band="g", flux=120.0),),
        "summary": ObjectSummary(first_mjd=59999.25, last_mjd=60000.25, n_det=2),
    }
    return Alert(object_id=object_id, alert_id=alert_id, **{**values, **other})


def a_verdict(
    name: str = "young_sn", result: Result = Result.MATCH, parameters_hash: str = "h1", **other: Any
) -> Verdict:
    criteria = (Criterion(name="age", outcome=Outcome.PASS, value="1.0", threshold="≤ 5", unit="d"),)
    return Verdict(
        filter=name, result=result, parameters_hash=parameters_hash, **{"criteria": criteria, **other}
    )


def judged(alert: Alert | None = None, *verdicts: Verdict) -> Judged:
    return Judged(alert or an_alert(), verdicts or (a_verdict(),))


def a_candidate(object_id: str = "ZTF21aaaaaaa", alert_id: str = BIG_ID, **other: Any) -> NewCandidate:
    values: dict[str, Any] = {
        "survey": "ztf",
        "stream": "ztf_stamp",
        "source": "ztf",
        "topic": "stamp_classifier_20260315",
        "partition": 0,
        "offset": 7,
        "received": 61114.5,
        "payload": b"\x00raw\xff",
        "filters": {"young_sn": "h1"},
    }
    return NewCandidate(object_id=object_id, alert_id=alert_id, **{**values, **other})
