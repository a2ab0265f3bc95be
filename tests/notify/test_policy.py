"""What is worth telling: a table of cases for each rule."""

from __future__ import annotations

from typing import Any

import pytest

from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED
from alertwatch.notification import Kind
from alertwatch.settings import SubscriptionSettings
from alertwatch.store.labels import Label
from alertwatch.store.mutes import Mute
from alertwatch.store.told import Told
from consumer.notify import policy
from consumer.notify.policy import NOTHING_NEW, Case, Skip, Tell

FACTS = Facts(class_name="SN", probability=0.62, band="g", mag=19.3, ra=150.0, dec=2.0, age_days=1.0)


def told(**changes: Any) -> Told:
    usual = {"classes": ("SN",), "filters": ("young_sn",), "mags": {"g": 19.3}, "probability": 0.62}
    return Told(subscription="sn", source_id=1, first_at=0.0, last_at=0.0, **{**usual, **changes})


def case(before: Told | None = None, filter_: str = FOLLOWED, facts: Facts = FACTS, **asked: Any) -> Case:
    section = SubscriptionSettings.model_validate(
        {"filters": ["young_sn", "agn_flare"], "channels": ["team"], **asked}
    )
    return Case(asked=section, filter=filter_, facts=facts, matched=frozenset({"young_sn"}), told=before)


def facts(**changes: Any) -> Facts:
    return Facts(**{**{name: getattr(FACTS, name) for name in FACTS.__struct_fields__}, **changes})


# -- the first word -------------------------------------------------------------------------------------------

FIRST = [
    ({}, "young_sn", FACTS, ("new",)),
    ({}, FOLLOWED, FACTS, ("new",)),
    ({"where": {"brighter_than": 19.5}}, "young_sn", FACTS, ("new",)),
    ({"where": {"brighter_than": 19.5}}, FOLLOWED, FACTS, ("now mag 19.3 is brighter than 19.5",)),
]


@pytest.mark.parametrize(("asked", "filter_", "seen", "reasons"), FIRST)
def test_the_first_word(asked: dict[str, Any], filter_: str, seen: Facts, reasons: tuple[str, ...]) -> None:
    assert policy.decide(case(None, filter_, seen, **asked)) == Tell(Kind.MATCH, reasons, urgent=False)


@pytest.mark.parametrize(
    ("where", "seen", "reason"),
    [
        ({"brighter_than": 19.0}, FACTS, "mag 19.3 is not brighter than 19.0"),
        ({"brighter_than": 19.0}, facts(mag=None), "the magnitude is not known"),
        ({"min_probability": 0.6, "classes": ["AGN"]}, FACTS, "class SN is not AGN"),
    ],
)
def test_no_word_while_where_does_not_hold(where: dict[str, Any], seen: Facts, reason: str) -> None:
    assert policy.decide(case(None, "young_sn", seen, where=where)) == Skip(reason)
    assert policy.decide(case(told(classes=()), FOLLOWED, seen, where=where)) == Skip(reason)


# -- a second word --------------------------------------------------------------------------------------------

CLASSES = [
    (("SN",), "SNIa", "class SN → SNIa"),
    (("SN",), "AGN", "class SN → AGN"),
    ((), "SN", "class not known → SN"),
    (("SN", "SNIa"), "SNII", "class SNIa → SNII"),
    (("SN",), "SN", None),
    (("SNIa",), "SN", None),  # back to the group
    (("SN", "SNIa"), "SN", None),
    (("SN", "AGN"), "SN", None),
    (("QSO",), "AGN", None),
    (("SN",), None, None),
]
MAGS = [
    ({"g": 19.3}, "g", 18.6, "brighter by 0.7 mag: g 19.3 → 18.6"),
    ({"g": 19.3}, "g", 18.8, "brighter by 0.5 mag: g 19.3 → 18.8"),
    ({"g": 19.3}, "g", 18.81, None),
    ({"g": 19.3}, "g", 20.3, None),
    ({"g": 19.3, "r": 18.0}, "r", 17.6, None),
    ({"g": 19.3}, "r", 15.0, None),
    ({"g": 19.3}, "g", None, None),
]
PROBABILITIES = [
    ("SN", 0.62, 0.81, "P(SN) 0.62 → 0.81"),
    ("SN", 0.62, 0.43, "P(SN) 0.62 → 0.43"),
    ("SN", 0.9, 0.8, "P(SN) 0.90 → 0.80"),  # 0.09999999999999998
    ("SN", 0.62, 0.7, None),
    ("SN", 0.62, None, None),
    ("SN", None, 0.7, None),
    ("SNIa", 0.62, 0.9, None),  # of another class
]


@pytest.mark.parametrize(("classes", "now", "news"), CLASSES)
def test_a_class_not_told_of_is_news(classes: tuple[str, ...], now: str | None, news: str | None) -> None:
    asked = case(told(classes=classes), facts=facts(class_name=now))
    assert reasons(asked) == ((news,) if news else ())
    assert reasons(case(asked.told, facts=asked.facts, again={"class_change": False})) == ()


@pytest.mark.parametrize(("mags", "band", "mag", "news"), MAGS)
def test_brightening_is_news_where_asked(
    mags: dict[str, float], band: str, mag: float | None, news: str | None
) -> None:
    asked = case(told(mags=mags), facts=facts(band=band, mag=mag), again={"brighter_by_mag": 0.5})
    assert reasons(asked) == ((news,) if news else ())
    assert reasons(case(asked.told, facts=asked.facts)) == ()


@pytest.mark.parametrize(("class_name", "before", "now", "news"), PROBABILITIES)
def test_a_probability_that_moved_is_news_where_asked(
    class_name: str, before: float | None, now: float | None, news: str | None
) -> None:
    again = {"probability_change": 0.1, "class_change": False}
    seen = facts(class_name=class_name, probability=now)
    assert reasons(case(told(probability=before), facts=seen, again=again)) == ((news,) if news else ())


def test_another_filter_is_news_unless_told_or_not_asked() -> None:
    assert reasons(case(told(), "agn_flare")) == ("also matches agn_flare",)
    assert reasons(case(told(), "agn_flare", again={"new_filter": False})) == ()
    assert reasons(case(told(filters=("young_sn", "agn_flare")), "agn_flare")) == ()


def test_all_news_is_told_in_one_word() -> None:
    seen = facts(class_name="SNIa", mag=18.6)
    assert reasons(case(told(), "agn_flare", seen, again={"brighter_by_mag": 0.5})) == (
        "also matches agn_flare",
        "class SN → SNIa",
        "brighter by 0.7 mag: g 19.3 → 18.6",
    )


def reasons(asked: Case) -> tuple[str, ...]:
    decision = policy.decide(asked)
    if isinstance(decision, Skip):
        assert decision.reason == NOTHING_NEW
        return ()
    assert decision.kind is Kind.UPDATE
    return decision.reasons


@pytest.mark.parametrize(
    ("urgent", "is_urgent"),
    [
        ({"min_probability": 0.6, "max_age_days": 2}, True),
        ({"min_probability": 0.8, "max_age_days": 2}, False),
        ({"grades": ["gold"]}, False),  # not known
        (None, False),
    ],
)
def test_urgent_is_what_meets_all_its_conditions(urgent: dict[str, Any] | None, is_urgent: bool) -> None:
    decision = policy.decide(case(urgent=urgent))
    assert isinstance(decision, Tell)
    assert decision.urgent is is_urgent


# -- what is remembered ---------------------------------------------------------------------------------------


def test_what_was_told_is_the_brightest_of_each_band_and_the_class_told_last() -> None:
    before = told(classes=("SN", "SNIa"), mags={"g": 18.0, "r": 19.0})
    after = policy.remember(case(before, "agn_flare", facts(band="r", mag=18.5)), "sn", 1, now=7.0)
    assert after.classes == ("SNIa", "SN")
    assert after.filters == ("young_sn", "agn_flare")
    assert after.mags == {"g": 18.0, "r": 18.5}
    assert (after.first_at, after.last_at) == (0.0, 7.0)


def test_the_first_word_remembers_what_it_knew() -> None:
    after = policy.remember(case(None, "young_sn", Facts()), "sn", 1, now=7.0)
    nothing_known = told(classes=(), mags={}, probability=None)
    assert (after.classes, after.mags, after.probability) == ((), nothing_known.mags, None)
    assert after.filters == ("young_sn",)


def test_a_band_never_told_is_noted_and_others_are_not() -> None:
    assert policy.noted(told(), facts(band="g", mag=18.0)) is None
    assert policy.noted(told(), facts(band="r", mag=None)) is None
    noted = policy.noted(told(), facts(band="r", mag=18.0))
    assert noted is not None
    assert noted.mags == {"g": 19.3, "r": 18.0}


# -- silence --------------------------------------------------------------------------------------------------

KEYS = [("ztf", "ZTF26a"), ("lsst", "17")]


@pytest.mark.parametrize(
    ("kind", "value", "silent"),
    [
        ("object", "ZTF26a", True),
        ("object", "lsst:17", True),
        ("object", "ztf:17", False),
        ("region", "150 2 1", True),
        ("region", "150 2.001 1", False),
        ("filter", "young_sn", False),  # the other one matched as well
    ],
)
def test_a_mute_silences_what_it_names(kind: Any, value: str, silent: bool) -> None:
    mute = Mute(id=1, kind=kind, value=value, by="ana", reason="a star", added_at=0.0)
    why = policy.silenced(KEYS, FACTS, ["young_sn", "agn_flare"], [mute], [])
    assert why == (f"the {kind} {value} is muted by ana: a star" if silent else None)


def test_a_source_whose_filters_are_all_muted_is_silent() -> None:
    muted = [Mute(id=i, kind="filter", value=name, added_at=0.0) for i, name in enumerate(("a", "b"))]
    assert policy.silenced(KEYS, FACTS, ["a", "b"], muted, []) == "the filter b is muted"
    assert policy.silenced(KEYS, FACTS, ["a", "c"], muted, []) is None


def test_a_source_without_a_place_is_in_no_muted_region() -> None:
    mute = Mute(id=1, kind="region", value="150 2 1d", added_at=0.0)
    assert policy.silenced(KEYS, Facts(), ["a"], [mute], []) is None


@pytest.mark.parametrize(
    ("words", "silent"),
    [(["reject"], True), (["claim"], False), (["follow_up"], False), (["reject", "claim"], False)],
)
def test_a_rejection_silences_until_somebody_claims(words: list[str], silent: bool) -> None:
    said = [
        Label(survey="ztf", object_id="ZTF26a", label=word, by="ana", via="slack", added_at=at, reason="bogus")
        for at, word in enumerate(words)
    ]
    assert policy.silenced(KEYS, FACTS, ["a"], [], said) == ("rejected by ana: bogus" if silent else None)
