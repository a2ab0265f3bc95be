"""Where the reading of a partition begins: the database's word, checked against what the cluster still has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from alertwatch.settings import SourceSettings
from alertwatch.store.positions import PositionKey
from consumer.kafka.cluster import Cluster, Extent, Place
from consumer.kafka.losses import LoadPositions, Losses


class Start(NamedTuple):
    """Where to begin; ``stored`` is what the database has (-1: nothing), ``high`` the partition's end now."""

    key: PositionKey
    offset: int
    stored: int
    high: int


class Starts:
    """Decides for one source. Raises what the database and the cluster raise: then nothing was decided."""

    def __init__(
        self, settings: SourceSettings, cluster: Cluster, load_positions: LoadPositions, losses: Losses
    ) -> None:
        self._settings, self._cluster = settings, cluster
        self._load, self._losses = load_positions, losses
        self._skipped: frozenset[str] | None = None
        self.first_seen: Mapping[str, str] = {}
        """The topics that existed when the source started, and their incarnations."""

    def decide(self, places: Collection[Place]) -> dict[Place, Start]:
        """Where to begin in each partition; those without a leader just now are left out."""
        keys, extents, stored = self._known(places)
        self._losses.note({key: extents[place].high for place, key in keys.items()})
        if self._skipped is None and keys:
            new_here = self._settings.start == "latest" and not stored
            self._skipped = frozenset(self.first_seen) if new_here else frozenset()
        return {place: self._decide(key, stored, extents[place]) for place, key in keys.items()}

    def all_read(self, places: Collection[Place]) -> bool:
        """Whether the database's positions are at the ends: other processes read these partitions."""
        keys, extents, stored = self._known(places)
        return all(p in keys and stored.get(keys[p], extents[p].low) >= extents[p].high for p in places)

    def _known(
        self, places: Collection[Place]
    ) -> tuple[dict[Place, PositionKey], dict[Place, Extent], Mapping[PositionKey, int]]:
        ids = self._cluster.incarnations({place.topic for place in places})
        extents = self._cluster.extents(places)
        keys = {
            place: PositionKey(
                self._cluster.id, self._settings.group_id, place.topic, ids[place.topic], place.partition
            )
            for place in extents
            if place.topic in ids
        }
        return keys, extents, self._load(list(keys.values()))

    def _decide(self, key: PositionKey, positions: Mapping[PositionKey, int], extent: Extent) -> Start:
        stored = positions.get(key)
        if stored is None:
            self._tell_of_remade(key, positions)
            # A topic that appeared while we run is read whole, whatever the settings say of the first start.
            skip = self._skipped is not None and key.topic in self._skipped
            return Start(key, extent.high if skip else extent.low, -1, extent.high)
        if extent.low <= stored <= extent.high:
            return Start(key, stored, stored, extent.high)
        if stored < extent.low:
            self._losses.tell(
                key, stored, extent.low, "expired on the broker before they were read", resumed=extent.low
            )
        else:
            reason = f"the partition ends at {extent.high}, before the position: truncated on the broker"
            self._losses.tell(key, stored, None, reason, resumed=extent.low)
        return Start(key, extent.low, extent.low, extent.high)

    def _tell_of_remade(self, key: PositionKey, positions: Mapping[PositionKey, int]) -> None:
        """Of a topic made again before we started, the end of its former incarnation cannot be known."""
        former = [k for k in positions if k.incarnation and k._replace(incarnation=key.incarnation) == key]
        if former and self.first_seen.get(key.topic) == key.incarnation:
            reason = "the topic was deleted and made again unwatched: what followed in it is unknown"
            self._losses.tell(former[-1], positions[former[-1]], None, reason)
