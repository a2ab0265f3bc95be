from msgspec.structs import replace

from alertwatch import history
from alertwatch.alert import Part
from alertwatch.facts import Facts
from tests.filters.examples import FIRST, LIMIT, NOW, OWN, ZTF_SN, first, own, without


def test_the_time_is_that_of_the_alerts_own_detection_else_the_messages() -> None:
    assert history.time(ZTF_SN) == NOW
    bare = replace(ZTF_SN, detections=(), mjd=None)
    assert history.time(bare) == NOW + 0.01
    assert history.time(replace(bare, received=None)) is None


def test_the_position_is_the_messages_else_the_detections() -> None:
    nowhere = replace(ZTF_SN, ra=None, dec=None)
    assert history.position(nowhere) == (OWN.ra, OWN.dec)
    assert history.position(own(nowhere, ra=None)) is None


def test_what_comes_after_the_alert_is_not_its_history() -> None:
    later = replace(OWN, mjd=NOW + 1, alert_id="later")
    limit = replace(LIMIT, mjd=NOW + 1)
    alert = replace(ZTF_SN, detections=(later, OWN, FIRST), non_detections=(limit, LIMIT))
    assert history.detections(alert) == (FIRST, OWN)
    assert history.non_detections(alert) == (LIMIT,)


def test_a_history_that_nobody_told_is_unknown_not_empty() -> None:
    assert history.detections(without(ZTF_SN, Part.DETECTIONS)) is None
    assert history.non_detections(without(ZTF_SN, Part.NON_DETECTIONS)) is None
    assert history.non_detections(replace(ZTF_SN, non_detections=())) == ()


def test_the_first_detection_is_the_objects_first_alert_however_old() -> None:
    assert history.first_detection(ZTF_SN) == NOW - 2.0
    assert history.first_detection(first(ZTF_SN, first_mjd=58300.0)) == 58300.0


def test_a_placeholder_that_knows_less_than_the_history_is_corrected_by_it() -> None:
    assert history.first_detection(first(ZTF_SN, first_mjd=NOW)) == FIRST.mjd


def test_the_surveys_own_history_does_not_tell_the_first_alert() -> None:
    assert history.first_detection(first(ZTF_SN, first_mjd=None, first_hist_mjd=NOW - 2)) is None
    assert history.first_detection(replace(ZTF_SN, summary=None)) is None


def test_people_are_told_the_age_that_filters_judge() -> None:
    alert = first(ZTF_SN, first_mjd=NOW - 2.0, first_hist_mjd=NOW - 400.0)
    assert history.first_detection(alert) == NOW - 2.0
    assert Facts.of(alert).age_days == 2.0
