"""What a report says of all its objects together, and of what they were found with."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from alertwatch import __version__, registry
from alertwatch.console import Row
from alertwatch.described import fields
from alertwatch.errors import SettingsError
from alertwatch.query import nights
from alertwatch.render import words
from alertwatch.render.entries import Shown
from alertwatch.settings import Settings, SiteSettings

NIGHTS = 14
"""More nights are told as a whole."""


def summary(entries: Sequence[Shown], site: SiteSettings) -> list[tuple[str, str]]:
    """Label and value: how many by filter, class, survey and night, from when to when, and judged by people."""
    if not entries:
        return []
    alerts = sorted(mjd for one in entries if (mjd := one.entry.facts.mjd) is not None)
    found = [
        ("Filters", words.joined(_by_filter(entries), "; ")),
        ("Classes", _counts(one.entry.facts.class_name or "not classified" for one in entries)),
        ("Surveys", _counts(one.survey for one in entries)),
        (f"Nights at {site.name}", _nights([nights.evening_of(mjd, site.longitude) for mjd in alerts])),
        ("Alerts", f"{words.moment(alerts[0])} to {words.moment(alerts[-1])}" if alerts else ""),
        ("Labelled", f"{sum(bool(one.labels) for one in entries)} of {len(entries)} by people"),
    ]
    return [(label, value) for label, value in found if value]


def _by_filter(entries: Iterable[Shown]) -> Iterator[str]:
    """``young_sn 24 (gold 4, silver 20)``, the most frequent first."""
    grades: dict[str, Counter[str]] = {}
    for matched in (matched for one in entries for matched in one.entry.matched):
        grades.setdefault(matched.filter, Counter())[matched.grade or ""] += 1
    for name, counts in sorted(grades.items(), key=lambda pair: -pair[1].total()):
        graded = _counts(grade for grade in counts.elements() if grade)
        yield f"{words.clean(name, 60)} {counts.total()}" + (f" ({graded})" if graded else "")


def _counts(names: Iterable[str]) -> str:
    """``SN 24, AGN 11``."""
    return ", ".join(f"{words.clean(name, 40)} {count}" for name, count in Counter(names).most_common())


def _nights(evenings: Sequence[date]) -> str:
    """``2026-03-14 4, 2026-03-15 20``: the date of each evening, and how many."""
    counts = sorted(Counter(evenings).items())
    if len(counts) > NIGHTS:
        return f"{len(counts)} nights from {counts[0][0]} to {counts[-1][0]}"
    return ", ".join(f"{evening} {count}" for evening, count in counts)


@dataclass(frozen=True)
class Used:
    """A filter and its parameters: name, value with unit, and the default where it is another.

    ``None`` where it is not in the settings now, or cannot be loaded.
    """

    name: str
    parameters: Sequence[tuple[str, str, str]] | None


def filters_used(entries: Iterable[Shown], settings: Settings) -> list[Used]:
    """The filters that matched, as they are set now."""
    names = {matched.filter for one in entries for matched in one.entry.matched}
    return [Used(words.clean(name, 60), _parameters(name, settings)) for name in sorted(names)]


def _parameters(name: str, settings: Settings) -> Sequence[tuple[str, str, str]] | None:
    section = settings.filters.get(name)
    if section is None:
        return None
    try:
        known = registry.filters(settings.plugins.folders)
        instance = registry.instance(name, known, section.use or name, section.parameters)
    except SettingsError:  # the service says so loudly; what it found before is reported all the same
        return None
    rows = fields(type(instance).parameters_type, instance.parameters)
    return [(row["name"], _value(row, "value"), _other_default(row)) for row in rows]


def _other_default(row: Row) -> str:
    return "" if row["value"] == row["default"] else _value(row, "default")


def _value(row: Row, key: str) -> str:
    """``3 d``, ``yes``, ``–``."""
    value = row[key]
    if value is None or isinstance(value, bool):
        return {None: "–", True: "yes", False: "no"}[value]
    return words.joined([f"{value:g}" if isinstance(value, float) else str(value), row["unit"]], " ")


def versions() -> str:
    """``alertwatch 0.1.0, Python 3.12.4 on Linux``."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"alertwatch {__version__}, Python {python} on {platform.system()}"
