"""A person who looks at the night's matches: knows the truth, says it of most objects, and is sometimes wrong.

What is said follows from the night's seed and the object alone, not from when it matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from simulator.truth import Truth

LOOKED_AT, WRONG = 0.75, 0.1  # shares of the objects


def opinions(seed: int, truths: Iterable[Truth]) -> Iterator[tuple[str, str]]:
    """Object id and label (a class, "real" or "bogus") of the objects that were looked at."""
    for truth in truths:
        rng = np.random.default_rng([seed, *truth.object_id.encode()])
        if rng.random() < LOOKED_AT:
            yield truth.object_id, _mistaken(truth) if rng.random() < WRONG else truth.kind


def _mistaken(truth: Truth) -> str:
    """What somebody in a hurry takes it for."""
    return "real" if truth.truth_class in {"bogus", "asteroid"} else "bogus"
