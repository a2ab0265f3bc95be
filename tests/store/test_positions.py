"""Where reading goes on."""

import time

from alertwatch.store import Store, positions
from alertwatch.store.positions import PositionKey

KEY = PositionKey("cluster", "group", "stamp_classifier_20260315", "incarnation-1", 0)


def save(store: Store, offset: int, key: PositionKey = KEY, source: str = "ztf") -> None:
    with store.write() as tx:
        positions.save(tx, {key: offset}, source)


def load(store: Store, *keys: PositionKey) -> dict[PositionKey, int]:
    with store.read() as tx:
        return positions.load(tx, keys)


def test_reading_goes_on_where_the_last_transaction_ended(store: Store) -> None:
    save(store, 10)
    save(store, 2**62)
    assert load(store, KEY) == {KEY: 2**62}


def test_a_partition_never_read_has_no_position(store: Store) -> None:
    save(store, 10)
    assert load(store, KEY._replace(partition=1)) == {}
    assert load(store) == {}


def test_a_position_never_moves_backwards(store: Store) -> None:
    save(store, 10)
    save(store, 4)
    assert load(store, KEY) == {KEY: 10}


def test_a_topic_made_again_starts_anew(store: Store) -> None:
    save(store, 1_000)
    made_again = KEY._replace(incarnation="incarnation-2")
    save(store, 3, made_again)
    assert load(store, KEY, made_again) == {KEY: 1_000, made_again: 3}


def test_the_positions_of_former_incarnations_come_too_the_latest_last(store: Store) -> None:
    incarnations = [KEY._replace(incarnation=f"incarnation-{n}") for n in (3, 1, 2)]
    for key in incarnations:
        save(store, 7, key)
    save(store, 7, KEY._replace(partition=1))
    assert list(load(store, KEY._replace(incarnation="new"))) == incarnations


def test_a_position_is_moved_back_where_the_broker_lost_messages(store: Store) -> None:
    other = KEY._replace(partition=1)
    save(store, 10)
    save(store, 10, other)
    with store.write() as tx:
        positions.move(tx, KEY, 4)
    assert load(store, KEY, other) == {KEY: 4, other: 10}


def test_other_groups_and_clusters_keep_their_own_positions(store: Store) -> None:
    others = [KEY._replace(group_id="another"), KEY._replace(cluster_id="another")]
    save(store, 10)
    assert load(store, *others) == {}


def test_saving_nothing_is_allowed(store: Store) -> None:
    with store.write() as tx:
        positions.save(tx, {}, "ztf")
    with store.read() as tx:
        assert positions.all(tx) == []


def test_all_positions_are_listed_by_source_topic_and_partition(store: Store) -> None:
    save(store, 5, KEY._replace(partition=1))
    save(store, 4)
    save(store, 3, source="lsst", key=KEY._replace(topic="alerts"))
    with store.read() as tx:
        listed = [(p.source, p.key.topic, p.key.partition, p.next_offset) for p in positions.all(tx)]
    assert listed == [("lsst", "alerts", 0, 3), ("ztf", KEY.topic, 0, 4), ("ztf", KEY.topic, 1, 5)]


def test_the_time_of_the_last_update_tells_how_long_the_service_was_away(store: Store) -> None:
    before = time.time()
    save(store, 10)
    with store.read() as tx:
        updated = positions.last_update(tx, "ztf")
        assert positions.last_update(tx, "lsst") is None
    assert updated is not None
    assert before <= updated <= time.time()
