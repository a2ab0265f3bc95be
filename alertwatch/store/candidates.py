"""Candidates: alerts that wait for a look-up, queued durably and worked on under a lease.

A candidate that is claimed by a worker is due again when its lease runs out, so a process that dies loses
nothing. `remove`, `postpone` and `give_up` do nothing when somebody else has claimed it since: the same work
done twice settles once. Times here are seconds since 1970, wall clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from alertwatch.filter import Result
from alertwatch.store.tables import candidates as table
from alertwatch.store.tables import verdicts
from alertwatch.store.upsert import insert, printable


@dataclass(frozen=True)
class NewCandidate:
    """An alert to look up. ``filters``: name of each filter that wants it → hash of its parameters.

    ``received`` is the time of the Kafka record, MJD UTC; ``stream`` the reader that decodes ``payload``.
    """

    survey: str
    object_id: str
    alert_id: str
    stream: str
    source: str
    topic: str
    partition: int
    offset: int
    received: float | None
    payload: bytes
    filters: Mapping[str, str]


@dataclass(frozen=True)
class Candidate(NewCandidate):
    """A candidate as it waits. ``owner`` holds the lease; ``given_up_at``: no longer tried by itself."""

    id: int
    added_at: float
    due: float
    attempts: int
    reason: str | None
    owner: str | None
    given_up_at: float | None


class CandidateCounts(NamedTuple):
    """The queue at a glance. ``oldest_wait_s`` is the longest wait of those not given up (0 when none)."""

    waiting: int
    due: int
    given_up: int
    oldest_wait_s: float


_Key = tuple[str, str, str, str]
_KEY = [table.c.survey, table.c.object_id, table.c.alert_id, table.c.stream]
_COLUMNS = [table.c[name] for name in Candidate.__dataclass_fields__]
_WAITING = table.c.given_up_at.is_(None)


def add(tx: Connection, new: Sequence[NewCandidate], now: float) -> int:
    """Queue what has to be looked up; gives how many candidates were really added.

    Filters that gave a verdict on the alert already, with the same parameters, are left out. One that waits
    already gets the filters it lacks.
    """
    wanted = _without_judged(tx, _merged(new))
    if not wanted:
        return 0
    statement = insert(tx, table).on_conflict_do_nothing(index_elements=_KEY).returning(*_KEY)
    added = {tuple(key) for key in tx.execute(statement, [_row(wanted[key], now) for key in sorted(wanted)])}
    _merge_filters(tx, {key: candidate for key, candidate in wanted.items() if key not in added}, now)
    return len(added)


def _merged(new: Sequence[NewCandidate]) -> dict[_Key, NewCandidate]:
    """One candidate per alert and stream, wanted by all the filters that want any of its copies."""
    merged: dict[_Key, NewCandidate] = {}
    for candidate in new:
        key = (candidate.survey, candidate.object_id, candidate.alert_id, candidate.stream)
        first = merged.get(key, candidate)
        merged[key] = replace(first, filters={**first.filters, **candidate.filters})
    return merged


def _without_judged(tx: Connection, merged: dict[_Key, NewCandidate]) -> dict[_Key, NewCandidate]:
    """Leave out the filters that know their verdict, and the candidates that no filter is left of."""
    columns = [verdicts.c[name] for name in ("survey", "object_id", "alert_id", "filter", "parameters_hash")]
    objects, alerts = {c.object_id for c in merged.values()}, {c.alert_id for c in merged.values()}
    query = select(*columns).where(
        verdicts.c.object_id.in_(objects), verdicts.c.alert_id.in_(alerts), verdicts.c.result != Result.UNKNOWN
    )
    known = {tuple(row) for row in tx.execute(query)}
    waiting = {}
    for key, candidate in merged.items():
        filters = {f: h for f, h in candidate.filters.items() if (*key[:3], f, h) not in known}
        if filters:
            waiting[key] = replace(candidate, filters=filters)
    return waiting


def _row(candidate: NewCandidate, now: float) -> dict[str, object]:
    fresh = {"added_at": now, "due": now, "attempts": 0}
    return {name: getattr(candidate, name) for name in NewCandidate.__dataclass_fields__} | fresh


def _merge_filters(tx: Connection, again: dict[_Key, NewCandidate], now: float) -> None:
    """Give the filters to the candidates that wait already; one that was given up starts anew for them."""
    objects = {candidate.object_id for candidate in again.values()}
    query = select(*_COLUMNS).where(table.c.object_id.in_(objects)).order_by(*_KEY).with_for_update()
    for row in tx.execute(query).all() if again else ():
        new = again.get((row.survey, row.object_id, row.alert_id, row.stream))
        if new and not new.filters.items() <= row.filters.items():
            values: dict[str, Any] = {"filters": {**row.filters, **new.filters}, "given_up_at": None}
            if row.given_up_at is not None:
                values |= {"added_at": now, "due": now, "attempts": 0}
            tx.execute(update(table).where(table.c.id == row.id).values(values))


def claim(tx: Connection, owner: str, limit: int, now: float, lease_seconds: float) -> Sequence[Candidate]:
    """Lease what is due to ``owner``, what is due longest first; processes that claim at once share it."""
    query = select(*_COLUMNS).where(_WAITING, table.c.due <= now).order_by(table.c.due, table.c.id).limit(limit)
    claimed = [Candidate(*row) for row in tx.execute(query.with_for_update(skip_locked=True))]
    until = now + lease_seconds
    ids = [candidate.id for candidate in claimed]
    tx.execute(update(table).where(table.c.id.in_(ids)).values(owner=owner, due=until))
    return [replace(candidate, owner=owner, due=until) for candidate in claimed]


def remove(tx: Connection, candidate: Candidate) -> None:
    """The verdicts on a claimed candidate are stored: it goes, or is due for filters added meanwhile."""
    query = select(table.c.filters).where(_held(candidate)).with_for_update()
    filters = tx.scalar(query)
    if filters is None:
        return
    left = {f: h for f, h in filters.items() if candidate.filters.get(f) != h}
    if left:
        values = {"filters": left, "owner": None, "due": candidate.added_at, "attempts": 0}
        tx.execute(update(table).where(_held(candidate)).values(values))
    else:
        tx.execute(delete(table).where(_held(candidate)))


def postpone(tx: Connection, candidate: Candidate, reason: str, due: float, attempts: int) -> None:
    """The look-up of a claimed candidate failed for ``reason``; it is tried again at ``due``."""
    values = {"reason": printable(reason), "due": due, "attempts": attempts, "owner": None}
    tx.execute(update(table).where(_held(candidate)).values(values))


def hold(tx: Connection, survey: str, reason: str, due: float, now: float) -> int:
    """Nobody answers for a survey: what is due waits until ``due``, no attempt counted; gives how many."""
    which = and_(_WAITING, table.c.survey == survey, table.c.due <= now)
    return tx.execute(update(table).where(which).values(reason=printable(reason), due=due)).rowcount


def give_up(tx: Connection, candidate: Candidate, reason: str, now: float) -> None:
    """Try a claimed candidate no longer; it stays listed until somebody calls `retry`."""
    values = {"reason": printable(reason), "given_up_at": now, "owner": None}
    tx.execute(update(table).where(_held(candidate)).values(values))


def _held(candidate: Candidate) -> ColumnElement[bool]:
    """The candidate's row, unless its lease ran out and went to somebody else."""
    return and_(table.c.id == candidate.id, table.c.owner == candidate.owner)


def release(tx: Connection, owner: str, now: float) -> int:
    """Give back what ``owner`` has claimed and not settled; gives how many."""
    return tx.execute(update(table).where(table.c.owner == owner).values(owner=None, due=now)).rowcount


def retry(tx: Connection, ids: Collection[int] | None, now: float) -> int:
    """Make these (``None``: all given up) due now, as if they had just been added; gives how many."""
    which = table.c.given_up_at.is_not(None) if ids is None else table.c.id.in_(ids)
    values = {"given_up_at": None, "added_at": now, "due": now, "attempts": 0, "owner": None}
    return tx.execute(update(table).where(which).values(values)).rowcount


def list(  # noqa: A001 - read as candidates.list
    tx: Connection, limit: int = 100, given_up: bool | None = None, object_id: str | None = None
) -> Sequence[Candidate]:
    """The candidates that wait longest, at most ``limit``; only those given up or not, or of one object."""
    query = select(*_COLUMNS).order_by(table.c.added_at, table.c.id).limit(limit)
    if given_up is not None:
        query = query.where(table.c.given_up_at.is_not(None) if given_up else _WAITING)
    if object_id is not None:
        query = query.where(table.c.object_id == object_id)
    return [Candidate(*row) for row in tx.execute(query)]


def count(tx: Connection, now: float) -> CandidateCounts:
    """How many wait, how many of those are due, how many were given up."""
    row = tx.execute(
        select(
            func.count().filter(_WAITING),
            func.count().filter(_WAITING, table.c.due <= now),
            func.count().filter(table.c.given_up_at.is_not(None)),
            func.min(table.c.added_at).filter(_WAITING),
        )
    ).one()
    waiting, due, given_up, oldest = row
    return CandidateCounts(waiting, due, given_up, 0.0 if oldest is None else max(0.0, now - oldest))
