"""The filter protocol: what a science case says, and what a verdict is.

A filter is one file in `filters/` (or a plug-in): a class named anything, deriving from `Filter`, whose
file name is its name everywhere. It states which streams and classes it can be interested in and which parts
of an alert it needs; it may look at the bare message (`wants`, microseconds); and it yields named criteria on
the complete alert (`criteria`). It does no I/O and never asks the clock: the same alert and parameters give
the same verdict today, in a replay and on a cluster.

Truth has three values here. Missing data makes a criterion *unknown*, never a pass.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar, get_args, get_origin

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from alertwatch.alert import Alert, Cutouts, Part

FOLLOWED = "followed"
"""What stands for a filter where an alert was looked at because its object has matched; no filter's name."""


class Outcome(StrEnum):
    """How one criterion came out.

    ``GUARANTEED``: a veto that the producing classifier version already applied before it sent the message.
    ``NOT_APPLICABLE``: the question has no meaning for this survey (a PS1 cut on a far-southern Rubin source).
    """

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    GUARANTEED = "guaranteed"


class Result(StrEnum):
    """How an alert came out of a filter."""

    MATCH = "match"
    NO_MATCH = "no_match"
    UNKNOWN = "unknown"


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """One named question, its answer, and the numbers behind it.

    ``value`` and ``threshold`` are what a person reads (``"2.1"``, ``"≤ 3"``), ``unit`` their unit, ``note``
    whatever else explains the outcome. An optional criterion that is *unknown* is shown and does not block;
    one that *fails* always does.
    """

    name: str
    outcome: Outcome
    value: str | None = None
    threshold: str | None = None
    unit: str | None = None
    required: bool = True
    note: str | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one configured filter says of one alert. ``parameters_hash`` names the parameters it judged with."""

    filter: str
    result: Result
    criteria: tuple[Criterion, ...] = ()
    grade: str | None = None
    parameters_hash: str

    @property
    def is_kept(self) -> bool:
        """Whether the alert's light curve and images are stored with it: a match, or of a followed object."""
        return self.result is Result.MATCH or self.filter == FOLLOWED


class Parameters(BaseModel):
    """Base of a filter's parameters: typed, bounded, each with a description and its unit.

    Write each as ``max_age_days: float = parameter(5.0, "oldest age; Smith (2024)", unit="d", gt=0)``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


def parameter(default: Any, description: str, *, unit: str = "", **bounds: Any) -> Any:
    """One field of `Parameters`: its default, what it means and who says so, its unit ("" for pure numbers).

    ``bounds`` are pydantic's: ``ge``, ``gt``, ``le``, ``lt``.
    """
    return Field(default, description=description, json_schema_extra={"unit": unit}, **bounds)


P = TypeVar("P", bound=Parameters)


class Filter(ABC, Generic[P]):
    """A science case. Subclasses set the class attributes and write `criteria` (and, if useful, `wants`)."""

    parameters_type: ClassVar[type[Parameters]]
    """The parameters model: the ``P`` of ``Filter[P]``, set by itself."""

    streams: ClassVar[frozenset[str]]
    """Readers whose alerts this filter can judge, e.g. ``frozenset({"ztf_stamp", "rubin_stamp"})``."""

    classes: ClassVar[frozenset[str] | None] = None
    """Canonical top classes (`alertwatch.taxonomy`) of interest; ``None``: any, also unclassified alerts."""

    sought: ClassVar[frozenset[str] | None] = None
    """Canonical classes that make a match right, where ``classes`` does not tell: for precision."""

    needs: ClassVar[frozenset[Part]] = frozenset()
    """Parts of the alert that `criteria` looks at. What the message lacks of them is looked up."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            if isinstance(get_origin(base), type) and issubclass(get_origin(base), Filter):
                cls.parameters_type = get_args(base)[0]

    def __init__(self, name: str, parameters: P) -> None:
        self.name = name
        self.parameters = parameters
        text = type(self).__module__ + parameters.model_dump_json()
        self.parameters_hash = hashlib.sha256(text.encode()).hexdigest()[:16]

    def wants(self, alert: Alert) -> bool:  # noqa: ARG002 - subclasses use it
        """Cheap cut on what the message itself holds; ``False`` drops the alert for this filter for good.

        Called for every alert of the right stream and class, so it costs microseconds or less. It must let
        pass what it cannot tell.
        """
        return True

    @abstractmethod
    def criteria(self, alert: Alert) -> Iterable[Criterion]:
        """Yield the criteria, each once, in the order in which a person would ask them."""

    def grade(self, alert: Alert) -> str | None:  # noqa: ARG002 - subclasses use it
        """A grade for matches, best first in the filter's own words ("gold", "silver"); none by default."""
        return None

    def judge(self, alert: Alert) -> Verdict:
        """The verdict: *no match* if any criterion fails, else *unknown* if a required one is, else *match*."""
        criteria = tuple(self.criteria(alert))
        outcomes = {c.outcome for c in criteria if c.required or c.outcome is not Outcome.UNKNOWN}
        if Outcome.FAIL in outcomes:
            result = Result.NO_MATCH
        elif Outcome.UNKNOWN in outcomes:
            result = Result.UNKNOWN
        else:
            result = Result.MATCH
        return Verdict(
            filter=self.name,
            result=result,
            criteria=criteria,
            grade=self.grade(alert) if result is Result.MATCH else None,
            parameters_hash=self.parameters_hash,
        )

    def __reduce__(self) -> tuple[type[Filter[P]], tuple[str, P]]:
        return type(self), (self.name, self.parameters)


class Judged(msgspec.Struct, frozen=True):
    """An alert with the verdicts on it: what is stored together, with its images where they are to be kept."""

    alert: Alert
    verdicts: tuple[Verdict, ...]
    cutouts: Cutouts | None = None
