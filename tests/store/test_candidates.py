"""The queue of alerts that wait for a look-up."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from alertwatch.filter import Result
from alertwatch.store import Store, candidates, verdicts
from alertwatch.store.candidates import Candidate, NewCandidate
from tests.store.examples import BIG_ID, a_candidate, a_verdict, an_alert, judged


def add(store: Store, *new: NewCandidate, now: float = 100.0) -> int:
    with store.write() as tx:
        return candidates.add(tx, new, now)


def claim(store: Store, owner: str = "me", limit: int = 10, now: float = 100.0) -> Sequence[Candidate]:
    with store.write() as tx:
        return candidates.claim(tx, owner, limit, now, lease_seconds=60.0)


def listed(store: Store, given_up: bool | None = None) -> Sequence[Candidate]:
    with store.read() as tx:
        return candidates.list(tx, given_up=given_up)


def counts(store: Store, now: float = 100.0) -> candidates.CandidateCounts:
    with store.read() as tx:
        return candidates.count(tx, now)


def test_a_candidate_comes_back_as_it_was_queued(store: Store) -> None:
    new = a_candidate()
    assert add(store, new) == 1
    (claimed,) = claim(store)
    assert all(getattr(claimed, name) == getattr(new, name) for name in NewCandidate.__dataclass_fields__)
    assert claimed.alert_id == BIG_ID


def test_a_candidate_waits_once_however_often_it_is_added(store: Store) -> None:
    assert add(store, a_candidate(), a_candidate(topic="another")) == 1
    assert add(store, a_candidate()) == 0
    assert counts(store).waiting == 1


def test_filters_join_a_candidate_that_waits(store: Store) -> None:
    add(store, a_candidate(filters={"a": "1"}), a_candidate(filters={"b": "1"}))
    add(store, a_candidate(filters={"c": "1"}), a_candidate("another"))
    assert listed(store)[0].filters == {"a": "1", "b": "1", "c": "1"}


def test_another_stream_about_the_same_alert_waits_on_its_own(store: Store) -> None:
    assert add(store, a_candidate(), a_candidate(stream="ztf_packet")) == 2


def test_what_was_judged_already_is_not_queued_again(store: Store) -> None:
    with store.write() as tx:
        verdicts.save(tx, [judged(None, a_verdict(result=Result.NO_MATCH))], now=1.0)
    assert add(store, a_candidate()) == 0
    assert listed(store) == []


def test_only_the_filters_that_have_not_judged_are_queued(store: Store) -> None:
    with store.write() as tx:
        verdicts.save(tx, [judged(None, a_verdict())], now=1.0)
    add(store, a_candidate(filters={"young_sn": "h1", "agn_flare": "h1"}))
    assert listed(store)[0].filters == {"agn_flare": "h1"}


def test_other_parameters_queue_an_alert_again(store: Store) -> None:
    with store.write() as tx:
        verdicts.save(tx, [judged()], now=1.0)
    assert add(store, a_candidate(filters={"young_sn": "h2"})) == 1


def test_an_unknown_verdict_does_not_keep_a_replay_from_judging(store: Store) -> None:
    with store.write() as tx:
        verdicts.save(tx, [judged(None, a_verdict(result=Result.UNKNOWN))], now=1.0)
    assert add(store, a_candidate()) == 1


def test_a_verdict_on_another_alert_of_the_object_changes_nothing(store: Store) -> None:
    with store.write() as tx:
        verdicts.save(tx, [judged(an_alert(alert_id="1")), judged(an_alert("other"))], now=1.0)
    assert add(store, a_candidate()) == 1


def test_what_is_due_longest_is_claimed_first(store: Store) -> None:
    for now, name in ((3.0, "C"), (1.0, "A"), (2.0, "B")):
        add(store, a_candidate(name), now=now)
    assert [c.object_id for c in claim(store, limit=2)] == ["A", "B"]


def test_a_claimed_candidate_is_nobody_elses_until_the_lease_runs_out(store: Store) -> None:
    add(store, a_candidate())
    assert len(claim(store, "one")) == 1
    assert claim(store, "two", now=159.0) == []
    assert len(claim(store, "two", now=160.0)) == 1


def test_threads_that_claim_at_once_get_each_candidate_once(store: Store) -> None:
    add(store, *(a_candidate(f"Z{i}") for i in range(200)))
    got: list[str] = []
    start = threading.Barrier(4)

    def work(owner: str) -> None:
        start.wait()
        while claimed := claim(store, owner, limit=7):
            got.extend(c.object_id for c in claimed)

    workers = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(got) == sorted(f"Z{i}" for i in range(200))


def test_a_settled_candidate_is_gone(store: Store) -> None:
    add(store, a_candidate())
    (claimed,) = claim(store)
    with store.write() as tx:
        candidates.remove(tx, claimed)
    assert listed(store) == []


def test_settling_twice_changes_nothing(store: Store) -> None:
    add(store, a_candidate())
    (slow,) = claim(store, "slow")
    (quick,) = claim(store, "quick", now=200.0)
    with store.write() as tx:
        candidates.remove(tx, slow)
        candidates.postpone(tx, slow, "late", due=999.0, attempts=9)
        candidates.give_up(tx, slow, "late", now=999.0)
    assert listed(store) == [quick]
    with store.write() as tx:
        candidates.remove(tx, quick)
        candidates.remove(tx, quick)
    assert listed(store) == []


def test_a_filter_that_joins_while_a_worker_judges_is_not_lost(store: Store) -> None:
    add(store, a_candidate(filters={"a": "1"}))
    (claimed,) = claim(store)
    add(store, a_candidate(filters={"b": "1"}))
    with store.write() as tx:
        candidates.remove(tx, claimed)
    (left,) = claim(store)
    assert left.filters == {"b": "1"}


def test_a_postponed_candidate_says_why_and_waits(store: Store) -> None:
    add(store, a_candidate())
    (claimed,) = claim(store)
    with store.write() as tx:
        candidates.postpone(tx, claimed, "404 \0 from the API", due=500.0, attempts=1)
    assert claim(store, now=499.0) == []
    (again,) = claim(store, now=500.0)
    assert (again.reason, again.attempts) == ("404 \\x00 from the API", 1)


def test_a_candidate_given_up_stays_listed_until_it_is_retried(store: Store) -> None:
    add(store, a_candidate(), a_candidate("other"))
    claimed = claim(store)
    with store.write() as tx:
        candidates.give_up(tx, claimed[0], "48 h without an answer", now=200.0)
        candidates.release(tx, "me", now=200.0)
    assert [c.reason for c in listed(store, given_up=True)] == ["48 h without an answer"]
    assert [c.object_id for c in claim(store, now=300.0)] == ["other"]
    with store.write() as tx:
        assert candidates.retry(tx, None, now=300.0) == 1
    (again,) = claim(store, now=300.0)
    assert (again.object_id, again.attempts, again.added_at) == (claimed[0].object_id, 0, 300.0)


def test_chosen_candidates_are_retried_at_once(store: Store) -> None:
    add(store, a_candidate("A"), a_candidate("B"))
    for claimed in claim(store):
        with store.write() as tx:
            candidates.postpone(tx, claimed, "404", due=9_999.0, attempts=3)
    chosen = listed(store)[0]
    with store.write() as tx:
        assert candidates.retry(tx, [chosen.id], now=200.0) == 1
    assert [c.id for c in claim(store, now=200.0)] == [chosen.id]


def test_a_replay_does_not_wake_what_was_given_up_and_a_new_filter_does(store: Store) -> None:
    add(store, a_candidate())
    with store.write() as tx:
        (claimed,) = candidates.claim(tx, "me", 1, 100.0, 60.0)
        candidates.give_up(tx, claimed, "gone", now=100.0)
    add(store, a_candidate(), now=200.0)
    assert counts(store).given_up == 1
    add(store, a_candidate(filters={"new": "h"}), now=200.0)
    assert counts(store).given_up == 0


def test_a_worker_that_stops_gives_back_what_it_holds(store: Store) -> None:
    add(store, a_candidate("A"), a_candidate("B"), a_candidate("C"))
    claim(store, "leaving", limit=2)
    claim(store, "staying", limit=1)
    with store.write() as tx:
        assert candidates.release(tx, "leaving", now=100.0) == 2
    assert {c.object_id for c in claim(store)} == {"A", "B"}


def test_counts_tell_what_waits_and_how_long(store: Store) -> None:
    assert counts(store) == (0, 0, 0, 0.0)
    add(store, a_candidate("A"), now=10.0)
    add(store, a_candidate("B"), a_candidate("C"), now=40.0)
    claim(store, limit=1, now=50.0)
    assert counts(store, now=100.0) == (3, 2, 0, 90.0)


def test_a_list_is_cut_to_its_limit_and_the_longest_wait_comes_first(store: Store) -> None:
    add(store, a_candidate("late"), now=9.0)
    add(store, a_candidate("early"), now=1.0)
    with store.read() as tx:
        assert [c.object_id for c in candidates.list(tx, limit=1)] == ["early"]


def test_hundreds_are_added_and_merged_in_one_go(store: Store) -> None:
    new = [a_candidate(f"Z{i}", str(i)) for i in range(700)]
    assert add(store, *new) == 700
    assert add(store, *(replace(c, filters={"other": "h"}) for c in new)) == 0
    with store.read() as tx:
        assert all(len(c.filters) == 2 for c in candidates.list(tx, limit=1_000))
