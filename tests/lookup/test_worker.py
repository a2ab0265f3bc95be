from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from alertwatch.alert import Alert, Cutouts
from alertwatch.errors import StoreUnavailable
from alertwatch.filter import Criterion, Parameters
from alertwatch.settings import ApiSettings, LookupSettings, Settings
from alertwatch.store import Store, candidates, cutouts, filter_state, tables, verdicts
from alertwatch.store.candidates import Candidate, NewCandidate
from consumer.judging import Judges
from consumer.lookup.stamps import Stamps
from consumer.lookup.worker import LookupWorkers
from tests.lookup.bright import Bright, stamp
from tests.lookup.conftest import Clock
from tests.lookup.fake_api import FakeApi, Reply
from tests.lookup.ztf_answers import CANDID, LIGHT_CURVE, MJD, OBJECT, OID, detection, light_curve, ztf_object


class Broken(Bright):
    """A filter with a bug."""

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        raise ZeroDivisionError("bug")


class Desk:
    """A database with candidates, workers on it, and an API that a test scripts."""

    def __init__(self, store: Store, api: FakeApi, clock: Clock) -> None:
        self.store, self.api, self.clock = store, api, clock
        self.stop = threading.Event()
        self.judges = Judges({"bright": Bright("bright", Parameters())}, 10)
        self.running: list[LookupWorkers] = []
        self.stamps = Stamps({})

    def knows(self, object_id: str = OID, candid: str = CANDID) -> None:
        self.api.script(f"/objects/{object_id}/lightcurve", Reply(light_curve(detection(candid=candid))))
        self.api.script(f"/objects/{object_id}", Reply(ztf_object()))

    def add(self, object_id: str = OID, candid: str = CANDID, *filters: str, **fields: Any) -> None:
        values: dict[str, Any] = {
            "survey": "ztf",
            "object_id": object_id,
            "alert_id": candid,
            "stream": "ztf_stamp",
            "source": "ztf",
            "topic": "stamp_classifier_20260315",
            "partition": 0,
            "offset": 1,
            "received": MJD + 0.01,
            "payload": stamp(object_id, candid),
            "filters": dict.fromkeys(filters or ("bright",), "hash"),
        }
        with self.store.write() as tx:
            candidates.add(tx, [NewCandidate(**{**values, **fields})], self.clock())

    def work(
        self, apis: Mapping[str, ApiSettings] | None = None, url: str | None = None, **lookups: Any
    ) -> LookupWorkers:
        if apis is None:
            api = {"url": url or self.api.url, "requests_per_second": 1e6, "breaker_failures": 3}
            apis = {"ztf": ApiSettings(**api)}
        settings = Settings(apis=apis, lookups=LookupSettings(**{"workers": 2, **lookups}))
        self.stamps = Stamps(settings.apis, self.clock)
        workers = LookupWorkers(self.store, self.judges, settings, self.stop, self.clock, stamps=self.stamps)
        workers.start()
        self.running.append(workers)
        return workers

    def waiting(self) -> list[Candidate]:
        with self.store.read() as tx:
            return list(candidates.list(tx))

    def verdicts(self) -> dict[str, str]:
        with self.store.read() as tx:
            rows = tx.execute(tables.verdicts.select()).all()
        return {f"{row.filter} {row.object_id}": row.result for row in rows}

    def images(self) -> tuple[str, Cutouts] | None:
        with self.store.read() as tx:
            return cutouts.load(tx, "ztf", OID, CANDID)

    def matches(self) -> list[str]:
        with self.store.read() as tx:
            return [row.object_id for row in tx.execute(tables.matches.select())]


@pytest.fixture
def desk(store: Store, api: FakeApi, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("consumer.lookup.worker.POLL_SECONDS", 0.01)
    monkeypatch.setattr("consumer.lookup.http.RETRY_SECONDS", (0.0, 0.0))
    desk = Desk(store, api, clock)
    yield desk
    desk.stop.set()
    for workers in desk.running:
        workers.stop()
    desk.stamps.close()


def until(condition: Callable[[], object]) -> None:
    """Wait for the workers to get there."""
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up, "it never came to this"
        time.sleep(0.01)


def test_a_candidate_is_looked_up_judged_stored_and_gone(desk: Desk) -> None:
    desk.knows()
    desk.add()
    workers = desk.work()
    until(lambda: not desk.waiting() and not workers.busy)
    assert desk.matches() == [OID]
    assert workers.tally == (1, 1, 1, 0, 0)
    assert workers.requests == {"ZTF API": 2}


def test_a_match_without_images_in_its_message_gets_those_of_the_stamp_service(desk: Desk) -> None:
    desk.knows()
    images = Cutouts(science=b"science", template=b"template", difference=b"difference")
    desk.api.script("/packets/get_stamp", *(Reply(image) for image in (b"science", b"template", b"difference")))
    desk.add()
    desk.work({"ztf": ApiSettings(url=desk.api.url, packets=f"{desk.api.url}/packets")})
    until(lambda: desk.images() is not None)
    assert desk.images() == (CANDID, images)
    asked = [query for path, query in desk.api.requests if path.endswith("get_stamp")]
    assert [query["type"] for query in asked] == ["science", "template", "difference"]
    assert {(query["oid"], query["candid"]) for query in asked} == {(OID, CANDID)}


def test_a_match_is_stored_before_its_images_are_there(desk: Desk) -> None:
    desk.knows()
    late = threading.Event()
    desk.api.script("/packets/get_stamp", Reply(b"image", hold=late))
    desk.add()
    desk.work({"ztf": ApiSettings(url=desk.api.url, packets=f"{desk.api.url}/packets")})
    until(desk.matches)
    assert desk.images() is None
    late.set()
    until(lambda: desk.images() is not None)


def test_who_tells_of_a_match_can_ask_for_its_images_when_the_workers_have_ended(desk: Desk) -> None:
    desk.api.script("/packets/get_stamp", Reply(b"image"))
    desk.work({"ztf": ApiSettings(url=desk.api.url, packets=f"{desk.api.url}/packets")}).stop()
    images = Cutouts(science=b"image", template=b"image", difference=b"image")
    assert desk.stamps.cutouts("ztf", OID, CANDID) == images


def test_a_match_is_not_lost_where_nobody_has_its_images(desk: Desk) -> None:
    desk.knows()
    desk.api.script("/packets/get_stamp", Reply(status=503))
    desk.add()
    workers = desk.work({"ztf": ApiSettings(url=desk.api.url, packets=f"{desk.api.url}/packets")})
    until(lambda: not desk.waiting() and not workers.busy)
    assert desk.matches() == [OID]
    assert desk.images() is None


def test_images_that_cannot_be_stored_are_no_word_on_the_candidate(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.knows()
    desk.api.script("/packets/get_stamp", Reply(b"image"))
    monkeypatch.setattr(cutouts, "save", lambda *_: 1 / 0)
    desk.add()
    with capture_logs() as logs:
        workers = desk.work({"ztf": ApiSettings(url=desk.api.url, packets=f"{desk.api.url}/packets")})
        until(lambda: any(line["event"] == "images of a match are not kept" for line in logs))
    until(lambda: not workers.busy)
    assert (desk.matches(), desk.waiting()) == ([OID], [])
    assert workers.tally == (1, 1, 1, 0, 0)


def test_what_does_not_match_leaves_a_verdict(desk: Desk) -> None:
    desk.knows()
    desk.api.script(LIGHT_CURVE, Reply(light_curve(detection(magpsf=20.5))))
    desk.add()
    desk.work()
    until(lambda: not desk.waiting())
    assert desk.verdicts() == {f"bright {OID}": "no_match"}
    assert desk.matches() == []


def test_candidates_of_one_object_share_its_answers(desk: Desk) -> None:
    second = "3400500010115015002"
    desk.api.script(LIGHT_CURVE, Reply(light_curve(detection(), detection(MJD + 0.001, second))))
    desk.api.script(OBJECT, Reply(ztf_object()))
    desk.add()
    desk.add(candid=second)
    desk.work()
    until(lambda: not desk.waiting())
    assert desk.matches() == [OID, OID]
    assert len(desk.api.requests) == 2


def test_what_is_not_ready_is_tried_again_after_1_2_5_15_minutes_then_hourly_then_given_up(desk: Desk) -> None:
    desk.add()
    workers = desk.work(give_up_hours=2)
    delays = []
    for attempt in range(1, 7):
        until(lambda attempt=attempt: desk.waiting()[0].attempts == attempt and not workers.busy)
        (waits,) = desk.waiting()
        assert "does not know" in str(waits.reason)
        delays.append(round((waits.due - desk.clock()) / 60))
        desk.clock.now = waits.due
    assert delays == [1, 2, 5, 15, 60, 60]
    until(lambda: desk.waiting()[0].given_up_at is not None)
    assert desk.verdicts() == {}, "what is not known was judged"
    desk.knows()
    with desk.store.write() as tx:
        candidates.retry(tx, None, desk.clock())
    until(lambda: desk.matches() == [OID])


def test_an_outage_longer_than_the_patience_gives_nothing_up(desk: Desk) -> None:
    desk.knows()
    desk.add()
    desk.api.every = Reply("down for the week", 503, {"Retry-After": "3600"})
    workers = desk.work(give_up_hours=2)
    for _ in range(4):
        until(lambda: not workers.busy and desk.waiting()[0].due > desk.clock())
        desk.clock.now += 3600
    desk.api.every = None
    desk.clock.now += 3600
    until(lambda: desk.matches() == [OID])


@pytest.mark.parametrize("outage", [Reply(drop=True), Reply("down", 503), Reply("slow down", 429)])
def test_ten_minutes_without_an_answer_cost_no_attempt_and_no_match(outage: Reply, desk: Desk) -> None:
    objects = [f"ZTF26{name * 7}" for name in "abcdefghijkl"]
    for name in objects:
        desk.knows(name)
        desk.add(name)
    desk.api.every = outage
    workers = desk.work(workers=1)
    before = 0
    for _ in range(10):
        until(lambda: not workers.busy and all(c.due > desk.clock() for c in desk.waiting()))
        before = len(desk.api.requests)
        desk.clock.now += 60
    assert sum(c.attempts for c in desk.waiting()) <= 2, "only those that found it out may count an attempt"
    assert before < 60, "an API that is down was asked for every candidate again and again"
    desk.api.every = None
    while desk.waiting():
        until(lambda: not workers.busy and all(c.due > desk.clock() for c in desk.waiting()))
        desk.clock.now += 60
    assert sorted(desk.matches()) == objects


def test_one_objects_garbage_and_errors_hold_up_nobody_else(desk: Desk) -> None:
    bad = {"ZTF26aaaaaaa": Reply(b"<html>"), "ZTF26bbbbbbb": Reply("oops", 500)}
    for name, reply in bad.items():
        desk.api.script(f"/objects/{name}/lightcurve", reply)
        desk.add(name)
    desk.knows()
    desk.add()
    workers = desk.work()
    until(lambda: desk.matches() == [OID] and not workers.busy)
    until(lambda: all(c.attempts == 1 for c in desk.waiting()))
    desk.clock.now += 60
    until(lambda: [c.attempts for c in desk.waiting()] == [2, 2])
    assert [c.due - desk.clock() for c in desk.waiting()] == [120, 120]
    assert ["no JSON" in str(c.reason) or "HTTP 500" in str(c.reason) for c in desk.waiting()] == [True, True]


def test_a_filter_that_raises_harms_nobody_else(desk: Desk) -> None:
    desk.judges.filters["broken"] = Broken("broken", Parameters())
    desk.judges = Judges(desk.judges.filters, 10)
    desk.knows()
    desk.add(OID, CANDID, "bright", "broken")
    desk.work()
    until(lambda: not desk.waiting())
    assert desk.verdicts() == {f"bright {OID}": "match", f"broken {OID}": "unknown"}


def test_a_filter_that_is_configured_no_longer_is_dropped(desk: Desk) -> None:
    desk.knows()
    desk.add(OID, CANDID, "bright", "former")
    desk.add("ZTF26zzzzzzz", "340", "former")
    with capture_logs() as logs:
        desk.work()
        until(lambda: not desk.waiting())
    assert desk.verdicts() == {f"bright {OID}": "match"}
    assert [log["filters"] for log in logs if "no longer" in log["event"]] == [["former"], ["former"]]


def test_a_candidate_waits_for_a_filter_that_is_switched_off_and_the_others_judge(desk: Desk) -> None:
    desk.judges = Judges({**desk.judges.filters, "broken": Broken("broken", Parameters())}, 1)
    with desk.store.write() as tx:
        filter_state.record_error(tx, "broken", "bug", desk.clock(), 1, switch_off=True)
        desk.judges.sync(tx, desk.clock())
    desk.knows()
    desk.add(OID, CANDID, "bright", "broken")
    workers = desk.work()
    until(lambda: desk.matches() == [OID] and not workers.busy)
    (waits,) = desk.waiting()
    assert waits.reason == "switched off after errors: broken"
    desk.judges.filters["broken"] = Bright("broken", Parameters())
    with desk.store.write() as tx:
        filter_state.reset(tx, "broken")
        desk.judges.sync(tx, desk.clock())
    desk.clock.now = waits.due
    until(lambda: not desk.waiting())
    assert desk.verdicts() == {f"bright {OID}": "match", f"broken {OID}": "match"}


def test_what_a_dead_process_had_claimed_is_done_when_its_lease_ends(desk: Desk) -> None:
    desk.knows()
    desk.add()
    with desk.store.write() as tx:
        assert candidates.claim(tx, "a process that was killed", 10, desk.clock(), 300)
    workers = desk.work()
    time.sleep(0.1)
    assert workers.tally.looked_up == 0
    desk.clock.now += 300
    until(lambda: desk.matches() == [OID])


def test_while_the_database_is_away_nothing_is_lost_and_it_is_said_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.knows()
    desk.add()
    write, failures = desk.store.write, iter(range(3))

    def away() -> Any:
        if next(failures, None) is not None:
            raise StoreUnavailable("the database does not answer")
        return write()

    monkeypatch.setattr(desk.store, "write", away)
    with capture_logs() as logs:
        desk.work(workers=1)
        until(lambda: desk.matches() == [OID])
    assert [log["event"] for log in logs if "database" in log["event"]] == [
        "look-ups wait: the database does not answer",
        "look-ups go on: the database is back",
    ]


def test_a_stop_gives_back_what_a_hanging_request_holds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumer.lookup.worker.STOP_SECONDS", 0.2)
    answered = threading.Event()
    desk.api.every = Reply("late", hold=answered)
    desk.add()
    workers = desk.work()
    until(lambda: desk.api.requests)
    workers.stop()
    with desk.store.write() as tx:
        (claimed,) = candidates.claim(tx, "another process", 10, desk.clock(), 300)
    answered.set()
    until(lambda: not any(thread.is_alive() for thread in workers._threads))
    (waits,) = desk.waiting()
    assert (waits.owner, waits.attempts) == (claimed.owner, 0), "settled by who no longer held it"


def test_the_operator_is_told_once_when_candidates_wait_long(desk: Desk) -> None:
    desk.add()
    with capture_logs() as logs:
        workers = desk.work()
        for _ in range(3):
            desk.clock.now += 31 * 60
            until(lambda: not workers.busy and desk.waiting()[0].due > desk.clock())
            time.sleep(0.1)
        told = [log for log in logs if log["event"] == "candidates wait long for their look-up"]
    assert len(told) == 1
    assert told[0]["waiting"] == 1


def test_without_an_api_in_the_settings_the_reason_says_what_to_do(desk: Desk) -> None:
    desk.add()
    desk.work(apis={})
    until(lambda: desk.waiting()[0].reason)
    assert desk.waiting()[0].reason == "nobody to ask: add [apis.ztf] to the settings"


def test_a_payload_that_no_longer_decodes_waits_with_its_error(desk: Desk) -> None:
    desk.add(payload=b"damaged")
    desk.work()
    until(lambda: desk.waiting()[0].reason)
    assert desk.waiting()[0].attempts == 1


def test_an_unforeseen_error_of_one_look_up_stops_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("consumer.lookup.alerce_ztf.AlerceZtf.object", explode)
    desk.knows()
    desk.add()
    with capture_logs() as logs:
        workers = desk.work()
        until(lambda: desk.waiting()[0].reason)
    assert desk.waiting()[0].reason == "unforeseen: RuntimeError: a bug of ours"
    assert workers.failure is None
    assert any(log["log_level"] == "error" for log in logs)


def test_a_verdict_that_cannot_be_stored_stops_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    save = verdicts.save

    def picky(tx: Any, judged: Any, now: float) -> Any:
        if judged[0].alert.object_id == "ZTF26aaaaaaa":
            raise ValueError("no such position")
        return save(tx, judged, now)

    monkeypatch.setattr("alertwatch.store.verdicts.save", picky)
    for name in ("ZTF26aaaaaaa", OID):
        desk.knows(name)
        desk.add(name)
    with capture_logs():
        desk.work()
        until(lambda: desk.matches() == [OID] and [c.attempts for c in desk.waiting()] == [1])
    assert desk.waiting()[0].reason == "unforeseen: ValueError: no such position"


def test_a_worker_that_cannot_go_on_stops_the_service(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("alertwatch.store.candidates.claim", explode)
    with capture_logs():
        workers = desk.work()
        until(desk.stop.is_set)
    assert str(workers.failure) == "a bug of ours"


def test_processes_killed_at_any_moment_lose_nothing_and_repeat_nothing(desk: Desk, database_url: str) -> None:
    desk.clock.now = time.time()
    objects = [f"ZTF26{a}{b}aaaaa" for a in "abcdefgh" for b in "abcdefgh"]
    for name in objects:
        desk.knows(name)
        desk.add(name)
    command = [sys.executable, "-m", "tests.lookup.bright", database_url, desk.api.url]
    for requests in (1, 6, 13, 24, 40):
        desk.api.requests.clear()
        with subprocess.Popen(command) as process:
            until(lambda least=requests: len(desk.api.requests) >= least)
            process.kill()
    assert desk.waiting(), "all was done before the last kill"
    subprocess.run(command, check=True, timeout=60)
    assert sorted(desk.matches()) == objects
    assert desk.waiting() == []
