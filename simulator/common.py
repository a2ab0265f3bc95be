"""Sources that both surveys see in one night: young supernovae of ZTF, where Rubin looks too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from simulator.sources import Supernova
from simulator.stories import is_story
from simulator.survey import tonight

if TYPE_CHECKING:
    from simulator.objects import SimObject
    from simulator.population import Population

TRIES = 20
SCATTER = 0.08 / 3600  # deg, in each coordinate


def twins(rubin: Population, objects: Iterable[SimObject], most: int) -> Iterator[SimObject]:
    """The same sources under ids of Rubin: at most so many, of those that it too first detected days ago.

    Rubin sees deeper, so where it came by in time it has known a supernova of ZTF for longer than that.
    """
    young = sorted(filter(_is_young_supernova, objects), key=lambda found: found.story == "new")
    common = (found for found in young if rubin.survey.observable(found.ra, found.dec, rubin.night))
    return islice((twin for found in common if (twin := _twin(rubin, found)) is not None), most)


def _is_young_supernova(found: SimObject) -> bool:
    is_supernova = found.is_ztf and found.called == "SN" and isinstance(found.source, Supernova)
    return is_supernova and found.story in {"new", "recent"}


def _twin(rubin: Population, found: SimObject) -> SimObject | None:
    """As Rubin's visits show it, drawn until they find it young; ``None`` where none do.

    The longer known one is preferred: there is more to see.
    """
    new = None
    for index in islice(rubin.numbers, TRIES):
        east, north = rubin.rng.normal(0, SCATTER, 2)
        twin = replace(
            found,
            survey=rubin.survey,
            index=index,
            object_id=rubin.object_id(index),
            ra=(found.ra + float(east)) % 360,
            dec=found.dec + float(north),
            tonight=tonight(rubin.survey, found.ra, rubin.night, rubin.rng),
            ancient=None,
            twin=found,
        )
        if is_story(twin, "recent"):
            return replace(twin, story="recent")
        if is_story(twin, "new"):
            new = replace(twin, story="new")
    return new
