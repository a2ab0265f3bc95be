"""From a batch of messages to what is stored of it."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

import fastavro
import pytest

from alertwatch.errors import TooManyDeadLetters
from alertwatch.filter import Result
from alertwatch.store import Store, candidates, dead_letters, positions, queries
from alertwatch.store.positions import PositionKey
from consumer.kafka.source import Batch
from consumer.pipeline import FEWEST, WINDOW
from consumer.readers.ztf_stamp import ZtfStamp
from tests.pipeline.filters import BadCut, Broken, Demanding, Easy, Picky, message, pipeline, stamps
from tests.service import messages

KEY = PositionKey("cluster", "group", "topic", "incarnation", 0)


def with_several_records(*payloads: bytes) -> bytes:
    """One container that holds the records of many."""
    readers = [fastavro.reader(io.BytesIO(payload)) for payload in payloads]
    file = io.BytesIO()
    fastavro.writer(file, readers[0].writer_schema, [record for reader in readers for record in reader])
    return file.getvalue()


def test_an_alert_that_needs_no_look_up_is_judged_at_once() -> None:
    outcome = pipeline(Easy).process(stamps(0, 1, 25))
    assert (outcome.messages, outcome.alerts) == (3, 3)
    assert [judged.alert.object_id for judged in outcome.judged] == [messages.oid(0), messages.oid(25)]
    assert not outcome.candidates
    assert not outcome.dead_letters


def test_an_alert_that_lacks_what_a_filter_needs_is_queued_with_the_hash_of_its_parameters() -> None:
    chosen = pipeline(Demanding)
    (candidate,) = chosen.process(stamps(0, 1)).candidates
    hashed = Demanding("demanding", Demanding.parameters_type()).parameters_hash
    assert candidate.filters == {"demanding": hashed}
    assert (candidate.object_id, candidate.alert_id) == (messages.oid(0), messages.candid(0))
    assert candidate.payload == messages.stamp(0)
    assert (candidate.source, candidate.stream, candidate.offset) == ("ztf", "ztf_stamp", 0)


def test_of_two_filters_each_gets_its_way() -> None:
    outcome = pipeline(Easy, Demanding).process(stamps(0))
    assert [verdict.filter for verdict in outcome.judged[0].verdicts] == ["easy"]
    assert list(outcome.candidates[0].filters) == ["demanding"]


def test_several_alerts_in_one_container_are_all_judged() -> None:
    payload = with_several_records(messages.stamp(0), messages.stamp(1), messages.stamp(25))
    outcome = pipeline(Easy, Demanding).process([message(payload)])
    assert (outcome.messages, outcome.alerts) == (1, 3)
    assert [judged.alert.object_id for judged in outcome.judged] == [messages.oid(0), messages.oid(25)]
    assert [c.payload for c in outcome.candidates] != [payload, payload]
    assert [c.object_id for c in outcome.candidates] == [messages.oid(0), messages.oid(25)]
    assert outcome.dead_letters == []


def test_an_undecodable_message_is_a_dead_letter_with_its_bytes_and_origin() -> None:
    outcome = pipeline(Easy).process([message(b"no avro", 41), *stamps(0)])
    (letter,) = outcome.dead_letters
    assert (letter.payload, letter.offset, letter.reader) == (b"no avro", 41, "ztf_stamp")
    assert letter.error
    assert len(outcome.judged) == 1


def test_a_bug_in_a_reader_is_one_messages_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    glance = ZtfStamp.glance

    def buggy(self: ZtfStamp, payload: bytes, received: float | None = None) -> Any:
        if payload == messages.stamp(1):
            raise IndexError("a bug")
        return glance(self, payload, received)

    monkeypatch.setattr(ZtfStamp, "glance", buggy)
    outcome = pipeline(Easy).process(stamps(0, 1, 25))
    assert "the reader failed: IndexError('a bug')" in outcome.dead_letters[0].error
    assert len(outcome.judged) == 2


def test_a_cut_that_raises_lets_the_alert_through_to_be_judged() -> None:
    outcome = pipeline(BadCut).process(stamps(0))
    assert [verdict.result for verdict in outcome.judged[0].verdicts] == [Result.MATCH]


def test_what_no_filter_wants_is_counted_and_forgotten() -> None:
    outcome = pipeline(Picky).process(stamps(0, 25))
    assert outcome.alerts == 2
    assert not outcome.judged
    assert not outcome.candidates


def test_a_filter_that_raises_leaves_the_other_filters_verdicts() -> None:
    (judged,) = pipeline(Broken, Easy).process(stamps(0)).judged
    assert [verdict.result for verdict in judged.verdicts] == [Result.UNKNOWN, Result.MATCH]


def test_a_wrong_reader_stops_before_its_batch_is_stored() -> None:
    chosen = pipeline(Easy, reader="ztf_lc")
    with pytest.raises(TooManyDeadLetters, match=r"reader 'ztf_lc'.*\[sources\.ztf\.topics\].*Last error: "):
        chosen.process(stamps(*range(FEWEST)))


def test_a_few_broken_messages_say_nothing_yet() -> None:
    outcome = pipeline(Easy).process([message(b"broken")] * (FEWEST - 1))
    assert len(outcome.dead_letters) == FEWEST - 1


def test_the_share_of_dead_letters_is_taken_over_the_last_messages_of_any_number_of_batches() -> None:
    chosen = pipeline(Easy, limit=0.5)
    good = stamps(1) * (WINDOW // 2)
    for _ in range(3):
        chosen.process(good)
    chosen.process([message(b"broken")] * (WINDOW // 2))
    with pytest.raises(TooManyDeadLetters):
        chosen.process([message(b"broken")])


def test_each_reader_has_a_share_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = pipeline(Easy)
    chosen._reader_name = lambda topic: "ztf_lc" if topic == "late" else "ztf_stamp"
    bad = [message(messages.stamp(1), n, "late") for n in range(FEWEST)]
    with pytest.raises(TooManyDeadLetters, match="'ztf_lc' do not decode"):
        chosen.process([*stamps(1) * WINDOW, *bad])


def test_a_batch_is_stored_in_one_transaction_with_its_positions(store: Store) -> None:
    chosen = pipeline(Easy, Demanding)
    outcome = chosen.process([*stamps(0, 1, 25), message(b"broken", 3)])
    batch = Batch([], {KEY: 4})
    with suppress(KeyboardInterrupt), store.write() as tx:
        chosen.store(tx, batch, outcome, 1.0)
        raise KeyboardInterrupt
    with store.read() as tx:
        assert positions.load(tx, [KEY]) == {}
        assert list(queries.matches(tx)) == []
    with store.write() as tx:
        assert len(chosen.store(tx, batch, outcome, 1.0)) == 2
    with store.read() as tx:
        assert positions.load(tx, [KEY]) == {KEY: 4}
        assert len(queries.matches(tx)) == 2
        assert len(candidates.list(tx)) == 2
        assert dead_letters.count(tx) == 1


def test_a_batch_that_is_stored_again_adds_nothing(store: Store) -> None:
    chosen = pipeline(Easy, Demanding)
    for _ in range(2):
        outcome = chosen.process([*stamps(0, 1, 25), message(b"broken", 3)])
        with store.write() as tx:
            new = chosen.store(tx, Batch([], {KEY: 4}), outcome, 1.0)
    with store.read() as tx:
        assert new == []
        assert (len(queries.matches(tx)), len(candidates.list(tx)), dead_letters.count(tx)) == (2, 2, 1)
