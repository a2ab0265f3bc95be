"""Subscriptions as the database and the settings file know them together."""

from __future__ import annotations

from typing import Any

import pytest

from alertwatch.errors import SettingsError
from alertwatch.facts import Facts
from alertwatch.settings import Settings
from alertwatch.store import Store, outbox
from alertwatch.store import subscriptions as table
from alertwatch.store.outbox import NewRow
from alertwatch.subscriptions import Subscription, known, parse, problems

SETTINGS: dict[str, Any] = {
    "filters": {"young_sn": {}, "agn_flare": {}},
    "channels": {"team": {"use": "slack"}},
    "subscriptions": {"of_file": {"filters": ["young_sn"], "channels": ["team"]}},
}
FAST = {"filters": ["young_sn"], "channels": ["team"], "where": {"brighter_than": 19.0}}


@pytest.fixture
def settings() -> Settings:
    return Settings.model_validate(SETTINGS)


def all_of(store: Store, settings: Settings) -> dict[str, Subscription]:
    with store.read() as tx:
        return known(settings, tx)


def test_those_of_the_file_and_those_added_are_one_table(store: Store, settings: Settings) -> None:
    with store.write() as tx:
        table.add(tx, "fast", FAST, 10.0)
    found = all_of(store, settings)
    assert [(one.name, one.origin, one.problem) for one in found.values()] == [
        ("of_file", "file", None),
        ("fast", "command", None),
    ]
    assert found["fast"].settings.where.brighter_than == 19.0


def test_a_definition_added_again_replaces_the_old_one_and_stays_paused(
    store: Store, settings: Settings
) -> None:
    with store.write() as tx:
        table.add(tx, "fast", FAST, 10.0)
        table.pause(tx, "fast", 15.0)
        table.add(tx, "fast", {**FAST, "filters": ["agn_flare"]}, 20.0)
    found = all_of(store, settings)["fast"]
    assert (found.settings.filters, found.paused_at) == (("agn_flare",), 15.0)


@pytest.mark.parametrize("name", ["of_file", "fast"])
def test_a_pause_lasts_until_it_is_undone(store: Store, settings: Settings, name: str) -> None:
    with store.write() as tx:
        table.add(tx, "fast", FAST, 10.0)
        assert table.pause(tx, name, 20.0)
        assert not table.pause(tx, name, 30.0)
    assert all_of(store, settings)[name].paused_at == 20.0
    with store.write() as tx:
        assert table.resume(tx, name)
        assert not table.resume(tx, name)
    assert all_of(store, settings)[name].paused_at is None


def test_one_that_was_added_is_removed_and_those_of_the_file_stay(store: Store, settings: Settings) -> None:
    with store.write() as tx:
        table.add(tx, "fast", FAST, 10.0)
        table.pause(tx, "of_file", 10.0)
        assert table.remove(tx, "fast")
        assert not table.remove(tx, "fast")
        assert not table.remove(tx, "of_file")
    assert set(all_of(store, settings)) == {"of_file"}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (
            {"filters": ["young_sm"]},
            "[subscriptions.fast] filters: no filter 'young_sm' is configured; did you mean 'young_sn'?",
        ),
        (
            {"channels": ["pi"]},
            "[subscriptions.fast] channels: no channel 'pi' is configured; known are: team",
        ),
        (
            {"where": {"brighter": 19.0}},
            "[subscriptions.fast.where] brighter is no setting; did you mean 'brighter_than'?",
        ),
        (
            {"urgent": {"min_prob": 0.8}},
            "[subscriptions.fast.urgent] min_prob is no setting; did you mean 'min_probability'?",
        ),
        (
            {"urgent": {"min_probability": 2}},
            "[subscriptions.fast.urgent] min_probability should be less than or equal to 1",
        ),
    ],
)
def test_one_that_no_longer_makes_sense_is_listed_and_the_others_go_on(
    store: Store, settings: Settings, changed: dict[str, Any], problem: str
) -> None:
    with store.write() as tx:
        table.add(tx, "fast", {**FAST, **changed}, 10.0)
        table.add(tx, "sound", FAST, 10.0)
    with store.read() as tx:
        assert (known(settings, tx)["fast"].problem or "").endswith(problem)
        assert problems(settings, tx)["fast"].endswith(problem)
        assert {name for name, one in known(settings, tx).items() if one.problem is None} == {
            "of_file",
            "sound",
        }


def test_one_that_is_there_twice_is_the_files_and_that_is_said(store: Store, settings: Settings) -> None:
    with store.write() as tx:
        table.add(tx, "of_file", {**FAST, "filters": ["agn_flare"]}, 10.0)
    with store.read() as tx:
        assert known(settings, tx)["of_file"].settings.filters == ("young_sn",)
        assert (
            "`alertwatch subscriptions remove of_file` removes the latter" in problems(settings, tx)["of_file"]
        )


def test_every_mistake_in_a_definition_is_told_at_once(settings: Settings) -> None:
    with pytest.raises(SettingsError) as caught:
        parse("fast", {"filters": ["x"], "channels": ["y"]}, settings)
    assert str(caught.value).count("is configured") == 2


def a_row(subscription: str, alert_id: str) -> NewRow:
    return NewRow(
        subscription=subscription,
        filter="young_sn",
        survey="ztf",
        object_id="ZTF26aaaaaaa",
        alert_id=alert_id,
        facts=Facts(),
    )


def test_what_waits_and_what_was_told_is_counted(store: Store) -> None:
    with store.write() as tx:
        outbox.add(tx, [a_row("of_file", alert) for alert in ("1", "2", "3")] + [a_row("fast", "1")], 10.0)
        ids = [row.id for row in outbox.of_object(tx, "ZTF26aaaaaaa") if row.subscription == "of_file"]
        outbox.settle(tx, ids[:1], "waiting", "quiet hours", due=99.0)
        outbox.settle(tx, ids[1:2], "told", "new")
    with store.read() as tx:
        assert table.counts(tx) == {"of_file": table.Counts(2, 1), "fast": table.Counts(1, 0)}


def test_what_is_given_up_stays_on_record(store: Store) -> None:
    with store.write() as tx:
        outbox.add(tx, [a_row("of_file", "1"), a_row("of_file", "2"), a_row("fast", "1")], 10.0)
        ids = [row.id for row in outbox.of_object(tx, "ZTF26aaaaaaa") if row.subscription == "of_file"]
        outbox.settle(tx, ids[:1], "waiting", outbox.PAUSED, due=99.0)
        assert table.skip(tx, "of_file", "nobody wants it") == 2
        assert table.skip(tx, "of_file", "nobody wants it") == 0
        states = [(row.state, row.reason) for row in outbox.of_object(tx, "ZTF26aaaaaaa") if row.id in ids]
    assert states == [("skipped", "nobody wants it")] * 2
