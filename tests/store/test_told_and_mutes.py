"""What was told and what is muted, as the database keeps it."""

from __future__ import annotations

from dataclasses import replace

from alertwatch.store import Store, mutes
from alertwatch.store import told as told_store
from alertwatch.store.mutes import NewMute
from alertwatch.store.told import Told

TOLD = Told(
    subscription="sn",
    source_id=2**60,
    classes=("SN", "SNIa"),
    filters=("young_sn",),
    mags={"g": 18.6},
    probability=0.8,
    first_at=1.0,
    last_at=2.0,
)


def test_what_was_told_comes_back_as_it_was(store: Store) -> None:
    with store.write() as tx:
        told_store.save(tx, [TOLD, replace(TOLD, subscription="other"), replace(TOLD, source_id=1)])
        assert told_store.load(tx, "sn", {2**60, 3}) == {2**60: TOLD}
        assert told_store.load(tx, "sn", set()) == {}


def test_what_is_told_later_takes_its_place_and_the_first_time_stays(store: Store) -> None:
    later = replace(TOLD, classes=("AGN",), mags={}, probability=None, first_at=9.0, last_at=9.0)
    with store.write() as tx:
        told_store.save(tx, [TOLD])
        told_store.save(tx, [later])
        assert told_store.load(tx, "sn", {2**60}) == {2**60: replace(later, first_at=1.0)}


def test_a_mute_holds_until_it_ends(store: Store) -> None:
    with store.write() as tx:
        mutes.add(tx, NewMute(kind="object", value="ZTF26a", until_at=100.0), now=1.0)
        mutes.add(tx, NewMute(kind="filter", value="young_sn", reason="too many\0"), now=1.0)
        assert [mute.value for mute in mutes.active(tx, 99.0)] == ["ZTF26a", "young_sn"]
        assert [mute.reason for mute in mutes.active(tx, 100.0)] == ["too many\\x00"]
        assert len(mutes.list(tx)) == 2


def test_muting_again_changes_the_end_and_keeps_the_number(store: Store) -> None:
    with store.write() as tx:
        first = mutes.add(tx, NewMute(kind="object", value="ZTF26a", until_at=100.0), now=1.0)
        assert mutes.add(tx, NewMute(kind="object", value="ZTF26a", by="ana"), now=2.0) == first
        (mute,) = mutes.active(tx, 1_000.0)
        assert (mute.by, mute.until_at) == ("ana", None)
        assert mutes.remove(tx, first)
        assert not mutes.remove(tx, first)
