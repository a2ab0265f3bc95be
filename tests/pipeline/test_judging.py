"""Filters that raise: what is recorded, when they are switched off, how they come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from alertwatch.filter import Outcome, Result
from alertwatch.store import Store, filter_state
from consumer.judging import Judges
from tests.pipeline.filters import BadCut, Broken, Easy, judges
from tests.store.examples import an_alert

ALERT = an_alert()


def judge(chosen: Judges, times: int = 1) -> None:
    for _ in range(times):
        chosen.judge(chosen.filters.values(), ALERT)


@contextmanager
def synced(store: Store, chosen: Judges) -> Iterator[Connection]:
    with store.write() as tx:
        chosen.sync(tx, 5.0)
        yield tx


def sync(store: Store, chosen: Judges) -> dict[str, filter_state.FilterState]:
    with synced(store, chosen) as tx:
        return filter_state.all(tx)


def test_an_error_is_an_unknown_verdict_that_tells_it() -> None:
    (verdict,) = judges(Broken).judge([Broken("broken", Broken.parameters_type())], ALERT).verdicts
    assert verdict.result is Result.UNKNOWN
    (criterion,) = verdict.criteria
    assert criterion.outcome is Outcome.UNKNOWN
    assert criterion.note == "the filter raised ZeroDivisionError: bug"


def test_errors_are_recorded_with_the_next_transaction(store: Store) -> None:
    chosen = judges(Broken, Easy)
    judge(chosen, 2)
    states = sync(store, chosen)
    assert set(states) == {"broken"}
    assert states["broken"].last_error == "ZeroDivisionError: bug"
    assert states["broken"].errors_in_row == 2
    assert states["broken"].off_since is None


def test_an_error_of_the_cheap_cut_counts_as_well(store: Store) -> None:
    chosen = judges(BadCut)
    assert chosen.wants(chosen.filters["badcut"], ALERT)
    assert sync(store, chosen)["badcut"].last_error == "KeyError: 'no such thing'"


def test_an_error_stays_new_until_a_transaction_with_it_is_committed(store: Store) -> None:
    chosen = judges(Broken)
    judge(chosen)
    with pytest.raises(KeyboardInterrupt), synced(store, chosen):
        raise KeyboardInterrupt
    assert sync(store, chosen)["broken"].errors == 1
    assert sync(store, chosen)["broken"].errors == 1


def test_a_filter_is_switched_off_once_and_loudly_after_so_many_errors_in_a_row(store: Store) -> None:
    chosen = judges(Broken, Easy, max_errors=3)
    judge(chosen, 2)
    sync(store, chosen)
    assert chosen.is_on("broken")
    judge(chosen)
    with capture_logs() as logs:
        with pytest.raises(KeyboardInterrupt), synced(store, chosen):
            raise KeyboardInterrupt
        sync(store, chosen)
    said = [entry for entry in logs if entry["event"] == "filter switched off"]
    assert [entry["advice"] for entry in said] == ["mend it, then: alertwatch filters reset broken"]
    assert not chosen.is_on("broken")
    assert chosen.is_on("easy")


def test_an_alert_judged_well_ends_the_row_of_errors(store: Store) -> None:
    chosen = judges(Broken, max_errors=3)
    filter_ = chosen.filters["broken"]
    assert isinstance(filter_, Broken)
    judge(chosen, 2)
    filter_.broken = False
    judge(chosen)
    filter_.broken = True
    judge(chosen, 2)
    sync(store, chosen)
    assert chosen.is_on("broken")


def test_a_filter_switched_off_by_one_process_is_off_for_the_others(store: Store) -> None:
    one, other = judges(Broken, max_errors=1), judges(Broken, max_errors=1)
    judge(one)
    sync(store, one)
    assert other.is_on("broken")
    sync(store, other)
    assert not other.is_on("broken")


def test_a_filter_that_was_reset_runs_again_and_starts_anew(store: Store) -> None:
    chosen = judges(Broken, max_errors=3)
    judge(chosen, 3)
    sync(store, chosen)
    with store.write() as tx:
        assert filter_state.reset(tx, "broken")
    sync(store, chosen)
    assert chosen.is_on("broken")
    judge(chosen)
    sync(store, chosen)
    assert chosen.is_on("broken")


def test_what_is_not_configured_is_not_on() -> None:
    assert not judges(Easy).is_on("another")
