"""Where the reading of a partition begins: the database's word, checked against what the cluster still has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import structlog

from alertwatch.settings import SourceSettings
from alertwatch.store.gaps import Gap
from alertwatch.store.positions import PositionKey
from consumer.kafka.cluster import Cluster, Extent, Place

LoadPositions = Callable[[Sequence[PositionKey]], Mapping[PositionKey, int]]
RecordGap = Callable[[Gap], None]

log = structlog.get_logger(__name__)


class Start(NamedTuple):
    """Where to begin; ``stored`` is what the database had (-1: nothing), ``high`` the partition's end now."""

    key: PositionKey
    offset: int
    stored: int
    high: int


class Starts:
    """Decides for one source. Raises what the database and the cluster raise: then nothing was decided."""

    def __init__(
        self,
        name: str,
        settings: SourceSettings,
        cluster: Cluster,
        load_positions: LoadPositions,
        record_gap: RecordGap,
    ) -> None:
        self._name, self._settings, self._cluster = name, settings, cluster
        self._load, self._record_gap = load_positions, record_gap
        self._skipped: frozenset[str] | None = None
        self.first_seen: frozenset[str] = frozenset()
        """The topics that existed when the source started."""

    def decide(self, places: Collection[Place]) -> dict[Place, Start]:
        """Where to begin in each partition; those without a leader just now are left out."""
        keys, extents, stored = self._known(places)
        if self._skipped is None and keys:
            new_here = self._settings.start == "latest" and not stored
            self._skipped = self.first_seen if new_here else frozenset()
        return {place: self._decide(key, stored.get(key), extents[place]) for place, key in keys.items()}

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

    def _decide(self, key: PositionKey, stored: int | None, extent: Extent) -> Start:
        if stored is None:
            # A topic that appeared while we run is read whole, whatever the settings say of the first start.
            skip = self._skipped is not None and key.topic in self._skipped
            return Start(key, extent.high if skip else extent.low, -1, extent.high)
        if extent.low <= stored <= extent.high:
            return Start(key, stored, stored, extent.high)
        self._say_gap(key, stored, extent)
        return Start(key, extent.low, stored, extent.high)

    def _say_gap(self, key: PositionKey, stored: int, extent: Extent) -> None:
        expired = stored < extent.low
        reason = (
            "expired on the broker before they were read"
            if expired
            else f"the partition ends at {extent.high}, before the position: truncated on the broker"
        )
        gap = Gap(
            source=self._name,
            topic=key.topic,
            partition=key.partition,
            from_offset=stored,
            to_offset=extent.low if expired else None,
            from_time=None,
            to_time=None,
            reason=reason,
        )
        self._record_gap(gap)
        log.warning(
            "gap: messages lost",
            source=self._name,
            topic=key.topic,
            partition=key.partition,
            from_offset=stored,
            to_offset=gap.to_offset,
            reason=reason,
            resumed_at=extent.low,
        )
