"""Alerts that the tables of the filters' tests are made from: ones that match, and ways to change a datum."""

from typing import Any

from msgspec.structs import replace

from alertwatch.alert import (
    Alert,
    Classification,
    CrossMatch,
    Detection,
    NonDetection,
    ObjectSummary,
    Part,
    Survey,
)

NOW = 61100.3  # 1 March 2026
CANDID = "3340123456789015001"  # exceeds 2**53

OWN = Detection(
    mjd=NOW,
    band="r",
    alert_id=CANDID,
    ra=210.8,
    dec=54.3,
    mag=18.6,
    e_mag=0.06,
    positive=True,
    real_bogus=0.98,
    snr=18.0,
)
FIRST = replace(OWN, mjd=NOW - 2.0, band="g", alert_id="3320123456789015007", mag=19.3)
LIMIT = NonDetection(mjd=NOW - 4.0, band="g", limit=20.4)
HOST = CrossMatch(catalog="PS1", source_id="1", distance=3.2, star_score=0.02)
VETOING = Classification(
    classifier="stamp_classifier",
    version="1.0.4",
    probabilities={"SN": 0.72, "AGN": 0.1, "VS": 0.1, "asteroid": 0.05, "bogus": 0.03},
)
BETA = Classification(
    classifier="stamp_classifier_2025_beta",
    version="2.1.1",
    probabilities=VETOING.probabilities | {"satellite": 0.0},
)
RUBIN = Classification(
    classifier="stamp_classifier_rubin_beta", version="2.0.2", probabilities=VETOING.probabilities
)

ZTF_SN = Alert(
    survey=Survey.ZTF,
    stream="ztf_stamp",
    object_id="ZTF26aabcdef",
    alert_id=CANDID,
    mjd=NOW,
    received=NOW + 0.01,
    ra=210.8,
    dec=54.3,
    solar_system=False,
    classifications=(BETA,),
    detections=(FIRST, OWN),
    non_detections=(LIMIT,),
    crossmatches=(HOST,),
    summary=ObjectSummary(first_mjd=NOW - 2.0, n_det=2),
    parts=frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS, Part.CROSSMATCHES}),
)
RUBIN_SN = replace(
    ZTF_SN,
    survey=Survey.LSST,
    stream="rubin_stamp",
    object_id="170028512345678901",
    classifications=(RUBIN,),
    crossmatches=(),
    parts=frozenset({Part.OBJECT, Part.DETECTIONS}),
    non_detections=(),
)

AGN = Classification(
    classifier="lc_classifier", version="1.1.13", probabilities={"AGN": 0.4, "QSO": 0.25, "SNIa": 0.35}
)


def quiet(days_ago: float, band: str = "r", mag: float = 19.0, **changed: Any) -> Detection:
    """One epoch of an AGN at its usual total magnitude, as the REST API tells it."""
    fields = {
        "mjd": NOW - days_ago,
        "band": band,
        "alert_id": f"{int(days_ago * 10)}{band}",
        "mag": 20.5,
        "e_mag": 0.1,
        "positive": True,
        "mag_corr": mag,
        "e_mag_corr": 0.04,
        "dubious": False,
        "dist_ref": 0.2,
    }
    return Detection(**(fields | changed))


YEAR = tuple(quiet(40.0 + 20 * i, mag=19.0 + 0.05 * (-1) ** i) for i in range(15))
FLARE = (quiet(6.0, mag=17.9), quiet(3.0, mag=17.8), quiet(0.0, mag=17.8))
AGN_FLARE = Alert(
    survey=Survey.ZTF,
    stream="ztf_lc",
    object_id="ZTF19aatubsj",
    alert_id="sha256-0123456789abcdef0123456789abcdef",
    received=NOW,
    classifications=(AGN,),
    detections=YEAR + FLARE,
    parts=frozenset({Part.DETECTIONS, Part.NON_DETECTIONS}),
)


def own(alert: Alert, **changed: Any) -> Alert:
    """The alert with its own detection changed."""
    detections = tuple(replace(d, **changed) if d.alert_id == alert.alert_id else d for d in alert.detections)
    return replace(alert, detections=detections)


def at(alert: Alert, ra: float, dec: float) -> Alert:
    """The alert elsewhere on the sky."""
    return replace(own(alert, ra=ra, dec=dec), ra=ra, dec=dec)


def classified(alert: Alert, classification: Classification = BETA, **probabilities: float) -> Alert:
    """The alert with other probabilities."""
    return replace(alert, classifications=(replace(classification, probabilities=probabilities),))


def first(alert: Alert, **changed: Any) -> Alert:
    """The alert with its object summary changed."""
    assert alert.summary is not None
    return replace(alert, summary=replace(alert.summary, **changed))


def without(alert: Alert, part: Part, **emptied: Any) -> Alert:
    """The alert without a part."""
    return replace(alert, parts=alert.parts - {part}, **emptied)
