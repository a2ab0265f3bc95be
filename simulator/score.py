"""How well a filter did on a simulated night: completeness and purity, with what they rest on.

    report = score(night.summary, night.truth, matches)      # matches: (filter, survey, object id)

A simulated night is not the sky: purity depends on the enrichment, completeness on what a filter can reach
at all (its *footprint*), so both are part of the report. Thresholds must never be tuned on it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.truth import Truth

Match = tuple[str, str, str]
"""Filter (configured name), survey, object id."""

WANTED = {
    ("young_sn", "ztf"): "young_sn",
    ("young_sn", "lsst"): "young_sn",
    ("agn_flare", "ztf"): "flare",
}
"""Filter and survey → the field of the truth that says whether it should match."""

MIN_LATITUDE = 10.0  # deg; young_sn does not look at the galactic plane


@dataclass(frozen=True)
class Share:
    """``hits`` of ``total``, with the Wilson interval (95 %)."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        """The share itself; ``None`` of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval: (0, 1) of nothing."""
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.959964, self.total, self.hits / self.total
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        if self.value is None:
            return "none of 0"
        low, high = self.interval
        return f"{self.value:.2f} [{low:.2f}, {high:.2f}] ({self.hits} of {self.total})"


@dataclass(frozen=True)
class Score:
    """One filter on one survey.

    ``completeness`` counts all true objects, ``within_footprint`` those that the filter can reach;
    ``outside`` says why the others are out of reach, ``missed`` which of the reachable were missed,
    ``false`` what the wrong matches really are. ``base_rate``: share of the survey's objects that are true,
    as simulated; ``enrichment``: by how much that exceeds a real night's.
    """

    filter: str
    survey: str
    completeness: Share
    within_footprint: Share
    purity: Share
    outside: dict[str, int]
    missed: list[str]
    false: dict[str, int]
    base_rate: float
    enrichment: float

    def __str__(self) -> str:
        lines = [
            f"{self.filter} ({self.survey}): completeness {self.completeness}",
            f"  within its footprint {self.within_footprint}; purity {self.purity}",
            f"  base rate {self.base_rate:.4f} of the objects, {self.enrichment:g} times a real night's",
        ]
        for name, counts in (("out of its reach", self.outside), ("wrong matches", self.false)):
            if counts:
                lines.append(f"  {name}: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
        return "\n".join(lines)


def score(
    night: dict[str, Any],
    truths: Sequence[Truth],
    matches: Iterable[Match],
    wanted: dict[tuple[str, str], str] | None = None,
) -> list[Score]:
    """A score for every filter and survey of ``wanted`` (default: `WANTED`) that has messages."""
    found = set(matches)
    return [
        _score(name, field, ours, found, night["enrichment"])
        for (name, survey), field in (wanted or WANTED).items()
        if (ours := [t for t in truths if t.survey == survey])
    ]


def _score(name: str, field: str, truths: list[Truth], matches: set[Match], enrichment: float) -> Score:
    survey = truths[0].survey
    matched = {oid for filter_name, where, oid in matches if (filter_name, where) == (name, survey)}
    true = [t for t in truths if getattr(t, field)]
    reasons = {t.object_id: reason for t in true if (reason := out_of_reach(t, field)) is not None}
    reachable = [t for t in true if t.object_id not in reasons]
    right = matched & {t.object_id for t in true}
    return Score(
        filter=name,
        survey=survey,
        completeness=Share(len(right), len(true)),
        within_footprint=Share(sum(t.object_id in matched for t in reachable), len(reachable)),
        purity=Share(len(right), len(matched)),
        outside=dict(Counter(reasons.values())),
        missed=[t.object_id for t in reachable if t.object_id not in matched],
        false=_what(matched - right, truths),
        base_rate=len(true) / len(truths),
        enrichment=enrichment,
    )


def _what(object_ids: set[str], truths: list[Truth]) -> dict[str, int]:
    """What objects really are, counted, the most frequent first."""
    known = {t.object_id: f"{t.kind} ({t.story})" for t in truths}
    counts = Counter(known.get(oid, "not of this night") for oid in object_ids)
    return dict(counts.most_common())


def out_of_reach(truth: Truth, field: str) -> str | None:
    """Why a filter cannot find a true object from ALeRCE's messages, or ``None`` if it can."""
    if field == "young_sn" and not truth.sn_top:
        return "not called SN"
    if field == "flare" and not truth.agn_top:
        return "not called AGN"
    if field == "young_sn" and abs(truth.latitude) <= MIN_LATITUDE:
        return "near the galactic plane"
    if field == "young_sn" and truth.recycled:
        return "under a recycled id"
    return None
