"""What ALeRCE's classifiers would say: probabilities that are plausible, and sometimes wrong.

Taxonomies are those of stamp_classifier 1.0.4 and lc_classifier 1.1.13. The class on top is decided before
(an object is *called* something, by the mixture that `simulator.night` states); here it gets its numbers.
"""

from __future__ import annotations

import numpy as np

from simulator.wire import STAMP_CLASSES

LC_TREE = {
    "Transient": ("SNIa", "SNIbc", "SNII", "SLSN"),
    "Stochastic": ("AGN", "Blazar", "CV/Nova", "QSO", "YSO"),
    "Periodic": ("CEP", "DSCT", "E", "LPV", "Periodic-Other", "RRL"),
}
LC_CLASS = {
    "SN Ia": "SNIa",
    "SN II": "SNII",
    "SN Ibc": "SNIbc",
    "SN IIn": "SNII",
    "SLSN": "SLSN",
    "TDE": "SNII",
    "RR Lyrae": "RRL",
    "eclipsing binary": "E",
    "CV": "CV/Nova",
}
CONFUSED = {
    "AGN": (("VS", 0.10), ("bogus", 0.03)),
    "VS": (("AGN", 0.05), ("bogus", 0.04)),
    "asteroid": (("bogus", 0.08), ("VS", 0.02)),
    "bogus": (("asteroid", 0.06), ("VS", 0.08), ("AGN", 0.03)),
}


def mistaken(rng: np.random.Generator, truth: str) -> str:
    """The class that a dull object is called: mostly the right one, never SN."""
    roll = rng.random()
    for other, share in CONFUSED[truth]:
        if roll < share:
            return other
        roll -= share
    return truth


def stamp(rng: np.random.Generator, called: str, top: float) -> dict[str, float]:
    """Five probabilities, float32, that sum to 1, with ``called`` on top at ``top`` (0.25 or more)."""
    others = [name for name in STAMP_CLASSES if name != called]
    rest = rng.dirichlet(np.full(len(others), 1.5)) * (1 - top)
    while rest.max() >= top:
        rest = rng.dirichlet(np.full(len(others), 4.0)) * (1 - top)
    values = dict(zip(others, rest, strict=True)) | {called: top}
    return {name: float(np.float32(values[name])) for name in STAMP_CLASSES}


def certain_asteroid() -> dict[str, float]:
    """What a known solar-system object gets, without a look at its stamps."""
    return {name: float(name == "asteroid") for name in STAMP_CLASSES}


def light_curve(rng: np.random.Generator, called: str, top: float) -> dict[str, dict[str, float]]:
    """Probabilities of the 15 classes ("all") and of each level of the hierarchy."""
    branch = next(name for name, leaves in LC_TREE.items() if called in leaves)
    share_of_branch = float(np.sqrt(top))
    levels = {"top": _level(rng, tuple(LC_TREE), branch, share_of_branch)}
    for name, leaves in LC_TREE.items():
        favourite = called if name == branch else str(rng.choice(leaves))
        levels[name] = _level(rng, leaves, favourite, top / share_of_branch)
    every = {
        leaf: float(np.float32(levels["top"][name] * p)) for name in LC_TREE for leaf, p in levels[name].items()
    }
    return {"all": every, **levels}


def _level(rng: np.random.Generator, names: tuple[str, ...], best: str, top: float) -> dict[str, float]:
    rest = rng.dirichlet(np.full(len(names) - 1, 2.0)) * (1 - top)
    values = iter(rest)
    return {name: float(np.float32(top if name == best else next(values))) for name in names}
