"""Completeness of the filters on real, labelled light curves, by way of the messages they would have caused.

Each detection becomes a classifier's message in its exact bytes; that goes through the reader, the filter's
cheap cut, the look-up (against the answers that ALeRCE would have given) and the filter itself.

    python -m benchmarks.completeness [--missed]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from alertwatch import registry, times
from alertwatch.filter import Filter, Outcome, Result, Verdict
from alertwatch.taxonomy import canonical_best
from benchmarks import labelled
from benchmarks.labelled import Answers, Labelled
from consumer import readers
from consumer.lookup.ztf import ZtfLookup
from simulator import wire
from simulator.score import Share
from tests.support.data import DATA

MINUTES = 10 / 1440  # from the exposure to the message, d
FEW = 10  # objects that are listed one by one
LIGHT_CURVE_GATE = 6  # detections in one band before the light-curve classifier speaks (DESI notebook)

STRICTER = {"max_age_days": 2.0, "min_galactic_latitude": 20.0, "only_new_ids": False}


class Message(NamedTuple):
    """A message: its reader, its bytes, the time of its exposure (MJD)."""

    stream: str
    payload: bytes
    mjd: float


@dataclass(frozen=True)
class Reached:
    """What became of one object: days from its first detection to its first match, or what stood in the way."""

    object_id: str
    after_days: float | None
    blocked_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One filter, with settings, on one sample, with what was assumed of the classifier."""

    filter: str
    settings: dict[str, Any]
    sample: str
    assumption: str
    reached: list[Reached]

    @property
    def completeness(self) -> Share:
        """The share of objects with at least one match."""
        return Share(sum(r.after_days is not None for r in self.reached), len(self.reached))

    @property
    def reasons(self) -> Counter[str]:
        """What the missed ones failed on, at the alert that came nearest to a match."""
        return Counter(name for r in self.reached for name in r.blocked_by)


def stamps(found: Labelled, probabilities: Mapping[str, float]) -> Iterator[Message]:
    """A stamp-classifier message for each detection."""
    for record in found.detections:
        payload = wire.ztf_stamp(found.object_id, str(record["candid"]), probabilities)
        yield Message("ztf_stamp", payload, times.from_jd(record["jd"]))


def light_curve_messages(found: Labelled, probabilities: Mapping[str, float]) -> Iterator[Message]:
    """A light-curve-classifier message for each detection, once there are enough of them in one band."""
    seen: Counter[int] = Counter()
    for record in found.detections:
        seen[record["fid"]] += 1
        if max(seen.values()) >= LIGHT_CURVE_GATE:
            levels = {"all": probabilities, "top": {"Stochastic": 1.0}}
            features = {"n_det": float(seen.total())}  # never the same bytes twice
            payload = wire.ztf_lc(found.object_id, features, levels)
            yield Message("ztf_lc", payload, times.from_jd(record["jd"]))


def first_match(filter_: Filter[Any], found: Labelled, messages: Iterable[Message]) -> Reached:
    """Follow one object's messages until the filter matches."""
    answers: Any = Answers(found)
    lookup = ZtfLookup(answers, packets=answers)
    blocking: list[tuple[str, ...]] = []
    for message in messages:
        verdict = judged(filter_, lookup, message)
        if verdict is not None and verdict.result is Result.MATCH:
            return Reached(found.object_id, message.mjd - found.first_mjd)
        blocking.append(_blocking(verdict))
    return Reached(found.object_id, None, min(blocking, key=len, default=("no message",)))


def judged(filter_: Filter[Any], lookup: ZtfLookup, message: Message) -> Verdict | None:
    """The verdict on one message; ``None`` when the filter does not want it."""
    alert = readers.get(message.stream).read(message.payload, message.mjd + MINUTES)
    of_interest = filter_.classes is None or canonical_best(alert.classification) in filter_.classes
    if not of_interest or not filter_.wants(alert):
        return None
    return filter_.judge(lookup.complete(alert, filter_.needs))


def trials() -> Iterator[Trial]:
    """All that is measured."""
    supernovae, reported = labelled.bts_sne_ia(DATA), labelled.reported_candidates(DATA)
    sure = {"SN": 0.72, "AGN": 0.1, "VS": 0.1, "asteroid": 0.05, "bogus": 0.03}
    unsure = {"SN": 0.4, "AGN": 0.3, "VS": 0.15, "asteroid": 0.1, "bogus": 0.05}
    for settings in ({}, {"only_new_ids": False}, STRICTER):
        for said in (sure, unsure):
            yield _trial("young_sn", settings, "BTS SNe Ia", supernovae, f"P(SN) {said['SN']}", stamps, said)
    yield _trial("young_sn", {}, "candidates ALeRCE reported", reported, "P(SN) 0.72", stamps, sure)
    flares = labelled.nuclear_flares(DATA)
    active = {"AGN": 0.5, "SN": 0.2, "VS": 0.2, "asteroid": 0.05, "bogus": 0.05}
    yield _trial("agn_flare", {}, "nuclear flares", flares, "stamp class AGN", stamps, active)
    late = {"AGN": 0.4, "QSO": 0.3, "Blazar": 0.05, "SNIa": 0.15, "SLSN": 0.1}
    yield _trial(
        "agn_flare", {}, "nuclear flares", flares, "P(AGN+QSO+Blazar) 0.75", light_curve_messages, late
    )


def _trial(
    name: str,
    settings: dict[str, Any],
    sample: str,
    objects: Iterable[Labelled],
    assumption: str,
    messages: Callable[[Labelled, Mapping[str, float]], Iterable[Message]],
    probabilities: Mapping[str, float],
) -> Trial:
    filter_ = registry.instance(name, registry.filters(), name, settings)
    reached = [first_match(filter_, found, messages(found, probabilities)) for found in objects]
    return Trial(name, settings, sample, assumption, reached)


def _blocking(verdict: Verdict | None) -> tuple[str, ...]:
    """What failed, else what is unknown."""
    if verdict is None:
        return ("dropped on the message alone",)
    failed = tuple(c.name for c in verdict.criteria if c.outcome is Outcome.FAIL)
    unknown = tuple(f"{c.name} unknown" for c in verdict.criteria if c.outcome is Outcome.UNKNOWN)
    return failed or unknown


def report(trial: Trial, *, missed: bool = False) -> Iterator[str]:
    """Lines for a person."""
    settings = ", ".join(f"{key} = {value}" for key, value in trial.settings.items()) or "defaults"
    yield f"{trial.filter} ({settings}) on {trial.sample}, {trial.assumption} assumed"
    yield f"    completeness {trial.completeness}"
    if reasons := trial.reasons:
        yield "    missed for: " + ", ".join(f"{name} ({n})" for name, n in reasons.most_common())
    if days := sorted(r.after_days for r in trial.reached if r.after_days is not None):
        yield f"    first match after {days[len(days) // 2]:.1f} d (median), {days[-1]:.1f} d (last)"
    if len(trial.reached) <= FEW:
        yield "    " + ", ".join(f"{r.object_id}: {_day(r)}" for r in trial.reached)
    if missed:
        yield from (f"    {r.object_id}: {', '.join(r.blocked_by)}" for r in trial.reached if r.blocked_by)


def _day(reached: Reached) -> str:
    return "never" if reached.after_days is None else f"day {reached.after_days:.0f}"


def main() -> None:
    """Print all trials and what was assumed."""
    assumed = ", ".join(f"{key} {value}" for key, value in labelled.ASSUMED.items())
    print("Completeness on labelled real light curves, with 95 % Wilson intervals.")
    print("Assumed: the classifier's answer, the same at each alert;", end=" ")
    print(f"light-curve messages from {LIGHT_CURVE_GATE} detections in one band on;")
    print(f"of supernovae, whose light curves do not tell: {assumed}.\n")
    for trial in trials():
        print("\n".join(report(trial, missed="--missed" in sys.argv)), flush=True)


if __name__ == "__main__":
    main()
