"""What a night consists of: how many objects of each kind, and how far that is from a real night.

A real ZTF night has hundreds of thousands of alerts and about 23 new objects that the stamp classifier calls
SN (probability 0.30 to 0.84). A simulated night of any size keeps those 23 if it can; what is thinned out is
the dull rest. The factor by which the interesting is over-represented is the *enrichment*; it is part of
the truth and everything measured on the night must be read with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simulator import classifiers
from simulator.objects import SimObject
from simulator.population import Population

REAL_STAMPS = 200_000  # ZTF stamp messages in a real night
REAL_NEW_SN_TOP = 23

NEW_SN_TOP = [
    *("supernova", "cv", "supernova", "asteroid", "supernova", "agn", "supernova", "cv", "supernova", "late"),
    *("supernova", "bogus", "tde", "supernova", "asteroid", "cv", "supernova", "agn", "supernova", "late"),
    *("cv", "asteroid", "bogus"),
]
"""The 23, in an order in which any first few are a fair sample: 9 supernovae that rise and 2 caught late;
4 cataclysmic variables, 3 asteroids, 2 active nuclei, 2 artefacts and a tidal disruption event called SN."""

COMPANIONS = {"recent": 8, "missed": 4, "flare": 8, "old_tde": 2}
"""For each 23: supernovae found days ago that alert again; new supernovae that the classifier calls
something else; AGN in a flare (the one kind enriched beyond the others); fading TDEs."""

COMMON = 5
"""For each 23: supernovae of ZTF that Rubin sees as well, where that finds them as young."""

OLD_SUPERNOVAE = 0.005  # of all stamp messages, as in reality

DULL = {"VS": 0.44, "known asteroid": 0.24, "AGN": 0.13, "bogus": 0.14, "asteroid": 0.05}
RECYCLED = {"cv": 0.4, "supernova": 0.03, "late": 0.03}


@dataclass(frozen=True)
class Mixture:
    """How many messages of each stream, and how many of the interesting objects."""

    ztf_stamps: int
    ztf_lcs: int
    rubin_stamps: int
    new_sn_top: int

    @classmethod
    def of(cls, n_alerts: int, new_sn_top: int | None) -> Mixture:
        """70 % ZTF stamps, 20 % light curves, 10 % Rubin; the real night's 23, or fewer in a tiny one."""
        stamps, rubin = round(0.7 * n_alerts), round(0.1 * n_alerts)
        most = max(REAL_NEW_SN_TOP, round(REAL_NEW_SN_TOP * stamps / REAL_STAMPS))
        wanted = min(most, max(2, stamps // 50)) if new_sn_top is None else new_sn_top
        return cls(stamps, n_alerts - stamps - rubin, rubin, wanted)

    @property
    def common(self) -> int:
        """Most sources that both surveys see."""
        return max(1, round(COMMON * self.new_sn_top / REAL_NEW_SN_TOP))

    @property
    def enrichment(self) -> float:
        """How much more common a new SN-top object is than in a real night."""
        return self.new_sn_top / (REAL_NEW_SN_TOP * self.ztf_stamps / REAL_STAMPS)


def interesting(sky: Population, new_sn_top: int, stamps: int) -> Iterator[SimObject]:
    """The objects that a science filter should have to think about."""
    for number in range(new_sn_top):
        yield _called_sn(sky, NEW_SN_TOP[number % len(NEW_SN_TOP)])
    share = {name: max(1, round(n * new_sn_top / REAL_NEW_SN_TOP)) for name, n in COMPANIONS.items()}
    for _ in range(share["recent"]):
        yield sky.supernova("recent")
    for number in range(share["missed"]):
        yield sky.supernova("new", called=("asteroid", "AGN", "VS", "bogus")[number % 4])
    for _ in range(share["flare"]):
        yield sky.nucleus("flare")
    for _ in range(share["old_tde"]):
        yield sky.disruption("old")
    for _ in range(max(1, round(OLD_SUPERNOVAE * stamps / 2))):  # two alerts each
        yield sky.supernova("old", called="SN" if sky.rng.random() < 0.75 else "AGN")


def _called_sn(sky: Population, what: str) -> SimObject:
    """One object whose first alert tonight has SN on top."""
    recycled = bool(sky.rng.random() < RECYCLED.get(what, 0.0))
    match what:
        case "cv":
            return sky.cataclysmic(recycled=recycled)
        case "asteroid":
            return sky.asteroid(known=False, called="SN")
        case "agn":
            return sky.nucleus("new", called="SN")
        case "bogus":
            return sky.artefact(called="SN")
        case "tde":
            return sky.disruption("new")
        case _:
            return sky.supernova("late" if what == "late" else "new", recycled=recycled)


def dull(sky: Population) -> Iterator[SimObject]:
    """The rest of the night, without end."""
    while True:
        kind = str(sky.rng.choice(list(DULL), p=list(DULL.values())))
        truth = kind.removeprefix("known ")
        called = truth if kind == "known asteroid" else classifiers.mistaken(sky.rng, truth)
        match kind:
            case "VS":
                yield sky.variable(called)
            case "AGN":
                yield sky.nucleus("old", called)
            case "bogus":
                yield sky.artefact(called)
            case _:
                yield sky.asteroid(known=kind.startswith("known"), called=called)
