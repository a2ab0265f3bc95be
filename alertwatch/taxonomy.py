"""Class names: one vocabulary for the taxonomies of all classifiers.

Each classifier cuts the sky its own way: the light-curve classifier of 2021 says ``SNIbc`` where the one of
2023 says ``SESN`` and ATAT ``SNIbc`` or ``SNIIb``; ATLAS's stamp classifier writes in lower case. The
canonical name is that of the coarsest class among equivalent ones, so that every taxonomy maps onto it.
Taxonomies: lc_classifier 1.1.13, BHRF and ATAT with forced photometry, stamp classifiers of ZTF, ATLAS, Rubin.
"""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache

from alertwatch.alert import Classification

GROUPS: dict[str, frozenset[str]] = {
    "SN": frozenset({"SN", "SNIa", "SESN", "SNII", "SNIIn", "SLSN"}),
    "AGN": frozenset({"AGN", "QSO", "Blazar"}),
    "Transient": frozenset({"SN", "SNIa", "SESN", "SNII", "SNIIn", "SLSN", "TDE"}),
    "Stochastic": frozenset({"AGN", "QSO", "Blazar", "CV/Nova", "YSO", "Microlensing"}),
    "Periodic": frozenset({"CEP", "DSCT", "E", "LPV", "Periodic-Other", "RRL", "RSCVn"}),
}
"""Canonical classes by group. ``SN`` and ``AGN`` are also the stamp classifiers' names for the whole group."""

CANONICAL: frozenset[str] = frozenset().union(*GROUPS.values(), ("VS", "asteroid", "bogus", "satellite"))
"""Every canonical class."""

_ALIASES = {
    "SNIbc": "SESN",
    "SNIIb": "SESN",
    "SNIb": "SESN",
    "SNIc": "SESN",
    "EA": "E",
    "EB/EW": "E",
    "RRLab": "RRL",
    "RRLc": "RRL",
}
_BY_LOWER_CASE = {name.lower(): name for name in CANONICAL} | {
    alias.lower(): name for alias, name in _ALIASES.items()
}

_GROUPS_BY_LOWER_CASE = {name.lower(): found for name, found in GROUPS.items()}


@lru_cache(maxsize=1000)
def canonical(name: str) -> str:
    """The canonical name of a class of any taxonomy; a name that nobody knows stays as it is."""
    return _BY_LOWER_CASE.get(name.lower(), name)


def members(group: str) -> frozenset[str]:
    """The canonical classes of a group, or the one class itself: what a filter's ``classes`` are made of."""
    return _GROUPS_BY_LOWER_CASE.get(group.lower(), frozenset({canonical(group)}))


def spellings(group: str) -> frozenset[str]:
    """How classifiers write the canonical classes of a group (or the one class), in lower case."""
    wanted = members(group)
    known = {name for name, found in _BY_LOWER_CASE.items() if found in wanted}
    return frozenset(known | {name.lower() for name in wanted})


def canonical_best(classification: Classification | None) -> str | None:
    """The canonical name of the classifier's top class; ``None`` when there is none."""
    best = classification.best if classification is not None else None
    return canonical(best) if best is not None else None


def probability(classification: Classification | None, names: Set[str]) -> float | None:
    """The summed probability of canonical classes; ``None`` where the classifier knows none of them."""
    if classification is None:
        return None
    found = [p for name, p in classification.probabilities.items() if canonical(name) in names]
    return sum(found) if found else None
