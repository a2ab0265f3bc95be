"""A notification: what a person is told, as a value that every sink can deliver in its own form.

Positions are degrees (ICRS), times MJD UTC, durations days, magnitudes AB; ``None`` is *not known*.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from alertwatch.alert import CrossMatch
from alertwatch.facts import Facts
from alertwatch.filter import Criterion


class Kind(StrEnum):
    """Why a notification is sent."""

    MATCH = "match"  # a source that this subscription has not told of
    UPDATE = "update"  # news of a source that it has told of
    SUMMARY = "summary"  # several at once, since there were too many for one message each
    DIGEST = "digest"  # several at once, at the time the subscription names
    OPERATOR = "operator"  # a word to whoever runs the service
    TEST = "test"  # somebody wanted to see whether it arrives


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel gave for a message: its own id, and what else is needed to answer or update it."""

    id: str
    extra: dict[str, str] = msgspec.field(default_factory=dict)


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A PNG image. ``name`` is a file name without folder, ``alt`` says what can be seen on it."""

    name: str
    alt: str
    png: bytes


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Where more is known of the object."""

    name: str
    url: str


class MatchedBy(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that matched, with its grade and the criteria: why the object passed."""

    filter: str
    grade: str | None = None
    mjd: float | None = None
    criteria: tuple[Criterion, ...] = ()


class Brightness(msgspec.Struct, frozen=True, kw_only=True):
    """The latest of one band: difference magnitude, its error, and the rise rate [mag/day; positive: brighter].

    ``rate`` is the slope over the last days with several detections; ``None`` with too few of them.
    """

    band: str
    mjd: float
    mag: float
    e_mag: float | None = None
    rate: float | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One source: all that a message may say of it.

    ``also`` are the other ids of the same source on the sky (within 1.5″). ``reasons`` say why it is told now,
    in words ("new", "brighter by 0.7 mag: 19.3 → 18.6"). ``facts`` are the newest. ``n_det`` and ``first_mjd``:
    the light curve at a glance. ``host`` is the nearest catalogue source. People's words:
    ``labels`` (what they said), ``notes`` (what they wrote), ``tags`` (what they gathered it under).
    """

    survey: str
    object_id: str
    also: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    facts: Facts
    matched: tuple[MatchedBy, ...] = ()
    brightness: tuple[Brightness, ...] = ()
    first_mjd: float | None = None
    n_det: int | None = None
    host: CrossMatch | None = None
    links: tuple[Link, ...] = ()
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    urgent: bool = False


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one channel. ``key`` is the same at every attempt, and at no other message.

    A message of kind *match* or *update* has one entry; *summary* and *digest* have one for each source;
    *operator* and *test* may have none, and say what they say in ``text``. ``pictures`` are of the first entry.
    ``earlier`` is the receipt of the message that this one continues (same source, subscription, channel).
    """

    key: str
    subscription: str
    kind: Kind
    title: str
    created_at: float
    text: str = ""
    entries: tuple[Entry, ...] = ()
    pictures: tuple[Picture, ...] = ()
    earlier: Receipt | None = None
