import pytest

from alertwatch import cuts
from alertwatch.filter import Criterion, Outcome

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
NOT_APPLICABLE, GUARANTEED = Outcome.NOT_APPLICABLE, Outcome.GUARANTEED


def part(outcome: Outcome) -> Criterion:
    return Criterion(name="x", outcome=outcome)


@pytest.mark.parametrize(
    ("cut", "at", "under", "over"),
    [
        (cuts.at_least, PASS, FAIL, PASS),
        (cuts.at_most, PASS, PASS, FAIL),
        (cuts.above, FAIL, FAIL, PASS),
        (cuts.below, FAIL, PASS, FAIL),
    ],
)
def test_comparisons_treat_the_limit_as_their_names_say(cut, at, under, over) -> None:  # type: ignore[no-untyped-def]
    assert [cut("x", value, 5.0).outcome for value in (5.0, 4.0, 6.0)] == [at, under, over]


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("cut", [cuts.at_least, cuts.at_most, cuts.above, cuts.below])
def test_what_is_no_number_is_unknown_and_never_passes(cut, value) -> None:  # type: ignore[no-untyped-def]
    criterion = cut("age", value, 5.0, "d")
    assert criterion.outcome is UNKNOWN
    assert criterion.value is None


def test_a_range_includes_both_ends() -> None:
    outcomes = [cuts.between("x", value, 1.0, 2.5).outcome for value in (0.9, 1.0, 2.5, 2.6, None)]
    assert outcomes == [FAIL, PASS, PASS, FAIL, UNKNOWN]
    assert cuts.between("x", 2.0, 1.0, 2.5).threshold == "1 … 2.5"


def test_words_are_compared_with_a_list() -> None:
    assert cuts.one_of("class", "SN", {"SN"}).outcome is PASS
    assert cuts.one_of("class", "AGN", {"SN"}).outcome is FAIL
    assert cuts.one_of("class", None, {"SN"}).outcome is UNKNOWN


def test_flags_are_yes_no_or_unknown() -> None:
    assert [cuts.flag("x", truth).outcome for truth in (True, False, None)] == [PASS, FAIL, UNKNOWN]
    assert cuts.flag("x", False, wanted=False).outcome is PASS
    assert cuts.flag("x", True).value == "yes"


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([PASS, PASS], PASS),
        ([PASS, UNKNOWN], UNKNOWN),
        ([FAIL, UNKNOWN], FAIL),
        ([GUARANTEED, PASS], PASS),
        ([NOT_APPLICABLE, FAIL], FAIL),
        ([NOT_APPLICABLE], NOT_APPLICABLE),
    ],
)
def test_all_of_fails_with_one_known_failure_and_waits_for_the_unknown(outcomes, expected) -> None:  # type: ignore[no-untyped-def]
    assert cuts.all_of("all", *map(part, outcomes)).outcome is expected


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([FAIL, FAIL], FAIL),
        ([PASS, UNKNOWN], PASS),
        ([FAIL, UNKNOWN], UNKNOWN),
        ([GUARANTEED, FAIL], PASS),
        ([NOT_APPLICABLE, FAIL], FAIL),
        ([], NOT_APPLICABLE),
    ],
)
def test_any_of_passes_with_one_known_pass_and_waits_for_the_unknown(outcomes, expected) -> None:  # type: ignore[no-untyped-def]
    assert cuts.any_of("any", *map(part, outcomes)).outcome is expected


def test_not_turns_what_is_known_and_leaves_the_rest() -> None:
    outcomes = [cuts.not_("n", part(o)).outcome for o in (PASS, FAIL, GUARANTEED, UNKNOWN, NOT_APPLICABLE)]
    assert outcomes == [FAIL, PASS, FAIL, UNKNOWN, NOT_APPLICABLE]


def test_a_known_galaxy_is_no_star_whatever_its_unknown_distance() -> None:
    def star(score: float | None, distance: float | None) -> Outcome:
        both = cuts.all_of("", cuts.above("sgscore", score, 0.5), cuts.below("at", distance, 1.0, "″"))
        return cuts.not_("not a star", both).outcome

    assert star(0.1, None) is PASS
    assert star(None, 3.0) is PASS
    assert star(None, None) is UNKNOWN
    assert star(0.9, None) is UNKNOWN
    assert star(0.9, 0.2) is FAIL


def test_a_broker_vouches_for_what_is_unknown_but_not_against_what_is_known() -> None:
    outcomes = [cuts.guaranteed(part(o), "stamp_classifier 1.0.4").outcome for o in (UNKNOWN, PASS, FAIL)]
    assert outcomes == [GUARANTEED, PASS, FAIL]


def test_a_person_reads_values_limits_and_units() -> None:
    age = cuts.at_most("age", 2.123456, 5.0, "d")
    assert (age.value, age.threshold, age.unit) == ("2.123", "≤ 5", "d")


def test_a_value_just_beyond_its_limit_is_not_printed_as_the_limit() -> None:
    age = cuts.at_most("age", 5.00001, 5.0, "d")
    assert age.outcome is FAIL
    assert age.value == "5.00001"


def test_a_combination_shows_each_known_value_and_each_limit() -> None:
    both = cuts.any_of("ok", cuts.at_least("P(SN)", 0.43, 0.5), cuts.at_least("over", None, 30, "min"))
    assert both.value == "P(SN) 0.43"
    assert both.threshold == "P(SN) ≥ 0.5 or over ≥ 30 min"


def test_optional_and_notes_change_nothing_else() -> None:
    criterion = cuts.noted(cuts.optional(part(UNKNOWN)), "asked in vain")
    assert (criterion.outcome, criterion.required, criterion.note) == (UNKNOWN, False, "asked in vain")


def test_a_question_without_meaning_says_why() -> None:
    criterion = cuts.not_applicable("not a star", "no such catalogue there")
    assert (criterion.outcome, criterion.note) == (NOT_APPLICABLE, "no such catalogue there")
