"""A packet tells 30 days; what is older must come from the broker's database."""

from alertwatch import times
from alertwatch.alert import Alert, Part
from benchmarks.labelled import ASSUMED, Answers, Labelled, Record
from consumer import readers
from consumer.lookup.ztf import ZtfLookup
from simulator import wire

NOW = 61100.3
EVERYTHING = frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS, Part.CROSSMATCHES})


def record(days_ago: float, number: int) -> Record:
    jd = NOW - days_ago + times.MJD_OF_JD
    own = {"jd": jd, "candid": 3340000000000000000 + number, "fid": 1, "magpsf": 18.5, "sigmapsf": 0.1}
    return ASSUMED | own | {"ra": 210.8, "dec": 54.3}


def completed(*days_ago: float, jdstarthist: float) -> Alert:
    """The alert of now of an object with these detections, with all parts looked up."""
    detections = [record(days, number) for number, days in enumerate(sorted(days_ago, reverse=True))]
    detections[-1]["jdstarthist"] = NOW - jdstarthist + times.MJD_OF_JD
    found = Labelled("ZTF26aabcdef", "SN", detections)
    payload = wire.ztf_stamp(
        found.object_id,
        str(detections[-1]["candid"]),
        {"SN": 1.0, "AGN": 0, "VS": 0, "asteroid": 0, "bogus": 0},
    )
    answers = Answers(found)
    message = readers.get("ztf_stamp").read(payload, NOW + 0.01)
    return ZtfLookup(answers, packets=answers).complete(message, EVERYTHING)  # type: ignore[arg-type]


def first_mjd(alert: Alert) -> float:
    assert alert.summary is not None
    assert alert.summary.first_mjd is not None
    return alert.summary.first_mjd


def test_a_packet_that_holds_the_whole_history_tells_the_first_detection() -> None:
    alert = completed(0.0, 2.0, jdstarthist=2.0)
    assert abs(first_mjd(alert) - (NOW - 2.0)) < 1e-6


def test_a_fluctuation_in_the_surveys_history_does_not_make_the_object_older() -> None:
    alert = completed(0.0, 2.0, jdstarthist=14.0)
    assert abs(first_mjd(alert) - (NOW - 2.0)) < 1e-6


def test_an_older_object_is_completed_from_the_database() -> None:
    alert = completed(0.0, 2.0, 400.0, jdstarthist=400.0)
    assert abs(first_mjd(alert) - (NOW - 400.0)) < 1e-6
    assert len(alert.detections) == 3
    assert alert.crossmatch("PS1") is not None  # which only the packet knows


def test_a_long_survey_history_without_alerts_leaves_a_new_object_new() -> None:
    alert = completed(0.0, 2.0, jdstarthist=600.0)
    assert abs(first_mjd(alert) - (NOW - 2.0)) < 1e-6
