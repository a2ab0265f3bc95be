"""An entry of a notification in words: what templates, and sinks with forms of their own, are made from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from alertwatch.alert import Survey
from alertwatch.filter import Criterion, Outcome
from alertwatch.notification import Brightness, Entry, Link
from alertwatch.render import words
from alertwatch.render.words import clean

MARKS = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.UNKNOWN: "?",
    Outcome.NOT_APPLICABLE: "–",
    Outcome.GUARANTEED: "◆",
}
OUTCOMES = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.UNKNOWN: "not known",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.GUARANTEED: "guaranteed by the broker",
}
SURVEYS: dict[str, str] = {Survey.ZTF: "ZTF", Survey.LSST: "Rubin"}


@dataclass(frozen=True)
class Asked:
    """One criterion in words: ``mark`` and ``outcome`` say how it came out; the rest may be empty."""

    mark: str
    outcome: str
    name: str
    value: str
    threshold: str
    note: str
    passed: bool

    @classmethod
    def of(cls, criterion: Criterion) -> Asked:
        """The words of a criterion; what is not known of it is empty."""
        said = criterion.outcome not in (Outcome.PASS, Outcome.FAIL)
        note = clean(criterion.note, 200) if criterion.note else None
        return cls(
            mark=MARKS[criterion.outcome],
            outcome=OUTCOMES[criterion.outcome],
            name=clean(criterion.name, 80),
            value=clean(criterion.value or ""),
            threshold=words.joined([clean(criterion.threshold or ""), clean(criterion.unit or "", 30)], " ")
            if criterion.threshold
            else "",
            note=words.joined([OUTCOMES[criterion.outcome] if said else None, note], "; "),
            passed=criterion.outcome in (Outcome.PASS, Outcome.GUARANTEED),
        )

    @property
    def line(self) -> str:
        """``✓ age: 2.1 (≤ 5 d)``."""
        value = f": {self.value}" if self.value else ""
        aside = words.joined([self.threshold, self.note], "; ")
        return f"{self.mark} {self.name}{value}" + (f" ({aside})" if aside else "")


@dataclass(frozen=True)
class Passed:
    """A filter that matched, in words: its name with the grade, and what it asked."""

    name: str
    when: str | None
    criteria: tuple[Asked, ...]


@dataclass(frozen=True)
class Shown:
    """An entry in words. Texts are one line each, finite and of bounded length; what is not known is empty."""

    entry: Entry

    @cached_property
    def name(self) -> str:
        """The object's id."""
        return clean(self.entry.object_id, 60) or "unnamed object"

    @cached_property
    def survey(self) -> str:
        """The survey's name."""
        return SURVEYS.get(self.entry.survey) or clean(self.entry.survey, 20)

    @cached_property
    def what(self) -> str:
        """``SN candidate``."""
        name = self.entry.facts.class_name
        return f"{clean(name, 40)} candidate" if name else "Candidate"

    @cached_property
    def latest(self) -> Brightness | None:
        """The newest brightness of any band."""
        told = [b for b in self.entry.brightness if math.isfinite(b.mag) and math.isfinite(b.mjd)]
        facts = self.entry.facts
        if told:
            return max(told, key=lambda b: b.mjd)
        if facts.mag is None or facts.band is None or not math.isfinite(facts.mag):
            return None
        return Brightness(band=facts.band, mjd=facts.mjd if facts.mjd is not None else math.nan, mag=facts.mag)

    @cached_property
    def magnitude(self) -> str | None:
        """``g = 18.6``."""
        if self.latest is None:
            return None
        return f"{clean(self.latest.band, 8)} = {words.number(self.latest.mag, 1)}"

    @cached_property
    def change(self) -> str | None:
        """``rising 0.32 mag/d``, in the newest band."""
        return words.change(self.latest.rate) if self.latest else None

    @cached_property
    def probability(self) -> str | None:
        """``0.81``."""
        return words.number(self.entry.facts.probability, 2)

    @cached_property
    def age(self) -> str | None:
        """``1.2 d``."""
        return words.span(self.entry.facts.age_days)

    @cached_property
    def headline(self) -> str:
        """All in one line: ``SN candidate ZTF24abcdef: g = 18.6, rising 0.32 mag/d, P = 0.81, age 1.2 d``."""
        probability, age = self.probability, self.age
        facts = words.joined(
            [
                self.magnitude,
                self.change,
                f"P = {probability}" if probability else None,
                f"age {age}" if age else None,
            ]
        )
        return f"{self.what} {self.name}" + (f": {facts}" if facts else "")

    @cached_property
    def tiles(self) -> list[tuple[str, str]]:
        """The numbers that decide, each with what it means: magnitude, rise rate, probability, age."""
        seen = self.latest
        found = [
            (seen and words.number(seen.mag, 1), seen and f"mag in {clean(seen.band, 8)}"),
            (seen and words.number(seen.rate and abs(seen.rate), 2), f"mag/d, {_direction(seen)}"),
            (self.probability, "probability"),
            (self.age, "age"),
        ]
        return [(value, meaning) for value, meaning in found if value and meaning]

    @cached_property
    def aside(self) -> str:
        """What a row of a table has room for besides: position, reasons, labels."""
        return words.joined([self.position, *self.reasons[:2], *self.labels[:2]], " · ")

    @cached_property
    def position(self) -> str | None:
        """``10:00:24.00 +02:12:00.0``."""
        places = words.position(self.entry.facts.ra, self.entry.facts.dec)
        return places[0][1].removesuffix(" (ICRS)") if places else None

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Why it is told now."""
        return _cleaned(self.entry.reasons, 200)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What people said of it."""
        return _cleaned(self.entry.labels, 200)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """What people gathered it under."""
        return _cleaned(self.entry.tags, 60)

    @cached_property
    def remarks(self) -> list[str]:
        """What a table has room for: what people said, wrote and gathered it under, and why it is told now."""
        return [*self.labels, *_cleaned(self.entry.notes, 120), *self.tags, *filter(None, self.reasons)]

    @cached_property
    def also(self) -> tuple[str, ...]:
        """Other ids of the same source."""
        return _cleaned(self.entry.also, 60)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Where more is known; only addresses of the web."""
        return tuple(
            Link(name=clean(link.name, 40), url=link.url)
            for link in self.entry.links
            if link.url.startswith(("https://", "http://")) and link.url.isprintable() and len(link.url) < 1000
        )

    @cached_property
    def facts(self) -> list[tuple[str, str]]:
        """Label and value, the most wanted first; what is not known is left out."""
        entry, facts = self.entry, self.entry.facts
        origin = f" ({clean(facts.classifier, 60)})" if facts.classifier else ""
        probability = f", P = {self.probability}" if self.probability else ""
        kind = f"{clean(facts.class_name, 40)}{probability}{origin}" if facts.class_name else None
        count = f"{entry.n_det} detection{'s' if entry.n_det != 1 else ''}" if entry.n_det else None
        first = words.moment(_first_seen(entry))
        found = [
            ("Class", kind),
            ("Grade", clean(facts.grade, 40) if facts.grade else None),
            *((f"{clean(b.band, 8)} band", _brightness(b)) for b in self.bands),
            *words.position(facts.ra, facts.dec),
            ("Age", words.joined([self.age, first and f"first seen {first}", count])),
            ("Alert", words.moment(facts.mjd)),
            ("Nearest source", words.neighbour(entry.host) if entry.host else None),
            ("Labels", words.joined(self.labels, "; ")),
            ("Tags", words.joined(self.tags)),
            ("Notes", words.joined(_cleaned(entry.notes, 500), "; ")),
            ("Other ids", words.joined(self.also)),
        ]
        return [(label, value) for label, value in found if value]

    @cached_property
    def bands(self) -> tuple[Brightness, ...]:
        """The latest of each band; without a light curve that of the alert alone."""
        return self.entry.brightness or ((self.latest,) if self.latest else ())

    @cached_property
    def filters(self) -> tuple[Passed, ...]:
        """The filters that matched, and what they asked."""
        return tuple(
            Passed(
                name=words.joined([clean(m.filter, 60), clean(m.grade, 40) if m.grade else None], " · "),
                when=words.moment(m.mjd),
                criteria=tuple(Asked.of(c) for c in m.criteria),
            )
            for m in self.entry.matched
        )

    @cached_property
    def why(self) -> list[str]:
        """A line for each criterion, with the filter's name where there are several."""
        several = len(self.filters) > 1
        return [
            f"{passed.name}: {asked.line}" if several else asked.line
            for passed in self.filters
            for asked in passed.criteria
        ]


def ranked(entries: Iterable[Entry]) -> list[Shown]:
    """The entries of a digest: urgent ones first, then the brightest; unknown brightness last."""
    return sorted(
        map(Shown, entries), key=lambda s: (not s.entry.urgent, s.latest.mag if s.latest else math.inf)
    )


def _direction(seen: Brightness | None) -> str:
    told = (words.change(seen.rate) if seen else None) or ""
    return told.split(" ", maxsplit=1)[0]


def _first_seen(entry: Entry) -> float | None:
    """MJD; of the source, which may have been seen earlier under another id: what its age counts from."""
    facts = entry.facts
    aged = None if facts.mjd is None or facts.age_days is None else facts.mjd - facts.age_days
    return min((mjd for mjd in (entry.first_mjd, aged) if mjd is not None), default=None)


def _brightness(seen: Brightness) -> str | None:
    told = words.magnitude(seen)
    return words.joined([told, words.change(seen.rate), words.moment(seen.mjd)]) if told else None


def _cleaned(texts: Sequence[str], longest: int) -> tuple[str, ...]:
    return tuple(filter(None, (clean(text, longest) for text in texts[:20])))
