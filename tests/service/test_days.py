"""The midnight switch of daily topics, through the whole service."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.service import messages
from tests.service.conftest import Place
from tests.support.kafka import wait_for
from tests.support.service import Installation


@pytest.mark.slow
def test_at_the_switch_of_daily_topics_no_message_is_missed_and_none_matches_twice(
    tmp_path: Path, place: Place
) -> None:
    """The last messages of the old day come late and again under the new day's topic, as ALeRCE's do."""
    broker, stem = place.broker, place.broker.topic("stamps")
    today = dt.datetime.now(dt.UTC).date()
    old, new = (f"{stem}_{day:%Y%m%d}" for day in (today, today + dt.timedelta(days=1)))
    everything = messages.stamps(1_000)
    broker.produce(old, everything[:500])
    installation = Installation(tmp_path, *place, {stem + "_{date}": "ztf_stamp"}, ["sn_message"])
    with installation.running() as service:
        wait_for(lambda: installation.messages_done() == 500, "the old day")
        broker.produce(new, everything[450:900])
        broker.produce(old, everything[500:600])
        wait_for(lambda: installation.messages_done() == 1_050, "the switch")
        broker.produce(new, everything[900:])
        wait_for(lambda: installation.messages_done() == 1_150, "the new day")
        assert service.terminate() < 10

    assert installation.found() == sorted(("sn_message", *alert) for alert in messages.expected(1_000))
