"""Whether a subscription's conditions hold for what is known of an object, and why (not), in words.

Truth has three values: what is not known holds no condition, and fails none either.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from alertwatch import sky
from alertwatch.facts import Facts
from alertwatch.settings import ConditionSettings
from alertwatch.taxonomy import canonical, members

Answer = tuple[bool | None, str]

circle = lru_cache(maxsize=1000)(sky.circle)


def holds(conditions: ConditionSettings, facts: Facts) -> Answer:
    """Whether all conditions hold: ``False`` if one fails, else ``None`` if one is not known.

    The reason names what fails or is not known ("mag 19.4 is not brighter than 19.0"); where all hold, what
    they found ("probability 0.81 is at least 0.6, mag 18.2 is brighter than 19.0").
    """
    answers = [*_of_class(conditions, facts), *_of_brightness(conditions, facts), *_of_place(conditions, facts)]
    for outcome in (False, None):
        if found := [reason for held, reason in answers if held is outcome]:
            return outcome, ", ".join(found)
    return True, ", ".join(reason for _, reason in answers)


def within(cones: tuple[str, ...], ra: float, dec: float) -> bool:
    """Whether a position [deg] is in any of the circles, each "RA DEC RADIUS"."""
    found = map(circle, cones)
    return any(sky.separation(ra, dec, *centre) <= 3600 * radius for *centre, radius in found)


def _of_class(asked: ConditionSettings, facts: Facts) -> Iterator[Answer]:
    if asked.classes is not None:
        known = facts.class_name
        held = None if known is None else any(canonical(known) in members(name) for name in asked.classes)
        yield _answer("class", known, held, _one_of(asked.classes))
    if asked.min_probability is not None:
        value, least = facts.probability, asked.min_probability
        yield _answer("probability", value, None if value is None else value >= least, f"at least {least:g}")
    if asked.grades is not None:
        held = None if facts.grade is None else facts.grade in asked.grades
        yield _answer("grade", facts.grade, held, _one_of(asked.grades))


def _of_brightness(asked: ConditionSettings, facts: Facts) -> Iterator[Answer]:
    mag, age = facts.mag, facts.age_days
    if asked.brighter_than is not None:
        limit = asked.brighter_than
        yield _answer("mag", mag, None if mag is None else mag < limit, f"brighter than {limit}")
    if asked.fainter_than is not None:
        limit = asked.fainter_than
        yield _answer("mag", mag, None if mag is None else mag > limit, f"fainter than {limit}")
    if asked.max_age_days is not None:
        limit = asked.max_age_days
        yield _answer("age", age, None if age is None else age <= limit, f"at most {limit:g} d")


def _of_place(asked: ConditionSettings, facts: Facts) -> Iterator[Answer]:
    ra, dec = facts.ra, facts.dec
    known = ra is not None and dec is not None
    if asked.cones:
        here = within(asked.cones, ra, dec) if ra is not None and dec is not None else None
        name = f"the circle {asked.cones[0]}" if len(asked.cones) == 1 else f"any of {len(asked.cones)} circles"
        yield _answer("position", f"{ra:.4f} {dec:+.4f}" if known else None, here, f"in {name}")
    if asked.min_galactic_latitude is not None:
        least = asked.min_galactic_latitude
        latitude = abs(sky.galactic(ra, dec)[1]) if ra is not None and dec is not None else None
        far = None if latitude is None else latitude >= least
        yield _answer("galactic latitude", latitude, far, f"at least {least:g}° off the plane")
    if asked.min_dec is not None:
        limit = asked.min_dec
        yield _answer("declination", dec, None if dec is None else dec >= limit, f"north of {limit:g}°")
    if asked.max_dec is not None:
        limit = asked.max_dec
        yield _answer("declination", dec, None if dec is None else dec <= limit, f"south of {limit:g}°")


def _answer(name: str, value: str | float | None, held: bool | None, threshold: str) -> Answer:
    if value is None or held is None:
        return None, f"the {'magnitude' if name == 'mag' else name} is not known"
    written = str(round(value, 3)) if isinstance(value, float) else value
    return held, f"{name} {written} is {'' if held else 'not '}{threshold}"


def _one_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
