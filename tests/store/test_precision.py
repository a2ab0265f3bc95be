"""How right filters are, by what people say of their objects."""

from __future__ import annotations

import pytest

from alertwatch.store import Store, labels, precision, verdicts
from alertwatch.store.labels import Label
from alertwatch.store.precision import Precision
from alertwatch.taxonomy import members
from tests.store.examples import a_verdict, an_alert, judged

SN = members("SN")


def say(store: Store, object_id: str, *words: str, at: float = 0.0) -> None:
    with store.write() as tx:
        for n, word in enumerate(words):
            values = {"survey": "ztf", "by": "ana", "via": "command"}
            labels.add(tx, Label(object_id=object_id, label=word, added_at=at + n, **values))


def of(store: Store) -> dict[str, Precision]:
    with store.read() as tx:
        return precision.of(tx, {"young_sn": SN, "agn_flare": members("AGN"), "any": None, "quiet": None})


def test_each_object_counts_once_for_each_filter_that_it_matched(store: Store) -> None:
    both = (a_verdict(), a_verdict("agn_flare"), a_verdict("any"))
    with store.write() as tx:
        for object_id in ("ZTF1", "ZTF2", "ZTF3", "ZTF4"):
            verdicts.save(
                tx, [judged(an_alert(object_id), *both), judged(an_alert(object_id, "2"), *both)], 1.0
            )
    say(store, "ZTF1", "SN Ia")
    say(store, "ZTF2", "bogus")
    say(store, "ZTF3", "bogus", "real", "claim")
    say(store, "never matched", "real")
    assert of(store) == {
        "young_sn": Precision(2, 1),
        "agn_flare": Precision(1, 2),
        "any": Precision(2, 1),
        "quiet": Precision(0, 0),
    }


@pytest.mark.parametrize(
    ("word", "classes", "right"),
    [
        ("real", SN, True),
        ("SN Ia", SN, True),
        ("SLSN", SN, True),
        ("SN Ic-BL", SN, True),
        ("SN Ia-91bg-like", frozenset({"SNIa"}), True),
        ("SN Ib/c", frozenset({"SNIa"}), False),
        ("sn IIP", frozenset({"SNII"}), True),
        ("SN?", SN, True),
        ("snapshot", SN, False),
        ("CV", SN, False),
        ("SN", SN, True),
        ("SN Ia", frozenset({"SN"}), True),
        ("SN", frozenset({"SLSN"}), True),
        ("QSO", SN, False),
        ("QSO", None, True),
        ("my own class", SN, False),
        ("bogus", None, False),
        ("reject", None, False),
        ("claim", SN, None),
        ("follow_up", SN, None),
    ],
)
def test_what_a_word_says_of_a_filter(word: str, classes: frozenset[str] | None, right: bool | None) -> None:
    assert precision.is_right(word, classes) is right


@pytest.mark.parametrize(
    ("right", "wrong", "low", "high"),
    [(0, 1, 0.0, 0.7935), (1, 0, 0.2065, 1.0), (8, 2, 0.4902, 0.9433), (81, 182, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(right: int, wrong: int, low: float, high: float) -> None:
    assert Precision(right, wrong).interval == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_there_is_no_share() -> None:
    assert (Precision().share, Precision().interval) == (None, None)
