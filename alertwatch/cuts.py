"""Named cuts: each builds one `Criterion` that a person can read, in logic with three values.

A value that is not known makes a criterion *unknown*; combinations follow Kleene: one known failure fails
`all_of` whatever the rest, one known pass passes `any_of`, so that half of the data decides where it can.

    yield at_most("age", age, 5.0, "d")
    yield not_("not a star", all_of("star", above("sgscore1", score, 0.5), below("distpsnr1", dist, 1.0, "″")))
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable

from msgspec.structs import replace

from alertwatch.filter import Criterion, Outcome

_TRUE = frozenset({Outcome.PASS, Outcome.GUARANTEED})
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "≥": operator.ge,
    "≤": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def at_least(name: str, value: float | None, limit: float, unit: str | None = None) -> Criterion:
    """``value ≥ limit``."""
    return _compared(name, value, "≥", limit, unit)


def at_most(name: str, value: float | None, limit: float, unit: str | None = None) -> Criterion:
    """``value ≤ limit``."""
    return _compared(name, value, "≤", limit, unit)


def above(name: str, value: float | None, limit: float, unit: str | None = None) -> Criterion:
    """``value > limit``."""
    return _compared(name, value, ">", limit, unit)


def below(name: str, value: float | None, limit: float, unit: str | None = None) -> Criterion:
    """``value < limit``."""
    return _compared(name, value, "<", limit, unit)


def between(name: str, value: float | None, low: float, high: float, unit: str | None = None) -> Criterion:
    """``low ≤ value ≤ high``."""
    lower, upper = at_least(name, value, low, unit), at_most(name, value, high, unit)
    worse = lower if lower.outcome is not Outcome.PASS else upper
    return replace(worse, threshold=f"{_text(low)} … {_text(high)}")


def one_of(name: str, value: str | None, allowed: Collection[str]) -> Criterion:
    """``value`` is among the allowed words."""
    outcome = Outcome.UNKNOWN if value is None else _outcome(value in allowed)
    return Criterion(name=name, outcome=outcome, value=value, threshold=" or ".join(sorted(allowed)))


def flag(name: str, truth: bool | None, wanted: bool = True) -> Criterion:
    """A yes-or-no datum is as wanted."""
    outcome = Outcome.UNKNOWN if truth is None else _outcome(truth is wanted)
    return Criterion(name=name, outcome=outcome, value=_yes_no(truth), threshold=_yes_no(wanted))


def all_of(name: str, *parts: Criterion) -> Criterion:
    """Every part holds. Parts that are not applicable do not count."""
    return _combined(name, parts, " and ", decisive=False)


def any_of(name: str, *parts: Criterion) -> Criterion:
    """At least one part holds. Parts that are not applicable do not count."""
    return _combined(name, parts, " or ", decisive=True)


def not_(name: str, part: Criterion) -> Criterion:
    """The part does not hold."""
    opposite = {
        Outcome.PASS: Outcome.FAIL,
        Outcome.GUARANTEED: Outcome.FAIL,
        Outcome.FAIL: Outcome.PASS,
    }
    outcome = opposite.get(part.outcome, part.outcome)
    return replace(part, name=name, outcome=outcome, threshold=f"not ({part.threshold})")


def optional(criterion: Criterion) -> Criterion:
    """The same criterion, shown but not blocking when it is unknown. It still blocks when it fails."""
    return replace(criterion, required=False)


def noted(criterion: Criterion, note: str | None) -> Criterion:
    """The same criterion with a word of explanation."""
    return replace(criterion, note=note)


def guaranteed(criterion: Criterion, by: str) -> Criterion:
    """The same criterion, for data from a producer that applied this veto: unknown becomes guaranteed.

    What is known counts all the same: a producer that broke its word is not believed.
    """
    if criterion.outcome is not Outcome.UNKNOWN:
        return criterion
    return replace(criterion, outcome=Outcome.GUARANTEED, note=f"vetoed by {by} before it sends")


def not_applicable(name: str, why: str) -> Criterion:
    """A question that has no meaning for this alert."""
    return Criterion(name=name, outcome=Outcome.NOT_APPLICABLE, note=why)


def _compared(name: str, value: float | None, sign: str, limit: float, unit: str | None) -> Criterion:
    threshold = f"{sign} {_text(limit)}"
    if value is None or not math.isfinite(value):
        return Criterion(name=name, outcome=Outcome.UNKNOWN, threshold=threshold, unit=unit)
    outcome = _outcome(_SIGNS[sign](value, limit))
    return Criterion(name=name, outcome=outcome, value=_text(value, limit), threshold=threshold, unit=unit)


def _combined(name: str, parts: Iterable[Criterion], word: str, *, decisive: bool) -> Criterion:
    """Kleene: one part that is ``decisive`` decides; else any unknown one leaves it unknown."""
    parts = [part for part in parts if part.outcome is not Outcome.NOT_APPLICABLE]
    truths = {_truth(part) for part in parts}
    if not parts:
        outcome = Outcome.NOT_APPLICABLE
    elif decisive in truths:
        outcome = _outcome(decisive)
    else:
        outcome = Outcome.UNKNOWN if None in truths else _outcome(not decisive)
    values = "; ".join(_phrase(part.name, part.value, part.unit) for part in parts if part.value is not None)
    threshold = word.join(_phrase(part.name, part.threshold, part.unit) for part in parts)
    return Criterion(name=name, outcome=outcome, value=values or None, threshold=threshold or None)


def _truth(criterion: Criterion) -> bool | None:
    if criterion.outcome is Outcome.UNKNOWN:
        return None
    return criterion.outcome in _TRUE


def _outcome(truth: bool) -> Outcome:
    return Outcome.PASS if truth else Outcome.FAIL


def _yes_no(truth: bool | None) -> str | None:
    return None if truth is None else ("yes" if truth else "no")


def _phrase(name: str, text: str | None, unit: str | None) -> str:
    return " ".join(word for word in (name, text, unit) if word)


def _text(value: float, limit: float | None = None) -> str:
    """Four digits, or as many as it takes to tell the value from its limit."""
    short = f"{value:.4g}"
    return short if limit is None or value == limit or float(short) != limit else repr(value)
