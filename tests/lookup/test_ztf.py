from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from msgspec.structs import replace

from alertwatch.alert import Alert, Classification, Part, Survey
from alertwatch.errors import ApiUnavailable, BadAnswer, NotReadyYet
from alertwatch.photometry import reference_flux
from consumer import readers
from consumer.lookup.http import ApiClient
from consumer.lookup.ztf import ZtfLookup
from tests.lookup.conftest import Clock
from tests.lookup.fake_api import FakeApi, Reply
from tests.lookup.ztf_answers import (
    CANDID,
    GAIA,
    LIGHT_CURVE,
    MJD,
    OBJECT,
    OID,
    PS1,
    detection,
    light_curve,
    non_detection,
    packet,
    solar_system,
    ztf_object,
)
from tests.support.data import DATA, manifest, needs_data

MakeClient = Callable[..., ApiClient]

HISTORY = frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS})
ALL = HISTORY | {Part.CROSSMATCHES}
OPINION = Classification(classifier="stamp_classifier", version="1.0.4", probabilities={"SN": 0.8, "AGN": 0.2})

STAMP = Alert(
    survey=Survey.ZTF,
    stream="ztf_stamp",
    object_id=OID,
    alert_id=CANDID,
    received=MJD + 0.01,
    classifications=(OPINION,),
    parts=frozenset({Part.CLASSIFICATIONS}),
)
LIGHT_CURVE_MESSAGE = Alert(
    survey=Survey.ZTF,
    stream="ztf_lc",
    object_id=OID,
    alert_id="sha256-0123456789abcdef0123456789abcdef",
    received=MJD + 0.05,
    classifications=(OPINION,),
    features={"SPM_A_1": 2.0},
    parts=frozenset({Part.CLASSIFICATIONS, Part.FEATURES}),
)


@pytest.fixture(autouse=True)
def at_the_time_of_the_message(clock: Clock) -> None:
    clock.now = (MJD + 0.06 - 40587) * 86400


@pytest.fixture
def database(client: MakeClient, clock: Clock) -> ZtfLookup:
    """Nothing but the REST API."""
    return ZtfLookup(client(), clock=clock)


@pytest.fixture
def everything(client: MakeClient, another_api: FakeApi, api: FakeApi, clock: Clock) -> Iterator[ZtfLookup]:
    """REST and TAP on one server, packets on another."""
    return ZtfLookup(client(), client(another_api), client(), clock)


def knows(api: FakeApi) -> None:
    """The database knows the alert, and one detection and one limit before it."""
    curve = light_curve(
        detection(), detection(MJD - 3, "3400200010115015001"), limits=(non_detection(MJD - 5),)
    )
    api.script(LIGHT_CURVE, Reply(curve))
    api.script(OBJECT, Reply(ztf_object()))


# -- the packet ------------------------------------------------------------------------------------------------


def test_a_stamp_alert_is_completed_by_its_packet_in_one_request(
    everything: ZtfLookup, api: FakeApi, another_api: FakeApi
) -> None:
    another_api.script("/get_avro_info", Reply(packet()))
    alert = everything.complete(STAMP, ALL)
    assert another_api.requests == [("/get_avro_info", {"oid": OID, "candid": CANDID, "survey_id": "ztf"})]
    assert api.requests == []
    assert alert.parts >= ALL
    assert (alert.mjd, alert.ra, alert.dec) == (pytest.approx(MJD), 185.7288, 15.8236)
    assert alert.detection is not None
    assert alert.detection.real_bogus == 0.99
    assert [n.limit for n in alert.non_detections] == [20.3]
    assert alert.crossmatch("PS1").star_score == 0.02  # type: ignore[union-attr]
    assert alert.crossmatch("MPC") is None
    assert alert.summary.first_hist_mjd == pytest.approx(MJD - 4)  # type: ignore[union-attr]


def test_an_object_older_than_its_packets_history_has_the_whole_of_it_from_the_database(
    everything: ZtfLookup, api: FakeApi, another_api: FakeApi
) -> None:
    another_api.script("/get_avro_info", Reply(packet(jdstarthist=MJD - 400 + 2_400_000.5)))
    old = detection(MJD - 399, "1400200010115015001")
    api.script(LIGHT_CURVE, Reply(light_curve(old, detection())))
    api.script(OBJECT, Reply(ztf_object(firstmjd=MJD - 399)))
    alert = everything.complete(STAMP, ALL)
    assert len(alert.detections) == 2
    assert alert.summary.first_mjd == MJD - 399  # type: ignore[union-attr]
    assert alert.crossmatch("PS1") is not None, "the neighbours are the packet's"
    assert "/sync" not in api.paths()


def test_what_the_message_said_stays_first(everything: ZtfLookup, another_api: FakeApi) -> None:
    another_api.script("/get_avro_info", Reply(packet()))
    alert = everything.complete(STAMP, ALL)
    assert alert.classification == OPINION
    assert (alert.stream, alert.received) == ("ztf_stamp", STAMP.received)


@needs_data
def test_a_looked_up_packet_equals_the_same_packet_from_the_survey(
    everything: ZtfLookup, another_api: FakeApi
) -> None:
    """One real packet of each collection, so of every schema version, as the packet service shows it."""
    for path in _one_per_folder():
        sent = readers.get("ztf_packet").read(path.read_bytes())
        bare = Alert(survey="ztf", stream="ztf_packet", object_id=sent.object_id, alert_id=sent.alert_id)
        another_api.script("/get_avro_info", Reply(_as_service_shows(path)))
        found = everything.complete(bare, frozenset({Part.CROSSMATCHES}))
        assert replace(found, parts=sent.parts) == sent, path


def _one_per_folder() -> list[Path]:
    rows = manifest(survey="ztf", kind="alert-avro-ocf", n_alerts="1")
    paths = [DATA / row["path"] for row in rows if not re.search("LSST|fink|ipac|Ampel-core", row["path"])]
    return list({path.parent: path for path in paths}.values())


def _as_service_shows(path: Path) -> bytes:
    with path.open("rb") as file:
        record: Any = next(fastavro.reader(file))
    for cutout in ("cutoutScience", "cutoutTemplate", "cutoutDifference"):
        record.pop(cutout, None)
    if "candid" in record["candidate"]:
        record["candidate"]["candid"] = str(record["candidate"]["candid"])
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    "failure",
    [
        Reply("AVRO not found", 404),
        Reply("oops", 500),
        Reply("busy", 503),
        Reply(b"<html>"),
        Reply({"candidate": {}}),
        Reply({**packet(), "candid": 1}),
        Reply({**packet(), "objectId": "ZTF18aaaaaaa"}),
    ],
)
def test_without_a_packet_the_database_and_the_tables_do(
    failure: Reply, everything: ZtfLookup, api: FakeApi, another_api: FakeApi
) -> None:
    another_api.script("/get_avro_info", failure)
    knows(api)
    api.script("/sync", Reply(PS1.encode()), Reply(GAIA.encode()), Reply(solar_system().encode()))
    alert = everything.complete(STAMP, ALL)
    assert alert.parts >= ALL
    assert alert.crossmatch("PS1").distance == 0.8  # type: ignore[union-attr]
    assert alert.crossmatch("PS1").source_id is None, "a float cannot hold the id"  # type: ignore[union-attr]
    assert alert.crossmatch("MPC") is None
    assert alert.crossmatch("Gaia").distance == 12.5  # type: ignore[union-attr]


def test_the_tables_are_asked_by_object(everything: ZtfLookup, api: FakeApi) -> None:
    knows(api)
    api.script("/sync", Reply(PS1.encode()), Reply(GAIA.encode()), Reply(solar_system().encode()))
    everything.complete(STAMP, ALL)
    queries = [query for path, query in api.requests if path == "/sync"]
    assert queries[0] == {
        "REQUEST": "doQuery",
        "LANG": "ADQL",
        "FORMAT": "csv",
        "QUERY": f"SELECT * FROM ztf.ps1_ztf WHERE oid = '{OID}'",
    }


def test_a_solar_system_neighbour_of_another_exposure_says_nothing(everything: ZtfLookup, api: FakeApi) -> None:
    knows(api)
    api.script("/sync", Reply(PS1.encode()), Reply(GAIA.encode()), Reply(solar_system("1").encode()))
    with pytest.raises(NotReadyYet, match="ss_ztf does not know"):
        everything.complete(STAMP, ALL)


def test_without_tap_the_neighbours_stay_unknown_and_that_is_said(database: ZtfLookup, api: FakeApi) -> None:
    knows(api)
    with pytest.raises(NotReadyYet, match="nobody tells the crossmatches of"):
        database.complete(STAMP, ALL)


# -- the database ----------------------------------------------------------------------------------------------


def test_only_what_is_missing_is_asked_for(database: ZtfLookup, api: FakeApi) -> None:
    assert database.complete(STAMP, frozenset({Part.CLASSIFICATIONS})) is STAMP
    assert api.requests == []
    knows(api)
    database.complete(STAMP, HISTORY)
    assert api.paths() == [LIGHT_CURVE, OBJECT]


def test_the_light_curve_comes_with_units_signs_and_no_sentinels(database: ZtfLookup, api: FakeApi) -> None:
    uncorrected = detection(MJD - 1, "2", isdiffpos=-1, magpsf_corr=100.0, fid=1, sigmapsf_corr_ext=100.0)
    del uncorrected["drb"]
    far = detection(MJD - 2, "1", corrected=False, distnr=5.0)
    api.script(
        LIGHT_CURVE,
        Reply(light_curve(detection(), uncorrected, far, limits=(non_detection(MJD - 3, diffmaglim=-999.0),))),
    )
    api.script(OBJECT, Reply(ztf_object()))
    first, second, own = database.complete(STAMP, HISTORY).detections
    assert (own.alert_id, own.band, own.mag, own.mag_corr, own.e_mag_corr) == (CANDID, "r", 18.5, 17.2, 0.03)
    assert (own.positive, own.dubious, own.dist_ref, own.rb) == (True, False, 0.6, 0.9)
    assert (second.positive, second.band, second.mag_corr, second.e_mag_corr) == (False, "g", None, None)
    assert second.real_bogus is None
    assert first.mag_corr is None, "corrected for a source that is not the object"


def test_limits_without_a_value_are_left_out(database: ZtfLookup, api: FakeApi) -> None:
    limits = (non_detection(MJD - 3, diffmaglim=-999.0), non_detection(MJD - 2))
    api.script(LIGHT_CURVE, Reply(light_curve(detection(), limits=limits)))
    api.script(OBJECT, Reply(ztf_object()))
    assert [n.mjd for n in database.complete(STAMP, HISTORY).non_detections] == [MJD - 2]


def test_the_reference_flux_can_be_worked_out_of_a_looked_up_light_curve(
    database: ZtfLookup, api: FakeApi
) -> None:
    """The API has no reference magnitude; the corrected and the difference magnitude together tell it."""
    knows(api)
    flux = reference_flux(database.complete(STAMP, HISTORY).detections)["r"]
    total, difference = (10 ** (0.4 * (31.4 - mag)) for mag in (17.2, 18.5))
    assert flux == pytest.approx(total - difference)


@needs_data
def test_a_real_answer_of_the_database_is_read(database: ZtfLookup, api: FakeApi) -> None:
    recorded = DATA / "alerce/alercebroker__web-services/data/aaelulu.json"
    curve = json.loads(recorded.read_bytes())
    last = max(curve["detections"], key=lambda row: row["mjd"])
    api.script("/objects/ZTF20aaelulu/lightcurve", Reply(recorded.read_bytes()))
    api.script("/objects/ZTF20aaelulu", Reply(ztf_object(oid="ZTF20aaelulu")))
    message = Alert(survey="ztf", stream="ztf_stamp", object_id="ZTF20aaelulu", alert_id=last["candid"])
    alert = database.complete(message, HISTORY)
    assert len(alert.detections) == 58
    assert len(alert.non_detections) == 17
    assert alert.mjd == last["mjd"]
    assert {d.band for d in alert.detections} == {"g", "r"}


def test_the_database_is_believed_only_when_it_holds_the_alert(database: ZtfLookup, api: FakeApi) -> None:
    knows(api)
    api.script(LIGHT_CURVE, Reply(light_curve(detection(MJD - 3, "340"))), Reply(light_curve(detection())))
    with pytest.raises(NotReadyYet, match=f"do not hold {CANDID} yet"):
        database.complete(STAMP, HISTORY)
    assert database.complete(STAMP, HISTORY).mjd == MJD, "an answer that was not ready was used again"


def test_a_placeholder_is_not_believed(database: ZtfLookup, api: FakeApi) -> None:
    knows(api)
    api.script(OBJECT, Reply(ztf_object(step_id_corr="0.0.0", ndet=1)), Reply(ztf_object()))
    with pytest.raises(NotReadyYet, match="is a placeholder"):
        database.complete(STAMP, HISTORY)
    database.complete(STAMP, HISTORY)


def test_an_unknown_object_is_not_ready_yet(database: ZtfLookup) -> None:
    with pytest.raises(NotReadyYet):
        database.complete(STAMP, HISTORY)


def test_what_came_after_the_alert_is_cut_off(database: ZtfLookup, api: FakeApi) -> None:
    """A look-up months later gives what one on time had given."""
    knows(api)
    on_time = database.complete(STAMP, HISTORY)
    later = light_curve(
        detection(MJD + 1, "3400600010115015001"),
        detection(),
        detection(MJD - 3, "3400200010115015001"),
        limits=(non_detection(MJD - 5), non_detection(MJD + 2)),
    )
    api.script(LIGHT_CURVE, Reply(later))
    api.script(OBJECT, Reply(ztf_object(lastmjd=MJD + 1, ndet=3, ndethist="9")))
    database._forget(OID)
    late = database.complete(STAMP, HISTORY)
    assert late.detections == on_time.detections
    assert late.non_detections == on_time.non_detections
    assert late.summary.last_mjd == MJD  # type: ignore[union-attr]
    assert late.summary.n_det == 2  # type: ignore[union-attr]
    assert late.summary.n_hist is None, "nobody knows what it was then"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "garbage",
    [
        [],
        {"detections": None},
        {"detections": [{"mjd": MJD}]},
        light_curve(detection(fid=9)),
        light_curve(detection(mjd="soon")),
    ],
)
def test_a_malformed_light_curve_is_a_bad_answer_that_is_asked_for_again(
    garbage: Any, database: ZtfLookup, api: FakeApi
) -> None:
    knows(api)
    api.script(LIGHT_CURVE, Reply(garbage), Reply(light_curve(detection())))
    with pytest.raises(BadAnswer, match=f"light curve of {OID} cannot be read"):
        database.complete(STAMP, HISTORY)
    database.complete(STAMP, HISTORY)


def test_candidates_of_one_object_share_the_answers(database: ZtfLookup, api: FakeApi, clock: Clock) -> None:
    knows(api)
    database.complete(STAMP, HISTORY)
    database.complete(LIGHT_CURVE_MESSAGE, HISTORY)
    assert len(api.requests) == 2


def test_opinions_and_features_are_looked_up_where_the_message_has_none(
    database: ZtfLookup, api: FakeApi
) -> None:
    rows = [
        ("lc_classifier", "lc_classifier_1.1.13", "AGN", 0.7),
        ("lc_classifier", "lc_classifier_1.1.13", "QSO", 0.3),
        ("stamp_classifier", "stamp_classifier_1.0.4", "SN", 1.0),
    ]
    names = ("classifier_name", "classifier_version", "class_name", "probability")
    api.script(f"{OBJECT}/probabilities", Reply([dict(zip(names, row, strict=True)) for row in rows]))
    features = [
        {"name": "SPM_A", "value": 1.0, "fid": 1, "version": "23.12.26a85"},
        {"name": "SPM_A", "value": 2.0, "fid": 1, "version": "27.5.7a32.dev1"},
        {"name": "Multiband_period", "value": 0.5, "fid": 12, "version": "27.5.7a32.dev1"},
        {"name": "W1_W2", "fid": 0, "version": "27.5.7a32.dev1"},
    ]
    api.script(f"{OBJECT}/features", Reply(features))
    bare = Alert(survey="ztf", stream="ztf_packet", object_id=OID, alert_id=CANDID, mjd=MJD)
    alert = database.complete(bare, frozenset({Part.CLASSIFICATIONS, Part.FEATURES}))
    assert [(c.classifier, c.version, c.best) for c in alert.classifications] == [
        ("lc_classifier", "1.1.13", "AGN"),
        ("stamp_classifier", "1.0.4", "SN"),
    ]
    assert alert.features == {"SPM_A_1": 2.0, "Multiband_period_12": 0.5, "W1_W2": None}


# -- light-curve messages, which name no detection -------------------------------------------------------------


def test_a_light_curve_message_is_completed_by_the_database_alone(
    everything: ZtfLookup, api: FakeApi, another_api: FakeApi
) -> None:
    knows(api)
    alert = everything.complete(LIGHT_CURVE_MESSAGE, HISTORY)
    assert another_api.requests == []
    assert (alert.ra, alert.dec) == (185.7289, 15.8235)
    assert (alert.mjd, alert.time) == (None, LIGHT_CURVE_MESSAGE.received)
    assert alert.features == {"SPM_A_1": 2.0}
    assert len(alert.detections) == 2


def test_a_light_curve_message_waits_for_the_detection_of_its_night(
    database: ZtfLookup, api: FakeApi, clock: Clock
) -> None:
    api.script(LIGHT_CURVE, Reply(light_curve(detection(MJD - 3))))
    api.script(OBJECT, Reply(ztf_object()))
    with pytest.raises(NotReadyYet, match="no detection of the night of its message"):
        database.complete(LIGHT_CURVE_MESSAGE, HISTORY)
    clock.now += 3 * 3600
    assert len(database.complete(LIGHT_CURVE_MESSAGE, HISTORY).detections) == 1, "ALeRCE works off a backlog"


def test_a_light_curve_message_without_any_detection_is_not_ready(database: ZtfLookup, api: FakeApi) -> None:
    api.script(LIGHT_CURVE, Reply(light_curve(detection(MJD + 5))))
    with pytest.raises(NotReadyYet, match="has no detection yet"):
        database.complete(LIGHT_CURVE_MESSAGE, HISTORY)


def test_a_message_whose_time_nobody_tells_cannot_be_completed(database: ZtfLookup, api: FakeApi) -> None:
    knows(api)
    timeless = Alert(survey="ztf", stream="ztf_lc", object_id=OID, alert_id="sha256-0")
    with pytest.raises(BadAnswer, match="nobody tells the time"):
        database.complete(timeless, HISTORY)


def test_with_nobody_answering_the_api_is_unavailable(
    everything: ZtfLookup, api: FakeApi, another_api: FakeApi
) -> None:
    api.every = another_api.every = Reply("down", 503, {"Retry-After": "30"})
    with pytest.raises(ApiUnavailable) as down:
        everything.complete(STAMP, ALL)
    assert down.value.retry_after == everything.down_for() == 30
