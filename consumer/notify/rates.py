"""Whether a filter suddenly matches far more than it used to, or nothing any more: alerts by their own time."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, func, select

from alertwatch.store.tables import matches
from alertwatch.times import from_unix_ms
from consumer.notify.streams import Trouble

TIMES_USUAL = 10.0
FEWEST = 10  # matches in a day that are worth a word, however few are usual
HISTORY_DAYS = 14.0
QUIET_DAYS = 7.0
USUAL_PER_DAY = 1.0  # a filter that matches less often may well be silent for a week


def strange(tx: Connection, filters: Collection[str], now: float) -> Iterator[Trouble]:
    """Key and sentence of each filter whose matches of the last day, or week, are not what was usual before.

    ``now``: seconds since 1970. A filter without a history of `HISTORY_DAYS` before is left alone.
    """
    today = from_unix_ms(round(1000 * now))
    first = dict(_first(tx, filters))
    day = _counts(tx, today - 1, today)
    usual_of_day = _counts(tx, today - 1 - HISTORY_DAYS, today - 1)
    week = _counts(tx, today - QUIET_DAYS, today)
    usual_of_week = _counts(tx, today - QUIET_DAYS - HISTORY_DAYS, today - QUIET_DAYS)
    for name in sorted(filters):
        began = first.get(name, today)
        usual = usual_of_day.get(name, 0) / HISTORY_DAYS
        if began <= today - 1 - HISTORY_DAYS and day.get(name, 0) >= max(FEWEST, TIMES_USUAL * usual):
            yield (
                f"filter {name} floods",
                f"The filter {name} matched {day[name]} alerts in 24 h, usually {usual:.1f} a day",
            )
        before = usual_of_week.get(name, 0) / HISTORY_DAYS
        if began <= today - QUIET_DAYS - HISTORY_DAYS and before >= USUAL_PER_DAY and not week.get(name):
            yield (
                f"filter {name} silent",
                f"The filter {name} has matched nothing for {QUIET_DAYS:g} days, usually {before:.1f} a day",
            )


def _first(tx: Connection, filters: Collection[str]) -> Iterator[tuple[str, float]]:
    for name in filters:
        mjd = tx.scalar(select(func.min(matches.c.mjd)).where(matches.c.filter == name))
        if mjd is not None:
            yield name, mjd


def _counts(tx: Connection, since: float, until: float) -> dict[str, int]:
    """Matches by filter, of alerts between two times (MJD UTC)."""
    query = select(matches.c.filter, func.count()).where(matches.c.mjd >= since, matches.c.mjd < until)
    return {row[0]: row[1] for row in tx.execute(query.group_by(matches.c.filter))}
