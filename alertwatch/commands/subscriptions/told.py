"""What subscriptions made of an object: was it told, does it wait, and why (not)?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alertwatch.console import Row, clock, date

if TYPE_CHECKING:
    from alertwatch.store import outbox

WORDS = {"new": "not looked at yet", "waiting": "waits", "told": "told", "skipped": "not told"}


def lines(rows: Sequence[outbox.Row]) -> list[str]:
    """``young_sn, alert of 2026-03-15 04:12: not told: mag 20.1 is not brighter than 19.0``.

    The newest of each subscription, and before it the newest that was told.
    """
    newest: dict[str, dict[int, outbox.Row]] = {}
    for row in rows:
        shown = newest.setdefault(row.subscription, {})
        told = [one for one in shown.values() if one.state == "told"][-1:]
        newest[row.subscription] = {one.id: one for one in (*told, row)}
    return [_line(row) for shown in newest.values() for row in shown.values()]


def as_row(row: outbox.Row) -> Row:
    """The same as data."""
    return {
        "subscription": row.subscription,
        "survey": row.survey,
        "alert_id": row.alert_id,
        "filter": row.filter,
        "state": row.state,
        "reason": row.reason,
        "mjd": row.facts.mjd,
        "at": clock(row.added_at),
    }


def _line(row: outbox.Row) -> str:
    when = "" if row.facts.mjd is None else f", alert of {date(row.facts.mjd)}"
    reason = f": {row.reason}" if row.reason else ""
    return f"{row.subscription}{when}: {WORDS[row.state]}{reason}"
