"""Free text and tags that people keep with objects."""

from __future__ import annotations

import pytest

from alertwatch.errors import BadInput
from alertwatch.store import Store, notes, tags
from alertwatch.store.notes import Note

KEY = ("ztf", "ZTF26aaaaaaa")
TWIN = ("lsst", KEY[1])


def a_note(text: str = "broad lines", at: float = 10.0, key: tuple[str, str] = KEY) -> Note:
    return Note(survey=key[0], object_id=key[1], text=text, by="ana", added_at=at)


def test_notes_are_kept_as_they_were_written_the_oldest_first(store: Store) -> None:
    written = (a_note(), a_note("broad lines"), a_note("fades", 20.0))
    with store.write() as tx:
        for note in (*written, a_note("another object", key=TWIN)):
            notes.add(tx, note)
    with store.read() as tx:
        assert notes.of(tx, [KEY, ("ztf", "no notes")]) == {KEY: written}
        assert notes.of(tx, []) == {}


def test_an_empty_note_is_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="the note on ZTF26aaaaaaa is empty"), store.write() as tx:
        notes.add(tx, a_note(" "))


def test_an_object_has_a_tag_once(store: Store) -> None:
    with store.write() as tx:
        tags.add(tx, KEY, ["paper 2", "VLT"], "ana", 10.0)
        tags.add(tx, KEY, ["VLT"], "ben", 20.0)
        tags.add(tx, TWIN, ["VLT"], "ben", 20.0)
    with store.read() as tx:
        assert tags.of(tx, [KEY, ("ztf", "no tags")]) == {KEY: ["VLT", "paper 2"]}
        assert tags.counts(tx) == {"VLT": 2, "paper 2": 1}


def test_a_tag_that_is_removed_is_gone_from_this_object_only(store: Store) -> None:
    with store.write() as tx:
        for key in (KEY, TWIN):
            tags.add(tx, key, ["VLT"], "ana", 10.0)
        assert tags.remove(tx, KEY, ["VLT", "never there"]) == ["VLT"]
    with store.read() as tx:
        assert tags.of(tx, [KEY, TWIN]) == {TWIN: ["VLT"]}


@pytest.mark.parametrize("word", ["", " ", "a,b"])
def test_a_tag_is_a_word_or_words(store: Store, word: str) -> None:
    with pytest.raises(BadInput, match="cannot be a tag of ZTF26aaaaaaa"), store.write() as tx:
        tags.add(tx, KEY, [word], "ana", 10.0)
