"""Targets for the TOM Toolkit: the CSV of its import page, and the JSON of its API (``/api/targets/``).

What a target has no field for becomes an extra of it. The forms are those that version 3.1 reads
(`tom_targets.utils.import_targets`, `tom_targets.serializers.TargetSerializer`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Target:
    """A place on the sky (degrees, ICRS) with a name that is unique in the TOM, and what else is known."""

    name: str
    ra: float
    dec: float
    extras: dict[str, str] = field(default_factory=dict)


def as_csv(targets: Sequence[Target]) -> str:
    """A table to import: the toolkit's own columns, then the extras of any target."""
    keys = dict.fromkeys(key for target in targets for key in target.extras)
    out = io.StringIO()
    writer = csv.DictWriter(out, ["name", "type", "ra", "dec", "epoch", *keys], restval="", lineterminator="\n")
    writer.writeheader()
    for target in targets:
        place = {"ra": f"{target.ra:.6f}", "dec": f"{target.dec:.6f}", "epoch": "2000.0"}
        writer.writerow({"name": target.name, "type": "SIDEREAL", **place, **target.extras})
    return out.getvalue()


def as_json(targets: Sequence[Target]) -> list[dict[str, Any]]:
    """What the API is sent, a target after the other."""
    return [
        {
            "name": target.name,
            "type": "SIDEREAL",
            "ra": round(target.ra, 6),
            "dec": round(target.dec, 6),
            "epoch": 2000.0,
            "targetextra_set": [{"key": key, "value": value} for key, value in target.extras.items()],
        }
        for target in targets
    ]
