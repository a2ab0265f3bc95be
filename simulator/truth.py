"""What a simulated object really is, for measuring: one JSON object per line, after one line on the night."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulator.objects import SimObject
from simulator.sources import ActiveNucleus, Supernova

YOUNG_DAYS = 5.0
FLARE_MAG = 0.75
AGN_CLASSES = {"AGN", "QSO", "Blazar"}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One object. Times are MJD UTC, ``latitude`` (galactic) deg.

    ``young_sn``: what a perfect filter would match: a supernova, before its peak, at most 5 days after its
    first detection when tonight's first alert was taken. ``flare``: an AGN whose flare alone makes it 0.75
    mag brighter at tonight's alerts, noise and random walk aside. ``start``: explosion, or onset of the flare
    or outburst. ``first_detection`` is that of the event, ``first_ever`` that of the object (years ago when
    its id is recycled); both and ``age`` are given for objects with an event. ``sn_top``: the stamp
    classifier puts SN on top; ``agn_top``: it, or the light-curve classifier, puts an AGN class there.
    ``same_as``: of a Rubin object, the id of the same source in ZTF.
    """

    object_id: str
    survey: str
    kind: str
    truth_class: str
    story: str
    young_sn: bool
    flare: bool
    sn_top: bool
    agn_top: bool
    recycled: bool
    start: float | None
    first_detection: float | None
    first_ever: float | None
    first_alert: float
    age: float | None
    ra: float
    dec: float
    latitude: float
    messages: int
    streams: list[str]
    same_as: str | None = None


def truth_of(found: SimObject, *, tops: set[str], streams: list[str]) -> Truth:
    """The truth on one object that was called ``tops`` in ``streams``' messages (one entry each)."""
    first = found.light_curve.first(since=found.start) if found.start is not None else None
    age = found.alert_times[0] - first if first is not None else None
    return Truth(
        object_id=found.object_id,
        survey=found.survey.name,
        kind=found.kind,
        truth_class=found.truth_class,
        story=found.story,
        young_sn=is_young(found, age),
        flare=is_flare(found),
        sn_top="SN" in tops,
        agn_top=bool(tops & AGN_CLASSES),
        recycled=found.ancient is not None,
        start=found.start,
        first_detection=first,
        first_ever=found.light_curve.first() if found.start is not None else None,
        first_alert=found.alert_times[0],
        age=age,
        ra=found.ra,
        dec=found.dec,
        latitude=found.latitude,
        messages=len(streams),
        streams=sorted(set(streams)),
        same_as=found.twin.object_id if found.twin else None,
    )


def is_young(found: SimObject, age: float | None) -> bool:
    """A supernova before its peak, first detected at most `YOUNG_DAYS` before tonight's first alert."""
    source = found.source
    return (
        isinstance(source, Supernova)
        and age is not None
        and age <= YOUNG_DAYS
        and found.alert_times[0] <= source.peak
    )


def is_flare(found: SimObject) -> bool:
    """An AGN that its flare alone makes `FLARE_MAG` brighter at every alert of tonight."""
    source = found.source
    if not isinstance(source, ActiveNucleus):
        return False
    return bool(source.brightening(np.array(found.alert_times)).min() >= FLARE_MAG)


def write(path: Path, night: dict[str, Any], truths: Iterable[Truth]) -> None:
    """Write the truth file: the night on the first line, then one object per line."""
    with path.open("w") as lines:
        lines.write(json.dumps({"night": night}) + "\n")
        lines.writelines(json.dumps(asdict(truth)) + "\n" for truth in truths)


def read(path: Path) -> tuple[dict[str, Any], list[Truth]]:
    """The night and its objects, as `write` wrote them."""
    with path.open() as lines:
        night = json.loads(next(lines))["night"]
        return night, [Truth(**json.loads(line)) for line in lines]
