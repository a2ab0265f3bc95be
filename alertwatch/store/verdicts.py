"""Verdicts and matches: what the filters said of alerts, with the reasons.

Keyed by (filter, survey, object, alert): judging an alert again changes nothing, unless the parameters have
changed or what was unknown has become known. A match, once stored, stays with the reasons it had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, or_, select

from alertwatch.alert import Alert, Detection, ObjectSummary, Part
from alertwatch.filter import Judged, Result, Verdict
from alertwatch.store import cutouts, healpix, photometry, tables
from alertwatch.store.upsert import finite, insert, row_of

_KEY = ("filter", "survey", "object_id", "alert_id")


@dataclass(frozen=True)
class NewMatch:
    """A match that was not in the database before. ``id`` is its number there."""

    id: int
    alert: Alert
    verdict: Verdict


def save(tx: Connection, judged: Sequence[Judged], now: float) -> list[NewMatch]:
    """Store verdicts, and of matches also object, light curve and images; gives the matches that are new.

    ``now`` (seconds since 1970) is noted as the time of judging. Later alerts of a followed object are kept as
    matches are. Of alerts that match nothing the verdict alone is kept: its criteria hold the numbers that
    were decisive.
    """
    pairs = {_key(j.alert, v): (j.alert, v) for j in judged for v in j.verdicts}
    ordered = [pairs[key] for key in sorted(pairs)]  # one order for all processes: no deadlocks
    matched = [(alert, verdict) for alert, verdict in ordered if verdict.result is Result.MATCH]
    _save_verdicts(tx, ordered, now)
    new = _save_matches(tx, matched, now)
    kept = {(a.survey, a.object_id, a.alert_id, a.stream): a for a, v in ordered if v.is_kept}
    alerts = list(kept.values())
    _save_objects(tx, alerts)
    photometry.save(tx, alerts)
    _save_cutouts(tx, judged, now)
    return new


def first_matched(tx: Connection, object_ids: Collection[str]) -> dict[tuple[str, str], float]:
    """Time (MJD UTC) of the earliest alert that matched, by survey and object; without those of no time."""
    match = tables.matches.c
    query = select(match.survey, match.object_id, func.min(match.mjd)).where(
        match.object_id.in_(object_ids), match.mjd.is_not(None)
    )
    rows = tx.execute(query.group_by(match.survey, match.object_id))
    return {(survey, object_id): mjd for survey, object_id, mjd in rows}


def _key(alert: Alert, verdict: Verdict) -> tuple[str, str, str, str]:
    return verdict.filter, str(alert.survey), alert.object_id, alert.alert_id


def _judgement(alert: Alert, verdict: Verdict) -> dict[str, Any]:
    return dict(zip(_KEY, _key(alert, verdict), strict=True)) | {
        "stream": alert.stream,
        "mjd": finite(alert.time),
        "grade": verdict.grade,
        "criteria": msgspec.to_builtins(verdict.criteria),
        "parameters_hash": verdict.parameters_hash,
    }


def _save_verdicts(tx: Connection, pairs: Iterable[tuple[Alert, Verdict]], now: float) -> None:
    rows = [_judgement(a, v) | {"result": str(v.result), "judged_at": now} for a, v in pairs]
    if not rows:
        return
    statement = insert(tx, tables.verdicts)
    old, new = tables.verdicts.c, statement.excluded
    better_known = and_(new.result != old.result, new.result != Result.UNKNOWN)
    statement = statement.on_conflict_do_update(
        index_elements=_KEY,
        set_={name: new[name] for name in rows[0] if name not in _KEY},
        where=or_(new.parameters_hash != old.parameters_hash, better_known),
    )
    tx.execute(statement, rows)


def _save_matches(tx: Connection, pairs: Sequence[tuple[Alert, Verdict]], now: float) -> list[NewMatch]:
    rows = [_judgement(a, v) | _seen(a) | {"matched_at": now} for a, v in pairs]
    if not rows:
        return []
    columns = [tables.matches.c[name] for name in ("id", *_KEY)]
    statement = insert(tx, tables.matches).on_conflict_do_nothing(index_elements=_KEY).returning(*columns)
    ids = {tuple(key): match_id for match_id, *key in tx.execute(statement, rows)}
    return [NewMatch(ids[_key(a, v)], a, v) for a, v in pairs if _key(a, v) in ids]


def _seen(alert: Alert) -> dict[str, Any]:
    """What a list of matches shows of the alert: class, position, brightness."""
    detection = alert.detection or _latest(alert)
    message = alert.classification
    best = message.best if message else None
    ra = finite(alert.ra if alert.ra is not None or detection is None else detection.ra)
    dec = finite(alert.dec if alert.dec is not None or detection is None else detection.dec)
    return {
        "class_name": best,
        "classifier": message.classifier if message else None,
        "probability": finite(message.probabilities[best]) if message and best else None,
        "ra": ra,
        "dec": dec,
        "healpix": None if ra is None or dec is None else healpix.pixel(ra, dec),
        "band": detection.band if detection else None,
        "mag": finite(detection.mag) if detection else None,
    }


def _latest(alert: Alert) -> Detection | None:
    return max(alert.detections, key=lambda d: d.mjd, default=None)


def _save_objects(tx: Connection, alerts: Iterable[Alert]) -> None:
    """The newest word on each object: its latest detection decides which one that is."""
    newest = {(str(a.survey), a.object_id): a for a in sorted(alerts, key=lambda a: a.time or 0.0)}
    rows = [_object(newest[key]) for key in sorted(newest)]
    if not rows:
        return
    statement = insert(tx, tables.objects)
    old, new = tables.objects.c, statement.excluded
    known = {
        name: func.coalesce(new[name], old[name]) for name in rows[0] if name not in {"survey", "object_id"}
    }
    later = or_(old.last_mjd.is_(None), new.last_mjd > old.last_mjd)
    tx.execute(statement.on_conflict_do_update(index_elements=_KEY[1:3], set_=known, where=later), rows)


_SUMMARY = ("first_mjd", "last_mjd", "n_det", "first_hist_mjd", "n_hist", "stellar")


def _object(alert: Alert) -> dict[str, Any]:
    seen, summary = _seen(alert), _summary(alert)
    row = {"survey": str(alert.survey), "object_id": alert.object_id, "ra": seen["ra"], "dec": seen["dec"]}
    row |= row_of(summary, _SUMMARY) if summary else dict.fromkeys(_SUMMARY)
    return row | {"crossmatches": msgspec.to_builtins(alert.crossmatches) or None}


def _summary(alert: Alert) -> ObjectSummary | None:
    """What the alert says of the object as a whole, or what follows from its detections where it has all."""
    times = [d.mjd for d in alert.detections]
    if alert.summary or Part.DETECTIONS not in alert.parts or not times:
        return alert.summary
    return ObjectSummary(first_mjd=min(times), last_mjd=max(times), n_det=len(times))


def _save_cutouts(tx: Connection, judged: Iterable[Judged], now: float) -> None:
    images = {
        (str(j.alert.survey), j.alert.object_id, j.alert.alert_id): j.cutouts for j in judged if j.cutouts
    }
    for key in sorted(images):
        cutouts.save(tx, *key, images[key], now)
