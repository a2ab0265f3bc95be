"""Sources on the sky: all ids within 1.5″, of any survey, are one thing to a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from sqlalchemy import Connection

from alertwatch.facts import Facts
from alertwatch.store import followed, healpix
from alertwatch.store.followed import Followed, Key

RADIUS_ARCSEC = 1.5


@dataclass(frozen=True)
class Source:
    """One thing on the sky and the objects that it is followed as."""

    id: int
    members: Sequence[Followed]

    @property
    def keys(self) -> list[Key]:
        """Survey and object id of each."""
        return [member.key for member in self.members]

    @property
    def newest(self) -> Facts:
        """The newest facts of any, completed by the older ones."""
        in_time = sorted((member.facts for member in self.members), key=lambda facts: facts.mjd or 0.0)
        return reduce(lambda old, new: new.over(old), in_time, Facts())

    @property
    def filters(self) -> frozenset[str]:
        """The filters that matched any."""
        return frozenset(name for member in self.members for name in member.filters)


def resolve(tx: Connection, keys: Iterable[Key]) -> dict[Key, Source]:
    """The source of each object. One that has none yet gets its neighbour's number, or one of its own.

    To be called by one process at a time: two new neighbours must not be given a number each.
    """
    wanted = set(keys)
    found = followed.get(tx, wanted)
    numbers = {key: one.source_id for key, one in found.items() if one.source_id is not None}
    numbers |= _numbered(tx, [found[key] for key in sorted(found) if key not in numbers])
    known = {number: Source(number, members) for number, members in _members(tx, numbers).items()}
    alone = {key: Source(_number_of_id(key), []) for key in wanted - found.keys()}
    return alone | {key: known[number] for key, number in numbers.items()}


def _members(tx: Connection, numbers: Mapping[Key, int]) -> dict[int, list[Followed]]:
    return followed.of_sources(tx, set(numbers.values()))


def _numbered(tx: Connection, new: Sequence[Followed]) -> dict[Key, int]:
    """Numbers for objects that have none, one after the other: they may be each other's neighbours."""
    places = {one.key: (one.ra, one.dec) for one in new if one.ra is not None and one.dec is not None}
    near = dict(zip(places, followed.near(tx, list(places.values()), RADIUS_ARCSEC), strict=True))
    numbers: dict[Key, int] = {}
    for one in new:
        taken = (numbers.get(other.key, other.source_id) for other in near.get(one.key, ()))
        numbers[one.key] = next((number for number in taken if number is not None), _own_number(one))
    followed.set_sources(tx, numbers)
    return numbers


def _own_number(one: Followed) -> int:
    """The place on the sky as a number; without a place, a negative one made of the id."""
    if one.ra is not None and one.dec is not None:
        return healpix.pixel(one.ra, one.dec)
    return _number_of_id(one.key)


def _number_of_id(key: Key) -> int:
    digest = hashlib.sha256(":".join(key).encode()).digest()
    return -1 - (int.from_bytes(digest[:8], "big") >> 1)
