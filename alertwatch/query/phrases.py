"""A `Selection` in words, for people who read what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from alertwatch import times
from alertwatch.query.selection import Selection
from alertwatch.render.entries import SURVEYS

_IDS = 3  # more are counted, not named


def in_words(selection: Selection) -> str:
    """``young_sn, class SN, P ≥ 0.6, since 2026-03-15 16:43 UTC``; *all matches* for everything."""
    return ", ".join(_parts(selection)) or "all matches"


def _parts(asked: Selection) -> Iterator[str]:
    told: dict[str, Callable[[Any], str]] = {
        "filter": str,
        "class_name": lambda name: f"class {name}",
        "min_probability": lambda share: f"P ≥ {share:g}",
        "brighter": lambda mag: f"brighter than {mag:g} mag",
        "fainter": lambda mag: f"fainter than {mag:g} mag",
        "cone": lambda cone: f"within {cone.radius:g}° of {cone.ra:g} {cone.dec:+g}",
        "moc": lambda _: "inside a MOC",
        "objects": _objects,
        "label": lambda word: f"labelled “{word}”",
        "tag": lambda word: f"tagged “{word}”",
        "survey": lambda name: SURVEYS.get(name, name),
    }
    for name, words in told.items():
        if (value := getattr(asked, name)) is not None:
            yield words(value)
    yield from _period(asked.since, asked.until)


def _period(since: float | None, until: float | None) -> Iterator[str]:
    begin, end = (None if mjd is None else _minute(mjd) for mjd in (since, until))
    if begin and end:
        yield f"{begin} to {end} UTC"
    elif begin:
        yield f"since {begin} UTC"
    elif end:
        yield f"until {end} UTC"


def _minute(mjd: float) -> str:
    return f"{times.to_datetime(mjd):%Y-%m-%d %H:%M}"


def _objects(ids: Sequence[str]) -> str:
    return f"{len(ids):,} objects" if len(ids) > _IDS else " or ".join(ids) or "no object"
