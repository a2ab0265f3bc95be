"""The services answer as ALeRCE's do: paths, parameters, paging, errors, and what they know when."""

from __future__ import annotations

import csv
import gzip
import io
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from astropy.io import fits

from alertwatch.plots.stamps import read
from simulator.api import stamps
from simulator.api.catalogue import Catalogue
from simulator.api.misbehaviour import Misbehaviour
from simulator.api.scene import Light, camera_of
from simulator.api.server import ApiServer
from simulator.night import Night, SimMessage


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def api(night: Night) -> Iterator[ApiServer]:
    catalogue = Catalogue(night)
    catalogue.sent_long_ago()
    with ApiServer(catalogue) as server:
        yield server


def get(api: ApiServer, path: str, **params: Any) -> httpx.Response:
    return httpx.get(api.url + path, params=params, timeout=10)


def message(night: Night, stream: str, story: str, truth_class: str = "SN") -> SimMessage:
    """The first such message."""
    objects = night.objects
    return next(
        m
        for m in night.messages
        if (m.stream, objects[m.object_id].story, objects[m.object_id].truth_class)
        == (stream, story, truth_class)
    )


# -- ZTF: REST ----------------------------------------------------------------------------------------------


def test_an_object_is_served_with_its_counts_as_text(api: ApiServer, night: Night) -> None:
    found = message(night, "ztf_stamp", "recent")
    row = get(api, f"/ztf/v1/objects/{found.object_id}").json()
    assert row["oid"] == found.object_id
    assert isinstance(row["ndethist"], str)
    assert row["firstmjd"] < night.mjd <= row["lastmjd"]
    assert row["deltajd"] == pytest.approx(row["lastmjd"] - row["firstmjd"])
    assert row["step_id_corr"] != "0.0.0"


def test_the_detections_hold_the_candid_of_every_message(api: ApiServer, night: Night) -> None:
    for found in [m for m in night.messages if m.stream == "ztf_stamp"][::40]:
        rows = get(api, f"/ztf/v1/objects/{found.object_id}/detections").json()
        own = next(row for row in rows if row["candid"] == found.alert_id)
        assert own["mjd"] == found.mjd
        assert own["isdiffpos"] in {1, -1}
        assert all(value is not None for row in rows for value in row.values())


def test_a_light_curve_is_its_detections_and_non_detections(api: ApiServer, night: Night) -> None:
    path = f"/ztf/v1/objects/{message(night, 'ztf_stamp', 'new').object_id}"
    curve = get(api, path + "/lightcurve").json()
    assert curve["detections"] == get(api, path + "/detections").json()
    assert curve["non_detections"] == get(api, path + "/non_detections").json()
    assert all(limit["diffmaglim"] > 17 for limit in curve["non_detections"])


def test_corrected_magnitudes_are_given_only_where_the_reference_is_the_object(
    api: ApiServer, night: Night
) -> None:
    nucleus, asteroid = message(night, "ztf_lc", "flare", "AGN"), message(night, "ztf_stamp", "new", "asteroid")
    for row in get(api, f"/ztf/v1/objects/{nucleus.object_id}/detections").json():
        assert row["corrected"]
        assert "magpsf_corr" in row
    for row in get(api, f"/ztf/v1/objects/{asteroid.object_id}/detections").json():
        assert not row["corrected"]
        assert "magpsf_corr" not in row


def test_probabilities_are_those_of_the_first_message_and_ranked(api: ApiServer, night: Night) -> None:
    found = message(night, "ztf_lc", "old", "AGN")
    path = f"/ztf/v1/objects/{found.object_id}/probabilities"
    rows = get(api, path).json()
    assert {row["classifier_name"] for row in rows} == {"stamp_classifier", "lc_classifier"}
    late = get(api, path, classifier="lc_classifier").json()
    assert sorted(row["ranking"] for row in late) == list(range(1, 16))
    assert max(late, key=lambda row: row["probability"])["ranking"] == 1


def test_features_and_magstats_are_served(api: ApiServer, night: Night) -> None:
    path = f"/ztf/v1/objects/{message(night, 'ztf_lc', 'old', 'VS').object_id}"
    rows = get(api, path + "/features").json()
    assert len(rows) == 209
    assert {row["fid"] for row in get(api, path + "/features", fid=2).json()} == {2}
    stats = get(api, path + "/magstats").json()
    assert sum(row["ndet"] for row in stats) == get(api, path).json()["ndet"]


def test_an_unknown_object_is_a_404_in_the_words_of_the_real_api(api: ApiServer) -> None:
    answer = get(api, "/ztf/v1/objects/ZTF99zzzzzzz")
    assert (answer.status_code, answer.json()) == (404, {"message": "Object not found"})
    assert get(api, "/ztf/v1/objects/ZTF99zzzzzzz/lightcurve").status_code == 404
    assert get(api, "/ztf/v1/nothing").status_code == 404


def test_the_list_of_objects_is_filtered_ordered_and_paged(api: ApiServer) -> None:
    asked = {"classifier": "stamp_classifier", "class": "SN", "order_by": "probability", "order_mode": "DESC"}
    first = get(api, "/ztf/v1/objects/", **asked, page_size=5, count="true").json()
    second = get(api, "/ztf/v1/objects/", **asked, page_size=5, count="true", page=first["next"]).json()
    items = first["items"] + second["items"]
    assert first["total"] > 10
    assert (first["has_prev"], second["prev"]) == (False, 1)
    assert [i["probability"] for i in items] == sorted((i["probability"] for i in items), reverse=True)
    assert {i["class"] for i in items} == {"SN"}


def test_without_a_count_the_list_does_not_know_whether_it_goes_on(api: ApiServer) -> None:
    page = get(api, "/ztf/v1/objects/", page_size=3).json()
    assert (page["total"], page["has_next"], page["next"], len(page["items"])) == (None, False, None, 3)


def test_the_list_takes_several_ids_ranges_and_a_cone(api: ApiServer, night: Night) -> None:
    one, other = message(night, "ztf_stamp", "new"), message(night, "ztf_stamp", "old")
    both = get(api, "/ztf/v1/objects/", oid=[one.object_id, other.object_id]).json()["items"]
    assert {item["oid"] for item in both} == {one.object_id, other.object_id}
    found = night.objects[one.object_id]
    near = get(api, "/ztf/v1/objects/", ra=found.ra, dec=found.dec, radius=2).json()["items"]
    assert [item["oid"] for item in near] == [one.object_id]
    few = get(api, "/ztf/v1/objects/", oid=one.object_id, ndet=[50, 60]).json()["items"]
    assert few == []


def test_a_parameter_that_is_no_number_is_a_400(api: ApiServer) -> None:
    answer = get(api, "/ztf/v1/objects/", page="two")
    assert answer.status_code == 400
    assert "page" in answer.json()["errors"]


# -- ZTF: packets and TAP -----------------------------------------------------------------------------------


def test_a_packet_holds_the_alert_its_neighbours_and_thirty_days_of_history(
    api: ApiServer, night: Night
) -> None:
    found = message(night, "ztf_stamp", "recent")
    packet = get(api, "/get_avro_info", oid=found.object_id, candid=found.alert_id).json()
    assert (packet["objectId"], packet["candid"]) == (found.object_id, int(found.alert_id))
    own = packet["candidate"]
    assert own["candid"] == found.alert_id
    assert own["jd"] == pytest.approx(found.mjd + 2400000.5)
    assert {"sgscore1", "distpsnr1", "ssdistnr", "drb", "jdstarthist", "ndethist", "magnr"} <= set(own)
    history = packet["prv_candidates"]
    assert all(own["jd"] - 30 < old["jd"] < own["jd"] for old in history)
    assert any(old["candid"] for old in history)
    assert any(old["candid"] is None for old in history)


def test_a_packet_that_is_not_there_is_a_404(api: ApiServer) -> None:
    answer = get(api, "/get_avro_info", oid="ZTF26aaaaaaa", candid="1")
    assert (answer.status_code, answer.json()) == (404, {"message": "AVRO not found"})
    assert get(api, "/get_avro_info", oid="ZTF26aaaaaaa").status_code == 400


def test_an_alert_has_three_images_with_the_object_in_the_middle(api: ApiServer, night: Night) -> None:
    found = message(night, "ztf_stamp", "new")
    images = {}
    for kind in ("science", "template", "difference"):
        params = {"oid": found.object_id, "candid": found.alert_id, "type": kind, "format": "fits"}
        answer = get(api, "/get_stamp", **params)
        assert answer.headers["Content-Type"] == "application/fits+gzip"
        with fits.open(io.BytesIO(gzip.decompress(answer.content))) as file:
            images[kind] = np.array(file[0].data)
    assert {image.shape for image in images.values()} == {(63, 63)}
    assert np.unravel_index(images["difference"].argmax(), (63, 63)) == (31, 31)
    assert images["science"][31, 31] > images["template"][31, 31]


def test_an_image_that_is_not_there_is_refused_as_the_real_service_does(api: ApiServer, night: Night) -> None:
    found = message(night, "ztf_stamp", "new")
    known = {"oid": found.object_id, "candid": found.alert_id, "format": "fits"}
    assert get(api, "/get_stamp", **known).status_code == 400
    assert get(api, "/get_stamp", **known, type="other").status_code == 400
    assert get(api, "/get_stamp", **{**known, "candid": "1"}, type="science").status_code == 404


def test_a_source_is_on_the_same_side_in_the_images_of_both_surveys(night: Night) -> None:
    rubin = next(found for found in night.objects.values() if found.twin)
    for found in (rubin.twin, rubin):
        mjd = found.alert_times[0]
        light = Light(east=1.4, north=-0.8, nanojansky=1e6).on(camera_of(found, mjd))
        stamp = read(stamps.fits(found, mjd, light.astype(np.float32)), found.survey.name)
        rows, columns = np.mgrid[: len(light), : len(light)] - (len(light) - 1) / 2
        centre = [np.average(columns, weights=stamp.pixels), np.average(rows, weights=stamp.pixels)]
        assert stamp.to_sky @ centre == pytest.approx([1.4, -0.8], abs=0.1)


def test_rubin_images_come_by_the_id_of_the_source(api: ApiServer, night: Night) -> None:
    found = message(night, "rubin_stamp", "recent")
    asked = {
        "oid": found.object_id,
        "measurement_id": found.alert_id,
        "survey_id": "lsst",
        "file_format": "fits",
    }
    answer = get(api, "/stamps_api/stamp", **asked, stamp_type="cutoutDifference")
    with fits.open(io.BytesIO(gzip.decompress(answer.content))) as file:
        assert np.unravel_index(file[0].data.argmax(), (30, 30)) in {(y, x) for y in (14, 15) for x in (14, 15)}
    assert get(api, "/stamps_api/stamp", **asked).status_code == 422
    assert get(api, "/stamps_api/stamp", **asked, stamp_type="cutoutOther").status_code == 404


def test_tap_has_the_neighbours_that_the_packet_has(api: ApiServer, night: Night) -> None:
    found = message(night, "ztf_stamp", "new", "asteroid")
    packet = get(api, "/get_avro_info", oid=found.object_id, candid=found.alert_id).json()["candidate"]
    for table, column in (("ps1_ztf", "sgscore1"), ("ss_ztf", "ssdistnr"), ("gaia_ztf", "neargaia")):
        query = f"SELECT * FROM ztf.{table} WHERE oid = '{found.object_id}'"
        answer = get(api, "/tap/sync", REQUEST="doQuery", LANG="ADQL", FORMAT="csv", QUERY=query)
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert row["candid"] == found.alert_id
        assert float(row[column]) == packet[column]


def test_tap_takes_a_posted_query_by_candid_and_refuses_what_it_cannot_read(
    api: ApiServer, night: Night
) -> None:
    found = message(night, "ztf_stamp", "new")
    form = {"FORMAT": "json", "QUERY": f"select oid, sgscore1 from ztf.ps1_ztf where candid = {found.alert_id}"}
    answer = httpx.post(f"{api.urls['tap']}/sync", data=form).json()
    assert answer["data"][0][0] == found.object_id
    assert httpx.post(f"{api.urls['tap']}/sync", data={"QUERY": "drop table"}).status_code == 400


# -- Rubin --------------------------------------------------------------------------------------------------


def test_rubin_answers_have_numbers_for_ids_and_tai_for_times(api: ApiServer, night: Night) -> None:
    found = message(night, "rubin_stamp", "recent")
    asked = {"oid": found.object_id, "survey_id": "lsst"}
    row = get(api, "/object_api/object", **asked, return_survey_extra="true").json()
    assert row["oid"] == int(found.object_id)
    assert row["firstDiaSourceMjdTai"] == row["firstmjd"]
    curve = get(api, "/lightcurve_api/lightcurve", **asked).json()
    own = next(d for d in curve["detections"] if str(d["measurement_id"]) == found.alert_id)
    assert own["mjd"] == pytest.approx(found.mjd + 37 / 86400)
    assert own["snr"] >= 5
    assert curve["non_detections"] == []
    assert len(curve["forced_photometry"]) >= len(curve["detections"])
    versions = {p["classifier_version"] for p in get(api, "/probability_api/probability", **asked).json()}
    assert versions == {202}


def test_an_unknown_rubin_object_is_a_500_here_and_empty_lists_there(api: ApiServer) -> None:
    asked = {"oid": "123", "survey_id": "lsst"}
    assert get(api, "/object_api/object", **asked).status_code == 500
    assert get(api, "/lightcurve_api/lightcurve", **asked).json()["detections"] == []
    assert get(api, "/probability_api/probability", **asked).status_code == 404
    assert get(api, "/object_api/object", oid="123").status_code == 422
    assert get(api, "/object_api/object", oid="123", survey_id="atlas").status_code == 400


def test_rubin_objects_are_listed_by_class(api: ApiServer) -> None:
    page = get(api, "/object_api/list_objects", survey="lsst", class_name="SN", page_size=2).json()
    assert [item["class_name"] for item in page["items"]] == ["SN", "SN"]
    assert page["next"] == 2
    assert get(api, "/object_api/list_objects", page="two").status_code == 422


# -- what is known when -------------------------------------------------------------------------------------


def test_an_alert_is_known_only_some_time_after_its_message(night: Night) -> None:
    clock = Clock()
    catalogue = Catalogue(night, ready_after=60, clock=clock)
    new = [m for m in night.messages if m.stream == "ztf_stamp" and night.objects[m.object_id].story == "new"]
    with ApiServer(catalogue) as api:
        assert get(api, f"/ztf/v1/objects/{new[0].object_id}").status_code == 404
        for sent in new:
            catalogue.sent(sent)
        answers = [get(api, f"/ztf/v1/objects/{m.object_id}") for m in new[:30]]
        rows = [answer.json() for answer in answers if answer.status_code == 200]
        assert {answer.status_code for answer in answers} == {200, 404}
        assert {(row["step_id_corr"], row["ndet"]) for row in rows} == {("0.0.0", 1)}
        assert get(api, f"/ztf/v1/objects/{rows[0]['oid']}/detections").json() == []
        assert get(api, "/get_avro_info", candid=new[0].alert_id).status_code == 404
        clock.now += 61
        assert get(api, f"/ztf/v1/objects/{rows[0]['oid']}").json()["step_id_corr"] != "0.0.0"
        assert get(api, "/get_avro_info", candid=new[0].alert_id).status_code == 200


def test_an_old_object_answers_without_its_newest_detection_until_it_is_known(night: Night) -> None:
    clock = Clock()
    catalogue = Catalogue(night, ready_after=60, clock=clock)
    found = message(night, "ztf_lc", "old", "AGN")
    catalogue.sent(found)
    path = f"/ztf/v1/objects/{found.object_id}/detections"
    with ApiServer(catalogue) as api:
        before = get(api, path).json()
        clock.now += 61
        after = get(api, path).json()
    assert before
    assert max(row["mjd"] for row in before) < night.mjd <= found.mjd <= max(row["mjd"] for row in after)


# -- misbehaviour -------------------------------------------------------------------------------------------


def test_it_refuses_when_told_to_and_says_when_to_come_back(api: ApiServer) -> None:
    api.misbehaviour = Misbehaviour(status=429, retry_after=7)
    answer = get(api, "/ztf/v1/objects/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_it_fails_for_one_object_alone(api: ApiServer, night: Night) -> None:
    one, other = message(night, "ztf_stamp", "new"), message(night, "ztf_stamp", "old")
    api.misbehaviour = Misbehaviour(failing_objects=(one.object_id,))
    assert get(api, f"/ztf/v1/objects/{one.object_id}").status_code == 500
    assert get(api, f"/ztf/v1/objects/{other.object_id}").status_code == 200


def test_it_answers_garbage_for_so_many_requests_only(api: ApiServer, night: Night) -> None:
    path = f"/ztf/v1/objects/{message(night, 'ztf_stamp', 'new').object_id}"
    api.misbehaviour = Misbehaviour(garbage=True, requests=2)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            get(api, path).json()
    assert get(api, path).json()["oid"]


def test_it_can_say_nothing_at_all(api: ApiServer) -> None:
    api.misbehaviour = Misbehaviour(silent=True)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{api.url}/ztf/v1/objects/", timeout=0.3)


def test_a_server_that_closes_lets_silent_connections_go(night: Night) -> None:
    errors: list[Exception] = []

    def ask(url: str) -> None:
        try:
            httpx.get(url, timeout=20)
        except httpx.RemoteProtocolError as error:
            errors.append(error)

    with ApiServer(Catalogue(night)) as api:
        api.misbehaviour = Misbehaviour(silent=True)
        asking = threading.Thread(target=ask, args=(f"{api.url}/ztf/v1/objects/",))
        asking.start()
        while not api.requests:
            time.sleep(0.01)
    asking.join(10)
    assert len(errors) == 1


def test_it_is_told_over_http_and_tells_what_it_was_asked(api: ApiServer) -> None:
    get(api, "/ztf/v1/objects/ZTF99zzzzzzz")
    state = httpx.post(f"{api.url}/_control", json={"status": 503, "retry_after": 2}).json()
    assert state["requests"] == {"object": 1}
    assert get(api, "/ztf/v1/objects/").status_code == 503
    assert httpx.post(f"{api.url}/_control", json={}).json()["misbehaviour"]["status"] is None
    assert httpx.post(f"{api.url}/_control", json={"stats": 1}).status_code == 400
