"""What a delivery says, from the database as it is when the message goes out: the newest of every source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from msgspec.structs import replace
from sqlalchemy import Connection

from alertwatch import render
from alertwatch.alert import CrossMatch, LightCurve
from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED
from alertwatch.notification import Entry, MatchedBy, Notification, Receipt
from alertwatch.query.selection import Selection
from alertwatch.render import derived
from alertwatch.store import deliveries, followed, labels, notes, queries, tags
from alertwatch.store.deliveries import Delivery, Item
from alertwatch.store.followed import Followed, Key

MOST_FULL = 25
"""Entries of a message beyond which none has its light curve looked up."""

MOST_MATCHES = 100  # of one object that are looked through for the newest of each filter
NO_HOSTS = frozenset({"MPC"})  # catalogues of what moves


class Composed(NamedTuple):
    """A notification without pictures, and what they would be drawn from where it is about one source."""

    notification: Notification
    curve: LightCurve | None = None
    alert_id: str | None = None


class _Source(NamedTuple):
    """A source on the sky: what is told of it, the newest first, and all its ids."""

    items: Sequence[Item]
    known: Sequence[Followed]

    @property
    def keys(self) -> list[Key]:
        """Survey and id: of the newest alert first, then the others."""
        told = [(item.survey, item.object_id) for item in self.items]
        return list(dict.fromkeys([*told, *(one.key for one in self.known)]))


class _Said(NamedTuple):
    """What people said, wrote and gathered objects under."""

    labels: Mapping[Key, Sequence[labels.Label]]
    notes: Mapping[Key, Sequence[notes.Note]]
    tags: Mapping[Key, Sequence[str]]

    @classmethod
    def of(cls, tx: Connection, keys: set[Key]) -> _Said:
        return cls(labels.of(tx, keys), notes.of(tx, keys), tags.of(tx, keys))


def compose(tx: Connection, delivery: Delivery) -> Composed:
    """The notification of a delivery, as things are now."""
    blank = Notification(
        key=delivery.key,
        subscription=delivery.subscription,
        kind=delivery.kind,
        title=delivery.title,
        created_at=delivery.created_at,
        text=delivery.text,
        earlier=None if delivery.source_id is None else _earlier(tx, delivery, delivery.source_id),
    )
    return filled(tx, blank, deliveries.items(tx, delivery.id))


def filled(tx: Connection, blank: Notification, items: Iterable[Item]) -> Composed:
    """A notification with an entry for each source among the items, as things are now."""
    sources = _sources(tx, items)
    said = _Said.of(tx, {key for source in sources for key in source.keys})
    curves = _curves(tx, sources)
    entries = [_entry(tx, s, curve, said) for s, curve in zip(sources, curves, strict=True)]
    notification = replace(blank, entries=tuple(entries))
    titled = replace(notification, title=render.subject(notification))
    return Composed(titled, curves[0], sources[0].items[0].alert_id) if len(sources) == 1 else Composed(titled)


def _earlier(tx: Connection, delivery: Delivery, source_id: int) -> Receipt | None:
    return deliveries.earlier(tx, delivery.channel, delivery.subscription, source_id, delivery.id)


def _sources(tx: Connection, items: Iterable[Item]) -> list[_Source]:
    """What is told, by source, in the order in which it came."""
    told = list(items)
    known = followed.get(tx, {(item.survey, item.object_id) for item in told})
    groups: dict[object, list[Item]] = {}
    for item in told:
        one = known.get((item.survey, item.object_id))
        source = (item.survey, item.object_id) if one is None or one.source_id is None else one.source_id
        groups.setdefault(source, []).append(item)
    return [
        _Source(sorted(group, key=_age, reverse=True), _ids(tx, source, group, known))
        for source, group in groups.items()
    ]


def _age(item: Item) -> tuple[float, int]:
    return item.facts.mjd or 0.0, item.id


def _ids(
    tx: Connection, source: object, group: Iterable[Item], known: Mapping[Key, Followed]
) -> Sequence[Followed]:
    if isinstance(source, int):
        return followed.of_source(tx, source)
    return [known[key] for key in {(item.survey, item.object_id) for item in group} & known.keys()]


def _curves(tx: Connection, sources: Sequence[_Source]) -> list[LightCurve | None]:
    full = len(sources) <= MOST_FULL
    return [queries.light_curve(tx, *source.keys[0]) if full else None for source in sources]


def _entry(tx: Connection, source: _Source, curve: LightCurve | None, said: _Said) -> Entry:
    survey, object_id = source.keys[0]
    facts = _newest(source)
    summary = queries.object_summary(tx, survey, object_id)
    ra, dec = (facts.ra, facts.dec) if facts.ra is not None or summary is None else (summary.ra, summary.dec)
    return Entry(
        survey=survey,
        object_id=object_id,
        also=tuple(other for _, other in source.keys[1:]),
        reasons=_each(item.reason for item in source.items),
        facts=replace(facts, ra=ra, dec=dec),
        matched=tuple(_matched(tx, source)),
        brightness=derived.brightness(curve) if curve else (),
        first_mjd=summary.first_mjd if summary else None,
        n_det=summary.n_det if summary else None,
        host=_nearest(summary.crossmatches) if summary else None,
        links=derived.links(survey, object_id, ra, dec),
        labels=_each(labels.in_words(one) for key in source.keys for one in said.labels.get(key, ())),
        notes=_each(notes.in_words(one) for key in source.keys for one in said.notes.get(key, ())),
        tags=_each(tag for key in source.keys for tag in said.tags.get(key, ())),
        urgent=any(item.urgent for item in source.items),
    )


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    """Once, in their order: ids of one source often have the same ones."""
    return tuple(dict.fromkeys(texts))


def _newest(source: _Source) -> Facts:
    """The newest facts, filled up from older ones."""
    every = [item.facts for item in source.items] + [one.facts for one in source.known]
    return reduce(lambda old, new: new.over(old), sorted(every, key=lambda facts: facts.mjd or 0.0))


def _matched(tx: Connection, source: _Source) -> Iterable[MatchedBy]:
    """The filters that matched, by their newest match: those told of, else all that matched before."""
    told = {item.filter for item in source.items} - {FOLLOWED}
    wanted = told or {name for one in source.known for name in one.filters}
    newest: dict[str, queries.Match] = {}
    for survey, object_id in source.keys:
        for match in queries.matches(tx, Selection(objects=(object_id,), limit=MOST_MATCHES)):
            if match.filter in wanted and match.survey == survey:
                newest.setdefault(match.filter, match)
    for name, match in sorted(newest.items()):
        yield MatchedBy(filter=name, grade=match.grade, mjd=match.mjd, criteria=match.criteria)


def _nearest(found: Iterable[CrossMatch]) -> CrossMatch | None:
    sources = [c for c in found if c.distance is not None and c.catalog not in NO_HOSTS]
    return min(sources, key=lambda c: c.distance or 0.0, default=None)
