"""A followed object's later alert, whose message tells but the class, is looked up like any candidate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alertwatch.filter import FOLLOWED, Parameters
from alertwatch.settings import ApiSettings, LookupSettings, Settings
from alertwatch.store import Store, outbox, queries
from consumer.judging import Judges
from consumer.lookup.worker import LookupWorkers
from consumer.notify.following import Following
from consumer.notify.notices import Notices
from tests.lookup.bright import Bright
from tests.lookup.conftest import Clock
from tests.lookup.fake_api import FakeApi, Reply
from tests.lookup.test_worker import Desk, until
from tests.lookup.ztf_answers import CANDID, LIGHT_CURVE, MJD, OBJECT, OID, detection, light_curve, ztf_object
from tests.notify.packets import subscription, subscriptions

LATER = "3400500010115015999"


class FollowingDesk(Desk):
    """Workers that also write down what a subscription to *bright* may have to be told."""

    def __init__(self, store: Store, api: FakeApi, clock: Clock) -> None:
        super().__init__(store, api, clock)
        self.notices = Notices()
        self.judges = Judges({"bright": Bright("bright", Parameters()), FOLLOWED: Following(self.notices)}, 10)
        with store.read() as tx:
            self.notices.refresh(tx, subscriptions(subscription("team", "bright")), clock())

    def start(self) -> None:
        settings = Settings(
            apis={"ztf": ApiSettings(url=self.api.url, requests_per_second=1e6)},
            lookups=LookupSettings(workers=2),
        )
        workers = LookupWorkers(self.store, self.judges, settings, self.stop, self.clock, self.notices)
        self.running.append(workers)
        workers.start()

    def rows(self) -> list[outbox.Row]:
        with self.store.read() as tx:
            return outbox.of_object(tx, OID)


@pytest.fixture
def desk(store: Store, api: FakeApi, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[FollowingDesk]:
    monkeypatch.setattr("consumer.lookup.worker.POLL_SECONDS", 0.01)
    desk = FollowingDesk(store, api, clock)
    yield desk
    desk.stop.set()
    for workers in desk.running:
        workers.stop()


def test_a_later_alert_that_no_filter_wants_is_looked_up_and_noted(desk: FollowingDesk) -> None:
    desk.knows()
    desk.add()
    desk.start()
    until(lambda: not desk.waiting())
    (matched,) = desk.rows()
    assert (matched.filter, matched.facts.mag) == ("bright", 18.5)
    until(desk.notices.wake.is_set)
    desk.notices.wake.clear()
    desk.clock.now += 600  # the answers of before are not used again
    brighter = detection(MJD + 2, LATER, magpsf=17.5)
    desk.api.script(LIGHT_CURVE, Reply(light_curve(detection(), brighter)))
    desk.api.script(OBJECT, Reply(ztf_object(ndet=3, lastmjd=MJD + 2)))
    desk.add(OID, LATER, FOLLOWED, received=MJD + 2.01)
    until(lambda: not desk.waiting())
    _, later = desk.rows()
    assert (later.filter, later.alert_id, later.facts.mag) == (FOLLOWED, LATER, 17.5)
    assert later.facts.age_days == 5.0  # since firstmjd; the first sign below the threshold is older
    until(desk.notices.wake.is_set)
    with desk.store.read() as tx:
        assert [d.mag for d in queries.light_curve(tx, "ztf", OID).detections] == [18.5, 17.5]
        summary = queries.object_summary(tx, "ztf", OID)
    assert summary is not None
    assert (summary.n_det, summary.last_mjd) == (3, MJD + 2)


def test_until_the_alert_is_known_it_waits_like_any_candidate(desk: FollowingDesk) -> None:
    desk.knows()
    desk.add()
    desk.add(OID, LATER, FOLLOWED)
    desk.start()
    until(lambda: len(desk.waiting()) == 1 and desk.waiting()[0].attempts == 1)
    assert f"do not hold {LATER} yet" in str(desk.waiting()[0].reason)
    assert [row.alert_id for row in desk.rows()] == [CANDID]
