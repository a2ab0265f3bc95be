from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from alertwatch.errors import ApiUnavailable, BadAnswer, NotReadyYet
from consumer.lookup.http import RETRY_SECONDS, About, ApiClient
from tests.lookup.conftest import Clock
from tests.lookup.fake_api import FakeApi, Reply

MakeClient = Callable[..., ApiClient]

X = About("ZTF26aaaaaaa", 0.0)


def about(name: str) -> About:
    return About(name, 0.0)


def test_the_answer_is_json_with_whole_ids(api: FakeApi, client: MakeClient) -> None:
    api.script("/thing", Reply(b'{"candid": 2512345678901234567, "mag": NaN}'))
    assert client().get("thing", {"oid": "x"}, X) == {"candid": 2512345678901234567, "mag": None}
    assert api.requests == [("/thing", {"oid": "x"})]


def test_a_base_address_with_a_path_keeps_it(api: FakeApi, client: MakeClient) -> None:
    api.script("/ztf/v1/objects/x", Reply({"ok": True}))
    assert client(url=f"{api.url}/ztf/v1").get("objects/x", {}, X) == {"ok": True}


def test_an_unknown_object_is_not_ready_yet(api: FakeApi, client: MakeClient) -> None:
    with pytest.raises(NotReadyYet, match=r"test API at 127\.0\.0\.1 does not know ZTF26aaaaaaa yet"):
        client().get("thing", {}, X)


def test_a_dropped_connection_is_tried_again_at_once(api: FakeApi, client: MakeClient, clock: Clock) -> None:
    api.script("/thing", Reply(drop=True), Reply(drop=True), Reply([1]))
    assert client().get("thing", {}, X) == [1]
    assert len(clock.slept) == len(RETRY_SECONDS)


def test_a_connection_that_keeps_dropping_means_that_the_api_is_unavailable(
    api: FakeApi, client: MakeClient
) -> None:
    api.script("/thing", Reply(drop=True))
    with pytest.raises(ApiUnavailable, match="does not answer"):
        client().get("thing", {}, X)
    assert len(api.requests) == 1 + len(RETRY_SECONDS)


def test_nobody_at_the_address_means_that_the_api_is_unavailable(api: FakeApi, client: MakeClient) -> None:
    with pytest.raises(ApiUnavailable, match="ConnectError"):
        client(url="http://127.0.0.1:9").get("thing", {}, X)


def test_a_time_out_is_not_tried_again_at_once(api: FakeApi, client: MakeClient) -> None:
    never = threading.Event()
    api.script("/thing", Reply([], hold=never))
    with pytest.raises(ApiUnavailable, match="ReadTimeout"):
        client(timeout_seconds=0.1).get("thing", {}, X)
    never.set()
    assert len(api.requests) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_overloaded_api_is_left_alone_for_as_long_as_it_asks(
    status: int, api: FakeApi, client: MakeClient, clock: Clock
) -> None:
    api.script("/thing", Reply("busy", status, {"Retry-After": "120"}), Reply([1]))
    polite = client()
    with pytest.raises(ApiUnavailable) as refused:
        polite.get("thing", {}, X)
    assert refused.value.retry_after == 120
    clock.now += 119
    with pytest.raises(ApiUnavailable):
        polite.get("thing", {}, about("another"))
    assert len(api.requests) == 1, "asked although it was told to wait"
    clock.now += 1.1
    assert polite.get("thing", {}, X) == [1]


def test_retry_after_may_be_a_date_and_nonsense_is_ignored(
    api: FakeApi, client: MakeClient, clock: Clock
) -> None:
    date = formatdate(clock.now + 60, usegmt=True)
    api.script("/date", Reply("busy", 503, {"Retry-After": date}))
    api.script("/nonsense", Reply("busy", 503, {"Retry-After": "soon"}))
    with pytest.raises(ApiUnavailable) as refused:
        client().get("date", {}, X)
    assert refused.value.retry_after == pytest.approx(60, abs=1)
    with pytest.raises(ApiUnavailable) as refused:
        client().get("nonsense", {}, X)
    assert refused.value.retry_after is None


def test_the_circuit_opens_after_failures_in_a_row_and_closes_with_the_first_answer(
    api: FakeApi, client: MakeClient, clock: Clock
) -> None:
    api.script("/thing", *[Reply("down", 503)] * 3, Reply([1]))
    one = client(breaker_failures=3, breaker_seconds=60)
    for n in range(3):
        assert one.down_for() == 0
        with pytest.raises(ApiUnavailable):
            one.get("thing", {}, about(f"object {n}"))
    assert one.down_for() == 60
    with pytest.raises(ApiUnavailable, match="is down; asked again in 60 s"):
        one.get("thing", {}, X)
    assert len(api.requests) == 3
    clock.now += 60
    assert one.get("thing", {}, X) == [1]
    assert one.down_for() == 0


def test_after_the_pause_one_request_finds_out_for_all(api: FakeApi, client: MakeClient, clock: Clock) -> None:
    answered = threading.Event()
    api.script("/thing", Reply("down", 503), Reply([1], hold=answered))
    one = client(breaker_failures=1, breaker_seconds=60)
    with pytest.raises(ApiUnavailable):
        one.get("thing", {}, X)
    clock.now += 60
    with ThreadPoolExecutor(1) as pool:
        probe = pool.submit(one.get, "thing", {}, X)
        while len(api.requests) < 2:
            pass
        with pytest.raises(ApiUnavailable):
            one.get("thing", {}, about("another"))
        answered.set()
        assert probe.result(10) == [1]
    assert len(api.requests) == 2


def test_unknown_objects_and_garbage_never_open_the_circuit(api: FakeApi, client: MakeClient) -> None:
    api.script("/garbage", Reply(b"<html>It works!</html>"))
    one = client(breaker_failures=2)
    for n in range(5):
        with pytest.raises(NotReadyYet):
            one.get("unknown", {}, about(f"object {n}"))
        with pytest.raises(BadAnswer, match="no JSON"):
            one.get("garbage", {}, about(f"object {n}"))
    assert one.down_for() == 0


def test_one_objects_repeated_500_never_opens_the_circuit(api: FakeApi, client: MakeClient) -> None:
    api.script("/thing", Reply("oops", 500))
    one = client(breaker_failures=2)
    for _ in range(5):
        with pytest.raises(BadAnswer, match="fails for ZTF26aaaaaaa: HTTP 500"):
            one.get("thing", {}, X)
    assert one.down_for() == 0


def test_a_500_for_several_objects_in_a_row_opens_the_circuit(api: FakeApi, client: MakeClient) -> None:
    api.script("/thing", Reply("oops", 500))
    one = client(breaker_failures=3)
    for name in ("a", "b"):
        with pytest.raises(BadAnswer):
            one.get("thing", {}, about(name))
    with pytest.raises(ApiUnavailable) as down:
        one.get("thing", {}, about("c"))
    assert down.value.retry_after == one.down_for() > 0


def test_a_500_that_means_unknown_object_is_not_ready_yet(api: FakeApi, client: MakeClient) -> None:
    api.script("/object", Reply("An error occurred", 500))
    one = client(breaker_failures=1)
    with pytest.raises(NotReadyYet):
        one.get("object", {}, X, missing=500)
    assert one.down_for() == 0


def test_a_refusal_is_a_bad_answer_that_says_so(api: FakeApi, client: MakeClient) -> None:
    api.script("/thing", Reply("no such parameter", 400))
    with pytest.raises(BadAnswer, match=r"HTTP 400.*no such parameter"):
        client().get("thing", {}, X)


def test_an_answer_is_used_again_for_a_while(api: FakeApi, client: MakeClient, clock: Clock) -> None:
    api.script("/thing", Reply([1]), Reply([2]))
    one = client(cache_seconds=600)
    assert [one.get("thing", {}, X), one.get("thing", {}, X)] == [[1], [1]]
    clock.now += 600
    assert one.get("thing", {}, X) == [2]


def test_an_answer_from_before_the_message_is_never_used(
    api: FakeApi, client: MakeClient, clock: Clock
) -> None:
    api.script("/thing", Reply([1]), Reply([2]))
    one = client(cache_seconds=600)
    one.get("thing", {}, X)
    clock.now += 5
    assert one.get("thing", {}, About(X.object_id, clock.now - 1)) == [2]


def test_a_forgotten_answer_is_asked_for_again(api: FakeApi, client: MakeClient) -> None:
    api.script("/thing", Reply([1]), Reply([2]))
    one = client(cache_seconds=600)
    one.get("thing", {}, X)
    one.forget(X.object_id)
    assert one.get("thing", {}, X) == [2]


def test_requests_keep_to_the_rate_that_is_set(api: FakeApi, client: MakeClient, clock: Clock) -> None:
    api.script("/thing", Reply([1]))
    one, start = client(requests_per_second=2.0, cache_seconds=0), clock.now
    for _ in range(7):
        one.get("thing", {}, X)
    assert clock.now - start == pytest.approx(3.0)
    assert one.requests == 7


def test_no_more_requests_are_under_way_at_once_than_set(api: FakeApi, client: MakeClient) -> None:
    answered = threading.Event()
    api.script("/thing", Reply([1], hold=answered))
    one = client(max_concurrent=2)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(one.get, "thing", {}, about(str(n))) for n in range(6)]
        while len(api.requests) < 2:
            pass
        threading.Event().wait(0.1)
        under_way = len(api.requests)
        answered.set()
        assert [a.result(10) for a in asked] == [[1]] * 6
    assert under_way == 2


def test_an_endless_answer_is_cut_off(
    api: FakeApi, client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumer.lookup.http.MOST_ANSWER_BYTES", 1000)
    api.script("/thing", Reply(b"x" * 100_000))
    with pytest.raises(BadAnswer, match="more than 1000 bytes"):
        client().get("thing", {}, X)
