"""A notification as flat rows, one for each source: what tables and CSV files hold.

`COLUMNS` says what each column means; positions are degrees (ICRS), times MJD UTC unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from alertwatch.facts import Facts
from alertwatch.notification import Entry, Notification


class Column(NamedTuple):
    """What a column holds. ``kind``: str, float, int, bool, datetime, or dict for any JSON value."""

    kind: type
    meaning: str


COLUMNS: dict[str, Column] = {
    "key": Column(str, "the notification's own key, the same at every attempt"),
    "survey": Column(str, "`ztf` or `lsst`; empty in a message without objects"),
    "object_id": Column(str, "the survey's id of the object; empty in a message without objects"),
    "subscription": Column(str, "whom it was for"),
    "kind": Column(str, "`match`, `update`, `summary`, `digest`, `operator` or `test`"),
    "told_at": Column(datetime, "when the notification was made, UTC"),
    "title": Column(str, "the message in a few words"),
    "text": Column(str, "what a message without objects says"),
    "filters": Column(str, "the filters that matched, separated by commas"),
    "grade": Column(str, "the filter's grade"),
    "class": Column(str, "canonical top class"),
    "classifier": Column(str, "whose opinion the class is"),
    "probability": Column(float, "of that class"),
    "ra": Column(float, "right ascension [deg]"),
    "dec": Column(float, "declination [deg]"),
    "mag": Column(float, "newest difference magnitude [mag, AB]"),
    "band": Column(str, "its band"),
    "mjd": Column(float, "time of the newest alert"),
    "age_days": Column(float, "time since the first detection [d]"),
    "first_mjd": Column(float, "time of the first detection"),
    "n_det": Column(int, "number of detections"),
    "urgent": Column(bool, "whether the subscription calls it urgent"),
    "reasons": Column(str, "why it is told now, separated by semicolons"),
    "also": Column(dict, "JSON list: other ids of the same source"),
    "labels": Column(dict, "JSON list: what people said of it"),
    "matched": Column(dict, "JSON list: each filter that matched, with its criteria"),
    "brightness": Column(dict, "JSON list: the newest of each band, with its rise rate [mag/d]"),
    "host": Column(dict, "JSON object: the nearest catalogue source"),
    "links": Column(dict, "JSON list: name and address of pages on the object"),
}

KEY = ("key", "survey", "object_id")
"""The columns that no two rows have in common."""


def rows(notification: Notification) -> list[dict[str, Any]]:
    """One row for each entry, in order, with all `COLUMNS`; a single one for a message without entries."""
    common = {
        "key": notification.key,
        "subscription": notification.subscription,
        "kind": str(notification.kind),
        "told_at": datetime.fromtimestamp(notification.created_at, UTC),
        "title": notification.title,
        "text": notification.text,
    }
    entries: Iterable[dict[str, Any]] = [_of(entry) for entry in notification.entries] or [
        {"survey": "", "object_id": ""}
    ]
    return [dict.fromkeys(COLUMNS) | common | entry for entry in entries]


def _of(entry: Entry) -> dict[str, Any]:
    return {
        "survey": entry.survey,
        "object_id": entry.object_id,
        "filters": ", ".join(one.filter for one in entry.matched),
        **_facts(entry.facts),
        "grade": entry.facts.grade or next((one.grade for one in entry.matched if one.grade), None),
        "first_mjd": _known(entry.first_mjd),
        "n_det": entry.n_det,
        "urgent": entry.urgent,
        "reasons": "; ".join(entry.reasons),
        **{name: _plain(getattr(entry, name)) for name in _NESTED},
    }


_NESTED = tuple(name for name, column in COLUMNS.items() if column.kind is dict)


def _facts(facts: Facts) -> dict[str, Any]:
    names = ("classifier", "probability", "ra", "dec", "mag", "band", "mjd", "age_days")
    return {"class": facts.class_name, **{name: _known(getattr(facts, name)) for name in names}}


def _known(value: Any) -> Any:
    """``None`` for NaN and infinity, which not every table takes."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _plain(value: Any) -> Any:
    """Lists and tables as JSON has them."""
    return msgspec.json.decode(msgspec.json.encode(value))
