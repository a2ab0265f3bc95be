"""Conditions of subscriptions: what holds, what fails, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alertwatch.conditions import holds
from alertwatch.facts import Facts
from alertwatch.settings import ConditionSettings

FACTS = Facts(
    class_name="SNIa",
    probability=0.81,
    grade="gold",
    band="g",
    mag=18.6,
    ra=150.0,
    dec=2.0,  # galactic latitude +42°
    age_days=1.5,
)

HOLDS: list[dict[str, Any]] = [
    {},
    {"classes": ["SNIa"]},
    {"classes": ["TDE", "SN"]},
    {"classes": ["transient"]},
    {"min_probability": 0.81},
    {"grades": ["silver", "gold"]},
    {"brighter_than": 19},
    {"fainter_than": 18, "brighter_than": 19},
    {"max_age_days": 1.5},
    {"cones": ["150 2 10"]},
    {"cones": ["10 10 10", "150.0 2.1 7m"]},
    {"cones": ["10:00:00 +02:00:00 1"]},
    {"min_galactic_latitude": 40},
    {"min_dec": 2, "max_dec": 90},
]
FAILS: list[tuple[dict[str, Any], str]] = [
    ({"classes": ["AGN"]}, "class SNIa is not AGN"),
    ({"classes": ["AGN", "TDE"]}, "class SNIa is not one of AGN, TDE"),
    ({"classes": ["SNII"]}, "class SNIa is not SNII"),
    ({"min_probability": 0.9}, "probability 0.81 is not at least 0.9"),
    ({"grades": ["silver"]}, "grade gold is not silver"),
    ({"brighter_than": 18.6}, "mag 18.6 is not brighter than 18.6"),
    ({"fainter_than": 18.6}, "mag 18.6 is not fainter than 18.6"),
    ({"max_age_days": 1}, "age 1.5 is not at most 1 d"),
    ({"cones": ["150 2.1 10"]}, "position 150.0000 +2.0000 is not in the circle 150 2.1 10"),
    ({"cones": ["150 2.1 10", "1 1 1"]}, "position 150.0000 +2.0000 is not in any of 2 circles"),
    ({"min_galactic_latitude": 60}, "galactic latitude 41.905"),
    ({"min_dec": 10}, "declination 2.0 is not north of 10°"),
    ({"max_dec": -10}, "declination 2.0 is not south of -10°"),
]


@pytest.mark.parametrize("asked", HOLDS, ids=str)
def test_it_holds(asked: dict[str, Any]) -> None:
    assert holds(ConditionSettings.model_validate(asked), FACTS)[0] is True


@pytest.mark.parametrize(("asked", "reason"), FAILS, ids=str)
def test_it_fails_and_says_why(asked: dict[str, Any], reason: str) -> None:
    held, said = holds(ConditionSettings.model_validate(asked), FACTS)
    assert held is False
    assert said.startswith(reason)


@pytest.mark.parametrize("asked", [asked for asked in HOLDS if asked], ids=str)
def test_what_is_not_known_holds_nothing(asked: dict[str, Any]) -> None:
    held, said = holds(ConditionSettings.model_validate(asked), Facts())
    assert held is None
    assert said.startswith("the ")
    assert said.endswith("is not known")


def test_one_that_fails_outweighs_one_that_is_not_known() -> None:
    asked = ConditionSettings(classes=("AGN",), brighter_than=19.0)
    assert holds(asked, Facts(class_name="SN")) == (False, "class SN is not AGN")


def test_what_holds_says_what_it_found() -> None:
    asked = ConditionSettings(min_probability=0.6, brighter_than=19.0)
    said = "probability 0.81 is at least 0.6, mag 18.6 is brighter than 19.0"
    assert holds(asked, FACTS) == (True, said)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"cones": ["150 2 10", "150 2"]}, "number 2 is no circle"),
        ({"cones": ["150 92 10"]}, "number 1 is not on the sky"),
        ({"classes": []}, "is empty, so nothing would hold"),
        ({"brighter_than": 18, "fainter_than": 19}, "fainter_than must be less than brighter_than"),
        ({"min_dec": 10, "max_dec": -10}, "min_dec must be less than max_dec"),
    ],
)
def test_conditions_that_mean_nothing_are_mistakes(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ConditionSettings.model_validate(keys)
