"""The demo's observer knows the truth, is sometimes wrong, and says the same every time."""

from __future__ import annotations

from simulator.night import Night
from simulator.observer import opinions


def test_most_objects_are_called_what_they_are_and_some_are_mistaken(night: Night) -> None:
    kinds = {truth.object_id: truth.kind for truth in night.truth}
    said = dict(opinions(3, night.truth))
    right = sum(label == kinds[object_id] for object_id, label in said.items()) / len(said)
    assert 0.6 < len(said) / len(kinds) < 0.9
    assert 0.8 < right < 0.99


def test_what_is_said_of_an_object_does_not_depend_on_the_others(night: Night) -> None:
    few = night.truth[::7]
    everything = dict(opinions(3, night.truth))
    assert dict(opinions(3, few)).items() <= everything.items()
    assert dict(opinions(4, night.truth)) != everything
