"""What people said of objects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alertwatch.errors import BadInput
from alertwatch.store import Store, labels
from alertwatch.store.labels import Label

KEY = ("ztf", "ZTF26aaaaaaa")


def a_label(label: str = "claim", at: float = 10.0, by: str = "ana", **other: str) -> Label:
    values = {"survey": KEY[0], "object_id": KEY[1], "via": "command", **other}
    return Label(label=label, by=by, added_at=at, **values)


def add(store: Store, *said: Label) -> list[bool]:
    with store.write() as tx:
        return [labels.add(tx, label) for label in said]


def test_labels_are_kept_as_they_were_said_the_oldest_first(store: Store) -> None:
    said = (a_label(), a_label("reject", 20.0, "ben", reason="a known variable"), a_label("SN Ia", 30.0))
    add(store, *said)
    with store.read() as tx:
        assert labels.of(tx, [KEY, ("ztf", "never labelled")]) == {KEY: said}
        assert labels.list(tx) == list(reversed(said))


def test_the_same_id_in_another_survey_is_another_object(store: Store) -> None:
    other = a_label("bogus", survey="lsst")
    add(store, a_label(), other)
    with store.read() as tx:
        assert labels.of(tx, [KEY]) == {KEY: (a_label(),)}
        assert labels.list(tx, object_id=KEY[1], survey="lsst") == [other]
        assert len(labels.list(tx, object_id=KEY[1])) == 2


def test_a_button_pressed_twice_is_one_label(store: Store) -> None:
    assert add(store, a_label(), a_label(at=11.0)) == [True, False]


def test_what_somebody_says_again_after_another_word_counts_again(store: Store) -> None:
    assert add(store, a_label(), a_label("SN Ia"), a_label(), a_label(by="ben")) == [True, True, True, True]


@pytest.mark.parametrize("reason", [None, " "])
def test_a_rejection_without_a_reason_is_refused(store: Store, reason: str | None) -> None:
    with pytest.raises(BadInput, match="to reject ZTF26aaaaaaa takes a reason"):
        add(store, replace(a_label("reject"), reason=reason))


def test_an_empty_label_is_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="the label for ZTF26aaaaaaa is empty"):
        add(store, a_label(" "))


def test_text_that_no_database_takes_is_kept_readable(store: Store) -> None:
    add(store, a_label("odd \0 class"))
    with store.read() as tx:
        assert labels.list(tx)[0].label == "odd \\x00 class"


def test_nothing_asked_for_is_nothing_found(store: Store) -> None:
    with store.read() as tx:
        assert labels.of(tx, []) == {}


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        (["reject"], True),
        (["claim", "reject"], True),
        (["reject", "SN Ia"], True),
        (["reject", "claim"], False),
        (["reject", "follow_up"], False),
        (["bogus"], False),
        ([], False),
    ],
)
def test_a_rejection_stands_until_somebody_claims_the_object(said: list[str], stands: bool) -> None:
    spoken = [a_label(label, reason="noise") for label in said]
    assert (labels.rejected(spoken) is not None) == stands


def test_of_two_ids_of_one_source_the_latest_word_counts() -> None:
    later, earlier = a_label("reject", 20.0, reason="noise"), a_label("claim", 10.0, object_id="ZTF26twin")
    assert labels.rejected([later, earlier]) == later


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (a_label(), "claimed by ana"),
        (a_label("follow_up"), "follow-up requested by ana"),
        (a_label("reject", reason="a known variable"), "rejected by ana: a known variable"),
        (a_label("SN Ia"), "“SN Ia” says ana"),
    ],
)
def test_a_label_reads_as_a_sentence(label: Label, words: str) -> None:
    assert labels.in_words(label) == words
