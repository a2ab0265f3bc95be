"""What the operator is told, by an injected clock."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from alertwatch.notification import Kind, Receipt
from alertwatch.settings import Settings
from alertwatch.store import Store, candidates, channels, concerns, deliveries, filter_state, subscriptions
from alertwatch.store.deliveries import NewDelivery
from alertwatch.store.tables import matches
from alertwatch.store.upsert import insert
from alertwatch.times import from_unix_ms
from consumer.notify.watch import Watch
from tests.store.examples import a_candidate

NOW = 1_790_000_000.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass
class Seen:
    """A stream as the loop shows it."""

    name: str = "ztf"
    lag: int = 0
    connected: bool = True
    messages: int = 0


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


class Desk:
    """One process with its operator, and a clock to move."""

    def __init__(self, store: Store, operator: tuple[str, ...] = ("pager",)) -> None:
        self.store, self.clock, self.stream = store, Clock(), Seen()
        settings = Settings.model_validate(
            {
                "filters": {"young_sn": {}},
                "channels": {key: {"use": "file", "path": "x"} for key in ("pager", "team")},
                "notifications": {"operator": operator},
            }
        )
        self.watch = Watch(settings, store, [self.stream], self.clock)

    def later(self, seconds: float) -> list[str]:
        """Move the clock on in steps of ten minutes; the words that were said."""
        before = set(self.words())
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now = min(end, self.clock.now + 10 * MINUTE)
            self.watch.look()
            self.deliver()
        return [word for word in self.words() if word not in before]

    def deliver(self) -> None:
        """The pager takes what is for it; the team's channel takes nothing."""
        with self.store.write() as tx:
            while delivery := deliveries.claim(tx, "pager", "me", self.clock.now, 60):
                deliveries.sent(tx, delivery, Receipt(id="1"), self.clock.now)

    def words(self) -> list[str]:
        with self.store.read() as tx:
            return [f"{d.channel}: {d.text}" for d in reversed(deliveries.list(tx, subscription="operator"))]


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_all_well_is_not_worth_a_word(desk: Desk) -> None:
    desk.stream.lag = 50
    for _ in range(10):
        desk.stream.messages += 1
        assert desk.later(HOUR) == []


def test_a_stream_that_falls_behind_is_said_once_and_its_end_too(desk: Desk) -> None:
    desk.stream.lag = 5_000
    said = desk.later(6 * HOUR)
    assert said == [
        "pager: ztf is behind and does not catch up: 5,000 messages to read, 5,000 30 min ago",
    ]
    desk.stream.lag = 0
    assert desk.later(HOUR) == [f"pager: Over: {said[0].removeprefix('pager: ')}"]


def test_a_backlog_that_shrinks_is_no_trouble(desk: Desk) -> None:
    desk.stream.lag = 1_000_000
    for _ in range(30):
        desk.stream.lag -= 30_000
        desk.stream.messages += 30_000
        assert desk.later(10 * MINUTE) == []


def test_a_silent_night_with_a_healthy_broker_is_weather(desk: Desk) -> None:
    assert desk.later(23 * HOUR) == []
    assert desk.later(2 * HOUR) == [
        "pager: No ztf alerts for 24 h, though the broker is well: weather?",
    ]


def test_a_broker_that_is_away_is_not_called_weather(desk: Desk) -> None:
    desk.stream.connected = False
    assert desk.later(30 * HOUR) == ["pager: ztf: the broker has not answered for 30 min; we keep trying"]


def test_a_filter_that_was_switched_off_is_said(desk: Desk) -> None:
    with desk.store.write() as tx:
        filter_state.record_error(tx, "young_sn", "KeyError: 'drb'", NOW, 10, switch_off=True)
    (word,) = desk.later(HOUR)
    assert "young_sn is switched off: 10 errors in a row, the last was KeyError: 'drb'" in word
    assert "alertwatch filters reset young_sn" in word


def test_a_channel_that_refuses_is_said_once(desk: Desk) -> None:
    with desk.store.write() as tx:
        channels.refused(tx, "team", "the token is not valid", NOW, NOW + HOUR)
    (word,) = desk.later(5 * HOUR)
    assert "The channel team refuses messages, which wait: the token is not valid" in word
    with desk.store.write() as tx:
        channels.works(tx, "team")
    assert desk.later(HOUR)[0].startswith("pager: Over: The channel team refuses")


def test_messages_that_wait_for_long_are_said(desk: Desk) -> None:
    new = NewDelivery(key="k", subscription="s", channel="team", kind=Kind.MATCH, title="t", due=NOW)
    with desk.store.write() as tx:
        deliveries.create(tx, [new], NOW)
    (word,) = desk.later(3 * HOUR)
    assert word.startswith("pager: Messages for team have waited for more than an hour")


def test_messages_for_a_channel_that_is_gone_are_said(desk: Desk) -> None:
    new = NewDelivery(key="k", subscription="s", channel="old", kind=Kind.MATCH, title="t", due=NOW)
    with desk.store.write() as tx:
        deliveries.create(tx, [new], NOW)
    [word] = desk.later(HOUR)
    assert word.startswith("pager: Messages wait for the channel old, which is not configured.")


def test_a_message_that_was_refused_for_good_is_said(desk: Desk) -> None:
    new = NewDelivery(key="k", subscription="s", channel="team", kind=Kind.MATCH, title="t", due=NOW)
    with desk.store.write() as tx:
        deliveries.create(tx, [new], NOW)
        delivery = deliveries.claim(tx, "team", "me", NOW, 60)
        assert delivery
        deliveries.failed(tx, delivery, "msg_too_long", NOW)
    (word,) = desk.later(HOUR)
    assert "Messages were refused for good by team" in word
    assert "--state failed" in word


def test_a_subscription_that_names_what_is_gone_is_said(desk: Desk) -> None:
    with desk.store.write() as tx:
        subscriptions.add(tx, "old", {"filters": ["gone"], "channels": ["team"]}, NOW)
    (word,) = desk.later(HOUR)
    assert word.startswith(
        "pager: The subscription old is to be mended: [subscriptions.old] filters: no filter"
    )


def test_candidates_that_wait_for_long_are_said(desk: Desk) -> None:
    with desk.store.write() as tx:
        candidates.add(tx, [a_candidate()], NOW)
    (word,) = desk.later(HOUR)
    assert word == (
        "pager: Candidates wait for their look-up for more than 30 min; alertwatch candidates says why"
    )


def put_matches(store: Store, per_day: dict[int, int]) -> None:
    """So many matches of young_sn on each day before now."""
    rows = [
        {
            "filter": "young_sn", "survey": "ztf", "object_id": f"ZTF{day}x{n}", "alert_id": "1", "stream": "s",
            "mjd": from_unix_ms(round(1000 * (NOW - (day + 0.5) * DAY))), "criteria": [],
            "parameters_hash": "h", "matched_at": NOW,
        }
        for day, count in per_day.items()
        for n in range(count)
    ]  # fmt: skip
    with store.write() as tx:
        tx.execute(insert(tx, matches), rows)


def test_ten_times_the_usual_rate_is_said(desk: Desk) -> None:
    put_matches(desk.store, dict.fromkeys(range(1, 20), 3) | {0: 40})
    assert desk.later(10 * MINUTE) == [
        "pager: The filter young_sn matched 40 alerts in 24 h, usually 3.0 a day"
    ]


def test_a_new_filter_has_no_usual_rate(desk: Desk) -> None:
    put_matches(desk.store, {0: 400, 1: 3})
    assert desk.later(10 * MINUTE) == []


def test_a_filter_that_matches_no_longer_is_said(desk: Desk) -> None:
    put_matches(desk.store, dict.fromkeys(range(8, 25), 3))
    assert desk.later(10 * MINUTE) == [
        "pager: The filter young_sn has matched nothing for 7 days, usually 2.8 a day"
    ]


def test_two_processes_say_it_once(store: Store) -> None:
    first, second = Desk(store), Desk(store)
    with store.write() as tx:
        channels.refused(tx, "team", "no", NOW, NOW)
    first.later(HOUR)
    assert len(first.words()) == 1
    assert second.later(HOUR) == []


def test_another_machines_lag_is_not_ours_to_end(desk: Desk) -> None:
    with desk.store.write() as tx:
        concerns.begin(tx, {"lag ztf on another-machine": "behind"}, NOW)
    assert desk.later(HOUR) == []
    with desk.store.read() as tx:
        assert [concern.key for concern in concerns.all(tx)] == ["lag ztf on another-machine"]


def test_without_an_operator_it_is_logged_and_not_sent(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(store, operator=())
    desk.stream.connected = False
    assert desk.later(HOUR) == []
    with store.read() as tx:
        assert len(concerns.all(tx)) == 1
