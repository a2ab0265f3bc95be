"""A match as the outbox would have it: for previews and reports, which tell of matches at any time."""

from __future__ import annotations

from sqlalchemy import Connection

from alertwatch.facts import Facts
from alertwatch.store import queries
from alertwatch.store.deliveries import Item
from alertwatch.store.queries import Match
from alertwatch.taxonomy import canonical


def of_match(tx: Connection, match: Match, reason: str = "new") -> Item:
    """The match as something to tell, not urgent."""
    return Item(
        id=0,
        reason=reason,
        filter=match.filter,
        survey=match.survey,
        object_id=match.object_id,
        alert_id=match.alert_id,
        match_id=match.id,
        facts=_facts(tx, match),
        urgent=False,
    )


def _facts(tx: Connection, match: Match) -> Facts:
    summary = queries.object_summary(tx, match.survey, match.object_id)
    first = summary.first_mjd if summary else None
    return Facts(
        mjd=match.mjd,
        class_name=canonical(match.class_name) if match.class_name else None,
        classifier=match.classifier,
        probability=match.probability,
        band=match.band,
        mag=match.mag,
        ra=match.ra,
        dec=match.dec,
        age_days=None if first is None or match.mjd is None else max(0.0, match.mjd - first),
        grade=match.grade,
    )
