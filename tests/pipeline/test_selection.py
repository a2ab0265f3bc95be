"""Who is interested in an alert."""

from __future__ import annotations

from typing import ClassVar

import pytest

from alertwatch.alert import Alert, Classification
from alertwatch.store import Store
from consumer import selection
from consumer.selection import Selection
from tests.pipeline.filters import Broken, Easy, Picky, judges


class AnyClass(Easy):
    """Wants everything of the stream."""

    classes: ClassVar[frozenset[str] | None] = None


def alert(best: str | None = "SN", stream: str = "ztf_stamp") -> Alert:
    opinions = () if best is None else (Classification(classifier="c", probabilities={best: 1.0}),)
    return Alert(survey="ztf", stream=stream, object_id="ZTF26aaaaaaa", alert_id="1", classifications=opinions)


def names(chosen: Selection, one: Alert) -> list[str]:
    return [filter_.name for filter_ in chosen.interested(one)]


def test_a_filter_gets_the_streams_and_classes_that_it_names() -> None:
    chosen = Selection(judges(Easy, AnyClass))
    assert names(chosen, alert("SN")) == ["easy", "anyclass"]
    assert names(chosen, alert("bogus")) == ["anyclass"]
    assert names(chosen, alert(None)) == ["anyclass"]
    assert names(chosen, alert("SN", "ztf_lc")) == []


def test_the_cheap_cut_is_asked_for_every_alert() -> None:
    assert names(Selection(judges(Easy, Picky)), alert()) == ["easy"]


def test_a_filter_that_is_switched_off_gets_nothing(store: Store) -> None:
    chosen_judges = judges(Easy, Broken, max_errors=1)
    chosen = Selection(chosen_judges)
    chosen_judges.judge(chosen.interested(alert()), alert())
    with store.write() as tx:
        chosen_judges.sync(tx, 1.0)
    assert names(chosen, alert()) == ["easy"]


def test_invented_class_names_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MOST_CLASS_NAMES", 5)
    chosen = Selection(judges(AnyClass))
    for number in range(20):
        assert names(chosen, alert(f"class {number}")) == ["anyclass"]
    assert len(chosen._table) == 5
