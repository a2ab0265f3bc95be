"""Judges an object that nobody has judged, as of its latest detection, by what the API knows now.

The alert is put together as the broker's own message would have been: the latest detection's id, and the
opinion of the classifier whose stream a filter listens to. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alertwatch.alert import Alert, Classification, Detection, Part
from alertwatch.errors import BadAnswer, NotReadyYet, SettingsError
from alertwatch.filter import Filter, Judged
from alertwatch.settings import Settings
from consumer.lookup import apis
from consumer.lookup.alerce_lsst import AlerceLsst
from consumer.lookup.alerce_ztf import AlerceZtf
from consumer.lookup.enrich import Lookup
from consumer.lookup.http import About

SERVICES: dict[str, type[AlerceZtf] | type[AlerceLsst]] = {"ztf": AlerceZtf, "lsst": AlerceLsst}

CLASSIFIERS: dict[str, dict[str, str | None]] = {
    "ztf": {"ztf_stamp": "stamp_classifier", "ztf_lc": "lc_classifier", "ztf_packet": None},
    "lsst": {"rubin_stamp": "stamp_classifier_rubin", "lsst_packet": None},
}
"""Streams of each survey, and how the name of the classifier begins that sends them."""


def judge(settings: Settings, filters: Mapping[str, Filter[Any]], survey: str, object_id: str) -> list[Judged]:
    """The verdict of each filter that listens to a stream of the survey, on that stream's alert.

    Raises `SettingsError` (no API is configured), `NotReadyYet` (the API does not know the object),
    `BadAnswer` or `ApiUnavailable`.
    """
    lookup = apis.build(settings.apis).get(survey)
    if lookup is None:
        raise SettingsError(f"[apis.{survey}] is not configured, so {object_id} cannot be looked up")
    try:
        latest, opinions = _known(lookup, survey, object_id)
        judged = []
        for filter_ in filters.values():
            for stream in _stream(filter_, survey, opinions):
                message = _message(survey, stream, object_id, latest, opinions)
                alert = _completed(lookup, message, filter_.needs)
                judged.append(Judged(alert, (filter_.judge(alert),)))
        return judged
    finally:
        lookup.close()


def _known(lookup: Lookup, survey: str, object_id: str) -> tuple[Detection, tuple[Classification, ...]]:
    """The object's latest detection, and what each classifier says of it."""
    service, about = SERVICES[survey](lookup.clients[0]), About(object_id, 0.0)
    detections = [d for d in service.light_curve(about).detections if d.alert_id is not None]
    if not detections:
        raise NotReadyYet(f"the API knows no detection of {object_id}; is the id right?")
    return max(detections, key=lambda d: d.mjd), service.classifications(about)


def _stream(filter_: Filter[Any], survey: str, opinions: Iterable[Classification]) -> list[str]:
    """The stream by which the filter would have got the object: one whose classifier has spoken, if any."""
    mine = [stream for stream in CLASSIFIERS[survey] if stream in filter_.streams]
    return sorted(mine, key=lambda stream: _opinion(survey, stream, opinions) is None)[:1]


def _opinion(survey: str, stream: str, opinions: Iterable[Classification]) -> Classification | None:
    start = CLASSIFIERS[survey][stream]
    return next((c for c in opinions if start is not None and c.classifier.startswith(start)), None)


def _message(
    survey: str, stream: str, object_id: str, latest: Detection, opinions: Iterable[Classification]
) -> Alert:
    """What the stream's message about the detection would have said."""
    opinion = _opinion(survey, stream, opinions)
    return Alert(
        survey=survey,
        stream=stream,
        object_id=object_id,
        alert_id=str(latest.alert_id),
        mjd=latest.mjd,
        received=latest.mjd,
        ra=latest.ra,
        dec=latest.dec,
        classifications=() if opinion is None else (opinion,),
    )


def _completed(lookup: Lookup, alert: Alert, needs: frozenset[Part]) -> Alert:
    """The alert with the parts that can be had; the filter calls unknown what depends on the others."""
    for part in sorted(needs):
        try:
            alert = lookup.complete(alert, frozenset({part}))
        except (NotReadyYet, BadAnswer):
            continue
    return alert
