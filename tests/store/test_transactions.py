"""Transactions: all or nothing, one writer at a time, in the order in which they came."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from alertwatch.errors import AlertwatchError
from alertwatch.store import Store, candidates, positions, queries, tables, verdicts
from alertwatch.store.turns import Turns
from tests.store.examples import a_candidate, judged
from tests.store.programs import KEY, start


def stored(store: Store) -> tuple[int, int]:
    """Next offset and waiting candidates."""
    with store.read() as tx:
        return positions.load(tx, [KEY]).get(KEY, 0), candidates.count(tx, 0.0).waiting


def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    def fail() -> None:
        with store.write() as tx:
            candidates.add(tx, [a_candidate()], now=1.0)
            positions.save(tx, {KEY: 5}, "ztf")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert stored(store) == (0, 0)


def test_readers_see_what_is_committed_and_wait_for_nobody(store: Store) -> None:
    with store.write() as tx:
        positions.save(tx, {KEY: 5}, "ztf")
        assert stored(store) == (0, 0)
    assert stored(store) == (5, 0)


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(AlertwatchError), store.read() as tx:
        positions.save(tx, {KEY: 5}, "ztf")
    assert stored(store) == (0, 0)


def test_a_transaction_within_a_transaction_is_a_bug(store: Store) -> None:
    with store.write(), pytest.raises(RuntimeError, match="within a transaction"), store.write():
        pass
    with store.write() as tx:
        positions.save(tx, {KEY: 1}, "ztf")


def test_a_bug_in_a_statement_is_not_taken_for_an_outage(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.execute(tables.filter_state.insert().values(filter="f"))
    with pytest.raises(DBAPIError), store.read() as tx:
        tx.exec_driver_sql("SELECT no_such_column FROM positions")


def test_threads_that_write_at_once_all_get_their_turn(store: Store) -> None:
    def work(thread: int) -> None:
        for n in range(20):
            with store.write() as tx:
                candidates.add(tx, [a_candidate(f"{thread}-{n}", "1")], now=1.0)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(store) == (0, 100)


def test_turns_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), list[int]()

    def work(number: int) -> None:
        with turns.turn(patience=30) as mine:
            assert mine
            order.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(5)]
    with turns.turn(patience=30):
        for waiting, thread in enumerate(threads, start=2):
            thread.start()
            while turns.waiting < waiting:
                pass
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_turn_that_does_not_come_holds_nobody_up() -> None:
    turns = Turns()
    with turns.turn(patience=1), turns.turn(patience=0.01) as mine:
        assert not mine
    with turns.turn(patience=1) as mine:
        assert mine


def test_processes_that_replay_the_same_alerts_at_once_store_them_once(store: Store, database_url: str) -> None:
    running = [start("replay", database_url) for _ in range(2)]
    new = [int(process.communicate()[0]) for process in running]
    with store.read() as tx:
        assert sum(new) == len(queries.matches(tx)) <= 60
        assert candidates.count(tx, 1.0).waiting <= 60


def test_a_process_killed_within_a_transaction_leaves_nothing_of_it(store: Store, database_url: str) -> None:
    with start("hang_in_transaction", database_url) as process:
        assert process.stdout
        assert process.stdout.readline() == "written\n"
        process.kill()
    assert stored(store) == (0, 0)
    with store.write() as tx:
        assert len(verdicts.save(tx, [judged()], 1.0)) == 1
