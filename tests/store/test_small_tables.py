"""Gaps, dead letters and the health of filters."""

from __future__ import annotations

from dataclasses import replace

from alertwatch.store import Store, dead_letters, filter_state, gaps
from alertwatch.store.dead_letters import DeadLetter
from alertwatch.store.gaps import Gap

LETTER = DeadLetter("ztf", "topic", 0, 2**40, 1_773_532_800_000, "ztf_stamp", "not Avro", b"\x00\xff")
GAP = Gap("ztf", "topic", None, 10, None, 61000.0, None, "expired")


def add(store: Store, *letters: DeadLetter) -> None:
    with store.write() as tx:
        dead_letters.add(tx, letters)


def test_a_dead_letter_is_kept_as_it_came(store: Store) -> None:
    add(store, LETTER)
    with store.read() as tx:
        (stored,) = dead_letters.list(tx)
        assert dead_letters.get(tx, stored.id) == stored
    assert all(getattr(stored, name) == getattr(LETTER, name) for name in DeadLetter.__dataclass_fields__)


def test_a_replay_adds_no_dead_letter(store: Store) -> None:
    add(store, LETTER, LETTER)
    add(store, LETTER)
    with store.read() as tx:
        assert dead_letters.count(tx) == 1


def test_another_message_at_the_offset_of_a_topic_made_again_is_another_letter(store: Store) -> None:
    add(store, LETTER)
    add(store, replace(LETTER, payload=b"another"))
    with store.read() as tx:
        assert [letter.payload for letter in dead_letters.list(tx)] == [b"another", LETTER.payload]


def test_an_error_with_bytes_that_are_no_text_is_stored(store: Store) -> None:
    add(store, replace(LETTER, error="bad \0 \udcff"))
    with store.read() as tx:
        assert dead_letters.list(tx)[0].error == "bad \\x00 \\udcff"


def test_dead_letters_are_listed_by_source_and_dropped_by_number(store: Store) -> None:
    add(store, LETTER, replace(LETTER, source="lsst"))
    with store.write() as tx:
        (lsst,) = dead_letters.list(tx, source="lsst")
        assert dead_letters.drop(tx, [lsst.id, 999]) == 1
        assert dead_letters.get(tx, lsst.id) is None
        assert [letter.source for letter in dead_letters.list(tx, limit=5)] == ["ztf"]


def test_a_gap_is_recorded_once(store: Store) -> None:
    with store.write() as tx:
        assert gaps.add(tx, GAP)
        assert not gaps.add(tx, GAP)
        assert gaps.add(tx, replace(GAP, partition=0, to_offset=50))
    with store.read() as tx:
        assert gaps.all(tx) == [GAP, replace(GAP, partition=0, to_offset=50)]


def test_a_filters_errors_are_counted_and_the_last_one_kept(store: Store) -> None:
    with store.write() as tx:
        filter_state.record_error(tx, "young_sn", "ValueError: 1", 10.0, 1)
        filter_state.record_error(tx, "young_sn", "ValueError: 2", 20.0, 2)
        state = filter_state.all(tx)["young_sn"]
        assert filter_state.switched_off(tx) == set()
    assert (state.errors, state.errors_in_row, state.last_error, state.last_error_at) == (
        2,
        2,
        "ValueError: 2",
        20.0,
    )


def test_a_filter_is_switched_off_for_all_and_remembers_since_when(store: Store) -> None:
    with store.write() as tx:
        filter_state.record_error(tx, "young_sn", "boom", 10.0, 10, switch_off=True)
        filter_state.record_error(tx, "young_sn", "boom", 20.0, 11, switch_off=True)
    with store.read() as tx:
        assert filter_state.switched_off(tx) == {"young_sn"}
        state = filter_state.all(tx)["young_sn"]
    assert (state.off_since, state.off_reason) == (10.0, "10 errors in a row")


def test_a_filter_reset_runs_again(store: Store) -> None:
    with store.write() as tx:
        filter_state.record_error(tx, "young_sn", "boom", 10.0, 10, switch_off=True)
        assert filter_state.reset(tx, "young_sn")
        assert not filter_state.reset(tx, "young_sn")
        assert not filter_state.reset(tx, "never heard of")
        state = filter_state.all(tx)["young_sn"]
    assert (state.off_since, state.errors_in_row, state.errors) == (None, 0, 1)
