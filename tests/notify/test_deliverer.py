"""What becomes of a message: it arrives once, whatever the destination says, and the ledger tells how."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from alertwatch.errors import ChannelRefused, ChannelUnavailable, NotificationRefused, StoreUnavailable
from alertwatch.notification import Notification
from alertwatch.sink import Sink
from alertwatch.store import Store, channels, deliveries
from alertwatch.store.deliveries import Delivery
from consumer.notify.pacing import Pace, delay
from tests.notify.destinations import SETTINGS, Clock, Desk, Memory, Searchable, in_words, wait_until


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def searchable(desk: Desk) -> Searchable:
    sink = desk.sink = Searchable()
    return sink


# -- what goes well -------------------------------------------------------------------------------------------


def test_a_message_arrives_and_its_receipt_is_kept(desk: Desk) -> None:
    (number,) = desk.queue("a")
    desk.deliver()
    (delivery,) = desk.listed()
    assert (delivery.state, delivery.attempts, delivery.owner, delivery.error) == ("sent", 1, None, None)
    assert (delivery.receipt and delivery.receipt.id, delivery.sent_at) == ("m1", desk.clock.now)
    assert desk.outcomes(number) == ["sent"]


def test_urgent_messages_go_first_then_those_that_were_due_longest(desk: Desk) -> None:
    desk.queue("late", due=900.0)
    desk.queue("early", due=100.0)
    desk.queue("urgent", due=950.0, urgent=True)
    desk.queue("not yet", due=2_000.0, urgent=True)
    desk.deliver()
    assert desk.sink.keys == ["urgent", "early", "late"]


def test_what_follows_a_message_is_done_once(desk: Desk) -> None:
    sink = searchable(desk)
    desk.queue("a", "b")
    desk.deliver()
    assert sink.completed == ["m1", "m2"]
    assert desk.states() == ["sent", "sent"]


def test_messages_for_other_channels_are_left_alone(desk: Desk) -> None:
    desk.queue("a", channel="another")
    desk.queue("b")
    desk.deliver()
    assert (desk.sink.keys, desk.states()) == (["b"], ["pending", "sent"])


# -- what fails and passes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [ChannelUnavailable("away"), KeyError("unforeseen")], ids=["away", "bug"])
def test_a_passing_fault_is_tried_again_later_and_holds_the_channel(desk: Desk, fault: Exception) -> None:
    first, second = desk.queue("a", "b")
    desk.sink.faults = [fault]
    desk.deliver()
    assert desk.sink.keys == []
    assert desk.states() == ["pending", "pending"]
    assert desk.outcomes(first) == ["later"]
    assert desk.outcomes(second) == []
    desk.clock.now += 75
    desk.deliver()
    assert sorted(desk.sink.keys) == ["a", "b"]
    assert desk.channel() is None


def test_the_delay_that_the_destination_asks_for_is_kept(desk: Desk) -> None:
    desk.queue("a")
    desk.sink.faults = [ChannelUnavailable("too fast", retry_after=300.0)]
    desk.deliver()
    desk.clock.now += 299
    desk.deliver()
    assert desk.sink.keys == []
    desk.clock.now += 1
    desk.deliver()
    assert desk.sink.keys == ["a"]


def test_delays_grow_with_a_jitter_and_stay_at_the_last_one() -> None:
    for failures, minutes in ((1, 1), (2, 10), (3, 30), (99, 30)):
        delays = [delay(SETTINGS, failures) / 60 for _ in range(200)]
        assert minutes * 0.8 <= min(delays) < max(delays) <= minutes * 1.2


def test_a_channel_that_stays_away_is_tried_less_and_less_whatever_waits_for_it(desk: Desk) -> None:
    desk.queue(*(f"m{n}" for n in range(20)))
    desk.sink.faults = [ChannelUnavailable("away")] * 20
    with desk.running() as (deliverer, _):
        tried = []
        for _ in range(8):
            state = desk.channel()
            desk.clock.now = max(desk.clock.now, state.try_at if state and state.try_at else 0.0)
            left = len(desk.sink.faults)
            deliverer.wake()
            wait_until(lambda left=left: len(desk.sink.faults) == left - 1 and not deliverer.busy)  # type: ignore[misc]
            tried.append(desk.clock.now)
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert waits[0] < 75
    assert all(wait > 1_400 for wait in waits[2:])


# -- what is refused ------------------------------------------------------------------------------------------


def test_a_message_that_is_refused_fails_and_the_others_go_on(desk: Desk) -> None:
    first, _ = desk.queue("a", "b")
    desk.sink.faults = [NotificationRefused("no such address")]
    desk.deliver()
    assert (desk.sink.keys, desk.states()) == (["b"], ["failed", "sent"])
    assert desk.outcomes(first) == ["refused"]
    assert desk.listed()[0].error == "no such address"


def test_a_failed_message_goes_out_when_a_person_retries_it(desk: Desk) -> None:
    desk.queue("a")
    desk.sink.faults = [NotificationRefused("no such address")]
    desk.deliver()
    with desk.store.write() as tx:
        assert deliveries.retry(tx, None, desk.clock.now) == 1
    desk.deliver()
    assert desk.states() == ["sent"]


def test_a_channel_that_refuses_everything_keeps_all_messages_and_is_tried_now_and_then(desk: Desk) -> None:
    desk.queue("a", "b", "c")
    desk.sink.faults = [ChannelRefused("bad token"), ChannelRefused("bad token")]
    desk.deliver()
    assert desk.states() == ["pending"] * 3
    state = desk.channel()
    assert state
    assert (state.refused_since, state.reason, state.try_at) == (1_000.0, "bad token", 1_060.0)
    with desk.running() as (deliverer, _):  # a start, which tries once more
        wait_until(lambda: not desk.sink.faults and not deliverer.busy)
        desk.clock.now = 1_059
        deliverer.wake()
        assert desk.states() == ["pending"] * 3
        desk.clock.now = 1_061
        deliverer.wake()
        wait_until(lambda: desk.states() == ["sent"] * 3)
    assert desk.sink.keys == ["a", "b", "c"]
    assert desk.channel() is None


def test_a_refusing_channel_is_tried_at_once_when_a_person_asks_for_it(desk: Desk) -> None:
    desk.queue("a")
    desk.sink.faults = [ChannelRefused("bad token")]
    with desk.running() as (deliverer, _):
        wait_until(lambda: desk.channel() is not None and not deliverer.busy)
        with desk.store.write() as tx:
            channels.try_now(tx, "team", desk.clock.now)
        deliverer.wake()
        wait_until(lambda: desk.states() == ["sent"])


def test_pictures_that_are_refused_do_not_send_the_message_again(desk: Desk) -> None:
    sink = searchable(desk)
    sink.in_complete = [NotificationRefused("too large")]
    desk.queue("a")
    desk.deliver()
    (delivery,) = desk.listed()
    assert (sink.keys, delivery.state, delivery.error) == (["a"], "sent", "too large")


def test_pictures_that_fail_are_tried_again_without_the_message(desk: Desk) -> None:
    sink = searchable(desk)
    sink.in_complete = [ChannelUnavailable("away")]
    (number,) = desk.queue("a")
    desk.deliver()
    assert desk.states() == ["posted"]
    desk.clock.now += 100
    desk.deliver()
    assert (sink.keys, sink.completed, desk.states()) == (["a"], ["m1"], ["sent"])
    assert desk.outcomes(number) == ["later", "sent"]


def test_pictures_that_fail_hold_no_other_message_back(desk: Desk) -> None:
    sink = searchable(desk)
    sink.in_complete = [ChannelUnavailable("away"), KeyError("unforeseen")]
    desk.queue("a", "b", "c")
    desk.deliver()
    assert (sink.keys, desk.states()) == (["a", "b", "c"], ["posted", "posted", "sent"])
    assert desk.channel() is None


def test_everything_waits_for_as_long_as_the_channel_asks_while_it_takes_pictures(desk: Desk) -> None:
    sink = searchable(desk)
    sink.in_complete = [ChannelUnavailable("too fast", retry_after=300.0)]
    desk.queue("a", "b")
    desk.deliver()
    assert sink.keys == ["a"]
    desk.clock.now += 300
    desk.deliver()
    assert (sink.keys, desk.states()) == (["a", "b"], ["sent", "sent"])


def test_a_channel_that_took_a_message_counts_as_working_though_its_pictures_are_due(desk: Desk) -> None:
    sink = searchable(desk)
    sink.faults = [ChannelUnavailable("away")]
    sink.in_complete = [ChannelUnavailable("away")]
    desk.queue("a")
    desk.deliver()
    desk.clock.now += 100
    desk.deliver()
    assert (desk.states(), desk.channel()) == (["posted"], None)


# -- accepted or not? -----------------------------------------------------------------------------------------


def test_a_message_that_was_accepted_before_the_connection_broke_is_found_and_not_sent_twice(
    desk: Desk,
) -> None:
    sink = searchable(desk)
    sink.after = [ChannelUnavailable("the connection broke")]
    (number,) = desk.queue("a")
    desk.deliver()
    desk.clock.now += 100
    desk.deliver()
    assert (sink.keys, desk.states(), desk.outcomes(number)) == (["a"], ["sent"], ["later", "found"])


def test_a_message_that_a_dead_process_was_sending_is_sent_when_its_lease_is_over(desk: Desk) -> None:
    sink = searchable(desk)
    (number,) = desk.queue("a")
    with desk.store.write() as tx:
        assert deliveries.claim(tx, "team", "dead", desk.clock.now, 60.0)
    desk.clock.now += 59
    desk.deliver()
    assert sink.keys == []
    desk.clock.now += 1
    desk.deliver()
    assert (sink.keys, desk.outcomes(number)) == (["a"], [None, "sent"])


def test_a_message_that_a_dead_process_had_sent_is_found(desk: Desk) -> None:
    sink = searchable(desk)
    desk.queue("a")
    with desk.store.write() as tx:
        claimed = deliveries.claim(tx, "team", "dead", desk.clock.now, 60.0)
    assert claimed
    sink.accepted.append(in_words(claimed, sink))
    desk.clock.now += 60
    desk.deliver()
    assert (sink.keys, desk.states()) == (["a"], ["sent"])


# -- everything else that goes wrong --------------------------------------------------------------------------


def test_a_message_that_cannot_be_composed_waits_and_the_others_go_on(desk: Desk) -> None:
    def clumsy(delivery: Delivery, sink: Sink[Memory]) -> Notification:
        if delivery.key == "a":
            raise KeyError("no such row")
        return in_words(delivery, sink)

    desk.compose = clumsy
    desk.queue("a", "b")
    desk.deliver()
    assert (desk.sink.keys, desk.states()) == (["b"], ["pending", "sent"])
    assert desk.listed()[0].error == "cannot be composed: KeyError: 'no such row'"


def test_the_database_may_be_away_for_a_while_and_nothing_goes_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.queue("a", "b")
    real, down = desk.store.write, iter([False, False, True, True, False, True])

    def flaky() -> object:
        if next(down, False):
            raise StoreUnavailable("away")
        return real()

    monkeypatch.setattr(desk.store, "write", flaky)
    desk.deliver()
    assert (desk.sink.keys, desk.states()) == (["a", "b"], ["sent", "sent"])


def test_messages_are_spaced_by_the_channels_rate() -> None:
    clock = Clock(0.0)
    pace = Pace(30, clock)
    assert pace.left() == 0
    pace.took()
    assert pace.left() == 2
    clock.now = 1.5
    assert pace.left() == 0.5
    assert Pace(None, clock).left() == 0


def test_the_rate_holds_the_second_message_back(desk: Desk) -> None:
    monotonic = Clock(0.0)
    desk.queue("a", "b")
    with desk.running(per_minute=60, monotonic=monotonic) as (deliverer, _):
        wait_until(lambda: desk.states() == ["sent", "pending"] and not deliverer.busy)
        deliverer.wake()
        monotonic.now = 1.0
        deliverer.wake()
        wait_until(lambda: desk.states() == ["sent", "sent"])


# -- a stop ---------------------------------------------------------------------------------------------------


def test_a_stop_waits_for_the_message_under_way_and_leaves_the_others(desk: Desk) -> None:
    desk.queue("a", "b")
    desk.sink.go_on.clear()
    with desk.running() as (deliverer, stop):
        assert desk.sink.sending.wait(10)
        stop.set()
        desk.sink.go_on.set()
        deliverer.wake()
        deliverer.thread.join(10)
    assert (desk.sink.keys, desk.states()) == (["a"], ["sent", "pending"])


def test_a_message_that_hangs_is_left_to_its_lease(desk: Desk) -> None:
    desk.queue("a")
    desk.sink.go_on.clear()
    with desk.running() as (deliverer, stop):
        assert desk.sink.sending.wait(10)
        stop.set()
        deliverer.wake()
        deliverer.thread.join(0.05)
        (delivery,) = desk.listed()
        assert (delivery.state, delivery.due) == ("sending", desk.clock.now + 60)
        desk.sink.go_on.set()


def test_what_was_claimed_and_not_begun_is_given_back_at_a_stop(desk: Desk) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(delivery: Delivery, sink: Sink[Memory]) -> Notification:
        started.set()
        go_on.wait(10)
        return in_words(delivery, sink)

    desk.compose = slow
    desk.queue("a")
    with desk.running() as (deliverer, stop):
        assert started.wait(10)
        stop.set()
        go_on.set()
        deliverer.wake()
        deliverer.thread.join(10)
    (delivery,) = desk.listed()
    assert (desk.sink.keys, delivery.state, delivery.owner, delivery.due) == (
        [],
        "pending",
        None,
        desk.clock.now,
    )


def test_two_processes_never_send_the_same_message(desk: Desk) -> None:
    desk.queue(*(f"m{n}" for n in range(60)))
    with desk.running(), desk.running(), desk.running():
        wait_until(lambda: set(desk.states()) == {"sent"})
    assert len(desk.sink.keys) == len(set(desk.sink.keys)) == 60
