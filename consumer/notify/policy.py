"""What is worth telling: pure functions of a subscription, what is known of a source, and what was told of it.

A source is told of once, when `where` holds for the first time, and again when there is news that the
subscription asks for. `where` has to hold for either; what is not known holds nothing, and is looked at again
with the next alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from alertwatch.conditions import holds, within
from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED
from alertwatch.notification import Kind
from alertwatch.settings import SubscriptionSettings
from alertwatch.store import labels
from alertwatch.store.followed import Key
from alertwatch.store.labels import Label
from alertwatch.store.mutes import Mute
from alertwatch.store.told import Told
from alertwatch.taxonomy import members

NOTHING_NEW = "nothing new since it was told"
_EPSILON = 1e-9  # 19.3 − 18.8 is a little less than 0.5


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a decision is made of. ``filter`` is the row's; ``matched``: all that have matched the source.

    ``silenced`` says why nobody wants to hear of the source; ``None``: somebody may.
    """

    asked: SubscriptionSettings
    filter: str
    facts: Facts
    matched: frozenset[str]
    told: Told | None = None
    silenced: str | None = None

    @property
    def filters(self) -> list[str]:
        """The subscription's filters that have matched the source."""
        return [name for name in self.asked.filters if name in self.matched or name == self.filter]


@dataclass(frozen=True)
class Skip:
    """Not worth telling, and why."""

    reason: str


@dataclass(frozen=True)
class Tell:
    """Worth telling. ``reasons`` are words that a person reads; ``urgent``: now, whatever the hour."""

    kind: Kind
    reasons: tuple[str, ...]
    urgent: bool


def decide(case: Case) -> Skip | Tell:
    """Whether a row is worth telling."""
    if case.silenced is not None:
        return Skip(case.silenced)
    held, why = holds(case.asked.where, case.facts)
    if not held:
        return Skip(why)
    urgent = case.asked.urgent is not None and holds(case.asked.urgent, case.facts)[0] is True
    if case.told is None:
        crossed = case.filter == FOLLOWED and why
        return Tell(Kind.MATCH, (f"now {why}" if crossed else "new",), urgent)
    reasons = tuple(_news(case, case.told))
    return Tell(Kind.UPDATE, reasons, urgent) if reasons else Skip(NOTHING_NEW)


def remember(case: Case, subscription: str, source_id: int, now: float) -> Told:
    """What was told once the case is told. ``now``: seconds since 1970."""
    facts = case.facts
    nothing = Told(
        subscription=subscription,
        source_id=source_id,
        classes=(),
        filters=(),
        mags={},
        probability=None,
        first_at=now,
        last_at=now,
    )
    before = case.told or nothing
    mags = dict(before.mags)
    if facts.band is not None and facts.mag is not None:
        mags[facts.band] = min(facts.mag, mags.get(facts.band, facts.mag))
    return replace(
        before,
        classes=(*(c for c in before.classes if c != facts.class_name), *_known(facts.class_name)),
        filters=tuple(dict.fromkeys((*before.filters, *case.filters))),
        mags=mags,
        probability=before.probability if facts.class_name is None else facts.probability,
        last_at=now,
    )


def noted(told: Told, facts: Facts) -> Told | None:
    """With the magnitude of a band that was never told, for later ones to compare with; ``None``: no such."""
    if facts.band is None or facts.mag is None or facts.band in told.mags:
        return None
    return replace(told, mags={**told.mags, facts.band: facts.mag})


def silenced(
    keys: Iterable[Key], facts: Facts, filters: Iterable[str], mutes: Iterable[Mute], said: Iterable[Label]
) -> str | None:
    """Why nobody wants to hear of a source: a mute of one of its ids, its place or all ``filters``, or a label.

    ``keys`` are the source's ids, ``said`` is what people said of any of them.
    """
    label = labels.rejected(said)
    if label is not None:
        return labels.in_words(label)
    names = {name for survey, object_id in keys for name in (object_id, f"{survey}:{object_id}")}
    loud = set(filters)
    for mute in mutes:
        if _hits(mute, names, facts, loud):
            return str(mute)
        loud -= {mute.value} if mute.kind == "filter" else set()
    return None


def _hits(mute: Mute, names: set[str], facts: Facts, loud: set[str]) -> bool:
    match mute.kind:
        case "object":
            return mute.value in names
        case "filter":
            return loud == {mute.value}
        case "region":
            return facts.ra is not None and facts.dec is not None and within((mute.value,), facts.ra, facts.dec)


def _news(case: Case, told: Told) -> Iterator[str]:
    again, facts = case.asked.again, case.facts
    if again.new_filter and (new := [name for name in case.filters if name not in told.filters]):
        yield f"also matches {', '.join(new)}"
    if again.class_change and facts.class_name is not None and _is_new(facts.class_name, told):
        yield f"class {told.classes[-1] if told.classes else 'not known'} → {facts.class_name}"
    if again.brighter_by_mag is not None:
        yield from _brighter(again.brighter_by_mag, told.mags, facts)
    if again.probability_change is not None:
        yield from _moved(again.probability_change, told, facts)


def _is_new(class_name: str, told: Told) -> bool:
    """SNIa after SN is; SN after SNIa is not, nor is any class told before."""
    return not members(class_name) & set(told.classes) and class_name not in told.classes


def _brighter(least: float, mags: Mapping[str, float], facts: Facts) -> Iterator[str]:
    before = mags.get(facts.band or "")
    if before is not None and facts.mag is not None and before - facts.mag >= least - _EPSILON:
        yield f"brighter by {before - facts.mag:.1f} mag: {facts.band} {before:.1f} → {facts.mag:.1f}"


def _moved(least: float, told: Told, facts: Facts) -> Iterator[str]:
    before, now = told.probability, facts.probability
    same = told.classes and told.classes[-1] == facts.class_name
    if same and before is not None and now is not None and abs(now - before) >= least - _EPSILON:
        yield f"P({facts.class_name}) {before:.2f} → {now:.2f}"


def _known(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)
