"""Who is interested in an alert."""

from __future__ import annotations

from typing import ClassVar

import pytest

from alertwatch.alert import Alert, Classification
from alertwatch.filter import FOLLOWED
from alertwatch.store import Store, verdicts
from consumer import selection
from consumer.judging import Judges
from consumer.notify.following import Following
from consumer.notify.notices import Notices
from consumer.selection import Selection
from tests.notify.packets import subscription, subscriptions
from tests.pipeline.filters import Broken, Easy, Picky, judges
from tests.store.examples import a_verdict, judged


class AnyClass(Easy):
    """Wants everything of the stream."""

    classes: ClassVar[frozenset[str] | None] = None


def alert(best: str | None = "SN", stream: str = "ztf_stamp", object_id: str = "ZTF26aaaaaaa") -> Alert:
    opinions = () if best is None else (Classification(classifier="c", probabilities={best: 1.0}),)
    return Alert(survey="ztf", stream=stream, object_id=object_id, alert_id="1", classifications=opinions)


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


def test_alerts_of_a_followed_object_are_wanted_whatever_their_stream_and_class(store: Store) -> None:
    notices = Notices()
    chosen = Selection(Judges({**judges(Easy, Picky).filters, FOLLOWED: Following(notices)}, 3))
    assert names(chosen, alert("bogus", "ztf_lc")) == []
    with store.write() as tx:
        new = verdicts.save(tx, [judged(alert(), a_verdict("easy"))], 1.0)
        notices.refresh(tx, subscriptions(subscription("team", "easy")), 1.0)
        notices.record(tx, [], new, 1.0)
    assert names(chosen, alert("bogus", "ztf_lc")) == [FOLLOWED]
    assert names(chosen, alert("SN")) == ["easy", FOLLOWED]
    assert names(chosen, alert("SN", object_id="ZTF26bbbbbbb")) == ["easy"]


def test_invented_class_names_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MOST_CLASS_NAMES", 5)
    chosen = Selection(judges(AnyClass))
    for number in range(20):
        assert names(chosen, alert(f"class {number}")) == ["anyclass"]
    assert len(chosen._table) == 5
