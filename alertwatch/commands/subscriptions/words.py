"""A subscription's policy in a few words."""

from __future__ import annotations

from collections.abc import Iterator

from alertwatch.settings import AgainSettings, ConditionSettings, SubscriptionSettings

BOUNDS = {
    "min_probability": "probability ≥ {:g}",
    "brighter_than": "brighter than {:.1f}",
    "fainter_than": "fainter than {:.1f}",
    "max_age_days": "age ≤ {:g} d",
    "min_galactic_latitude": "galactic latitude ≥ {:g}°",
    "min_dec": "Dec ≥ {:g}°",
    "max_dec": "Dec ≤ {:g}°",
}


def policy(section: SubscriptionSettings) -> str:
    """``brighter than 19.0; quiet 09:00-18:00 America/Santiago; evening digest``."""
    parts = (
        conditions(section.where),
        f"quiet {section.quiet}" if section.quiet else "",
        when(section) if section.digest != "none" or section.group_minutes else "",
        f"urgent: {conditions(section.urgent) or 'all'}" if section.urgent else "",
    )
    return "; ".join(part for part in parts if part) or "all, at once"


def conditions(asked: ConditionSettings) -> str:
    """``class SN or TDE, brighter than 19.0``; empty: nothing is asked."""
    return ", ".join(_conditions(asked))


def _conditions(asked: ConditionSettings) -> Iterator[str]:
    if asked.classes is not None:
        yield f"class {' or '.join(asked.classes)}"
    if asked.grades is not None:
        yield f"grade {' or '.join(asked.grades)}"
    for key, words in BOUNDS.items():
        if (bound := getattr(asked, key)) is not None:
            yield words.format(bound)
    if asked.cones:
        yield f"within {' or '.join(asked.cones)}"


def again(asked: AgainSettings) -> str:
    """``the class changes, brighter by 0.5 mag``."""
    parts = (
        "the class changes" if asked.class_change else "",
        "another filter matches" if asked.new_filter else "",
        f"brighter by {asked.brighter_by_mag:g} mag" if asked.brighter_by_mag else "",
        f"the probability moves by {asked.probability_change:g}" if asked.probability_change else "",
    )
    return ", ".join(part for part in parts if part) or "never"


def when(section: SubscriptionSettings) -> str:
    """``evening digest``, ``grouped within 10 min``, ``at once``."""
    match section.digest:
        case "none":
            return f"grouped within {section.group_minutes:g} min" if section.group_minutes else "at once"
        case "daily" | "weekly":
            return f"{section.digest} digest at {section.digest_at}"
        case _:
            return f"{section.digest} digest"
