"""From a stored match to a message that arrived: everything wired together, as the service does it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from alertwatch.sink import Action
from alertwatch.store import Store, deliveries, labels, outbox, subscriptions, verdicts
from consumer.notify import notifier as module
from consumer.notify.listener import Listener
from consumer.notify.notifier import Notifier
from tests.notify.destinations import Memory, wait_until
from tests.store.examples import an_alert, judged


@pytest.fixture
def arrived(tmp_path: Path) -> Path:
    return tmp_path / "told.jsonl"


@pytest.fixture
def start(store: Store, arrived: Path) -> Iterator[Callable[..., Notifier]]:
    """Start a notifier with one channel, a file, and these sections besides."""
    started: list[Notifier] = []

    def start_(**sections: Any) -> Notifier:
        channels = {"log": {"use": "file", "path": str(arrived)}}
        filters = {"young_sn": {}}
        settings = module.Settings.model_validate({"channels": channels, "filters": filters, **sections})
        notifier = Notifier(settings, store, threading.Event())
        notifier.start()
        started.append(notifier)
        return notifier

    yield start_
    for notifier in started:
        notifier.stop()


SN = {"sn": {"filters": ["young_sn"], "channels": ["log"], "pictures": False}}


def match(store: Store, notifier: Notifier, object_id: str = "ZTF21aaaaaaa", number: int = 1) -> None:
    """What the pipeline does with a match; another number is another place on the sky."""
    found = [judged(an_alert(object_id, str(number), ra=150.0 + number))]
    with store.write() as tx:
        new = verdicts.save(tx, found, time.time())
        notifier.notices.record(tx, found, new, time.time())
    notifier.notices.committed(found)


def objects(arrived: Path) -> list[str]:
    lines = arrived.read_text().splitlines() if arrived.exists() else []
    return [json.loads(line)["object_id"] for line in lines]


def test_a_match_is_told(start: Callable[..., Notifier], store: Store, arrived: Path) -> None:
    notifier = start(subscriptions=SN)
    match(store, notifier)
    wait_until(lambda: objects(arrived) == ["ZTF21aaaaaaa"])


def test_what_was_recorded_before_a_crash_is_told_by_the_next_process(
    start: Callable[..., Notifier], store: Store, arrived: Path
) -> None:
    first = start(subscriptions=SN)
    first.stop()
    match(store, first)
    assert objects(arrived) == []
    start(subscriptions=SN)
    wait_until(lambda: objects(arrived) == ["ZTF21aaaaaaa"])


def test_a_subscription_that_is_added_by_command_is_told_of_later_matches(
    start: Callable[..., Notifier], store: Store, arrived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REFRESH_SECONDS", 0.0)
    notifier = start()
    match(store, notifier, "ZTF21aaaaaaa")
    with store.write() as tx:
        subscriptions.add(tx, "sn", SN["sn"], time.time())
    notifier.wake()
    wait_until(lambda: bool(notifier.notices._seconds))
    match(store, notifier, "ZTF21aaaaaab", 2)
    wait_until(lambda: objects(arrived) == ["ZTF21aaaaaab"])


def test_a_batch_run_ends_when_what_is_due_is_told(
    start: Callable[..., Notifier], store: Store, arrived: Path
) -> None:
    notifier = start(subscriptions=SN)
    for n in range(20):
        match(store, notifier, f"ZTF21aaaaa{n:02}", n)
    notifier.finish()
    assert len(objects(arrived)) == 20
    assert notifier.waiting() == 0


def test_a_batch_run_does_not_wait_for_a_channel_that_is_away(
    start: Callable[..., Notifier], store: Store, arrived: Path
) -> None:
    notifier = start(
        subscriptions=SN,
        channels={"log": {"use": "file", "path": str(arrived.parent / "no" / "such" / "folder")}},
    )
    match(store, notifier)
    notifier.finish()
    assert notifier.waiting() == 1


def test_without_subscriptions_nothing_is_recorded_and_nothing_drawn(
    start: Callable[..., Notifier], store: Store
) -> None:
    notifier = start()
    match(store, notifier)
    notifier.finish()
    with store.read() as tx:
        assert outbox.of_object(tx, "ZTF21aaaaaaa") == []
        assert deliveries.list(tx) == []
    assert notifier._drawing.pid is None


def test_a_planner_that_fails_is_tried_again(
    start: Callable[..., Notifier], store: Store, arrived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    notifier = start(subscriptions=SN)
    real, faults = notifier._planner.plan, [KeyError("a bug")]

    def plan() -> int:
        if faults:
            raise faults.pop()
        return real()

    monkeypatch.setattr(notifier._planner, "plan", plan)
    match(store, notifier)
    wait_until(lambda: objects(arrived) == ["ZTF21aaaaaaa"])
    assert not faults


# -- what people answer ---------------------------------------------------------------------------------------


class Talkative(Memory):
    """Loses its connection once, then passes on what somebody did."""

    broken = False

    def listen(self, act: Callable[[Action], None], stop: threading.Event) -> None:
        if not self.broken:
            self.broken = True
            raise ConnectionError("the socket broke")
        act(Action(survey="ztf", object_id="ZTF21aaaaaaa", label="claim", by="@ana"))
        stop.wait(20)


def test_what_people_do_with_a_message_becomes_a_label(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumer.notify.listener.RETRY_SECONDS", 0.01)
    stop = threading.Event()
    listener = Listener(Talkative(), store, stop, lambda: 5.0)
    listener.thread.start()

    def said(tx: Connection) -> list[tuple[str, str, str, float]]:
        return [(one.label, one.by, one.via, one.added_at) for one in labels.list(tx)]

    def is_kept() -> bool:
        with store.read() as tx:
            return said(tx) == [("claim", "@ana", "team", 5.0)]

    wait_until(is_kept)
    stop.set()
    listener.thread.join(10)
    assert not listener.thread.is_alive()
