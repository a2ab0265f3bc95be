"""What keeps a row from being told now: a digest's hour, quiet hours, a window in which matches are grouped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from alertwatch.settings import SiteSettings
from alertwatch.store import outbox
from alertwatch.store.outbox import Row
from alertwatch.subscriptions import Subscription
from consumer.notify.hours import next_digest, quiet_until
from consumer.notify.messages import Release

DIGEST = "digest"
DIGEST_IN_QUIET = "digest, quiet hours"
QUIET = "quiet hours"
GROUP = "grouping"
_OURS = frozenset({DIGEST, DIGEST_IN_QUIET, QUIET, GROUP})


Windows = dict[str, float]
"""Subscription → the end of the window in which it groups matches: what a round has asked or opened."""


class Wait(NamedTuple):
    """Why a row waits, and until when (seconds since 1970)."""

    reason: str
    due: float


class Waits:
    """Says when a row may be told. Remembers the next digests, since a twilight takes a while to compute."""

    def __init__(self, site: SiteSettings) -> None:
        self._site = site
        self._digests: dict[tuple[str, str], tuple[float, float]] = {}

    def foresee(self, subscriptions: Iterable[Subscription], now: float) -> None:
        """Have the next digests ready."""
        for one in subscriptions:
            self._next_digest(one, now)

    def of(self, tx: Connection, one: Subscription, row: Row, now: float, windows: Windows) -> Wait | Release:
        """What a row that is worth telling waits for, or how it is released now.

        A row that nobody looked at in time, since nothing ran, is released when it would have been. ``windows``
        are those of the round of planning.
        """
        if row.state == "waiting" and row.reason in _OURS:
            is_digest = row.reason in {DIGEST, DIGEST_IN_QUIET}
            return _unless_quiet(one, Release.DIGEST if is_digest else Release.HELD, now)
        since = now if row.state == "waiting" else row.added_at
        digest = self._next_digest(one, since)
        if digest is not None:
            return Wait(DIGEST, digest) if digest > now else _unless_quiet(one, Release.DIGEST, now)
        found = _unless_quiet(one, Release.AT_ONCE if row.state == "new" else Release.HELD, now)
        if isinstance(found, Wait) or not one.settings.group_minutes:
            return found
        window = self._window(tx, one, since, now, windows)
        return Wait(GROUP, window) if window > now else Release.HELD

    def _window(self, tx: Connection, one: Subscription, since: float, now: float, windows: Windows) -> float:
        """The end of the window that is open; of none, of one that opens with this row."""
        if one.name not in windows:
            windows[one.name] = outbox.first_due(tx, one.name, GROUP, now) or 0.0
        if windows[one.name] <= now:
            windows[one.name] = since + 60 * one.settings.group_minutes
        return windows[one.name]

    def _next_digest(self, one: Subscription, after: float) -> float | None:
        asked = (one.settings.digest, one.settings.digest_at)
        since, due = self._digests.get(asked, (0.0, 0.0))
        if since <= after < due:
            return due
        found = next_digest(one.settings, self._site, after)
        if found is not None:
            self._digests[asked] = (after, found)
        return found


def _unless_quiet(one: Subscription, release: Release, now: float) -> Wait | Release:
    until = quiet_until(one.settings, now)
    if until is None:
        return release
    return Wait(DIGEST_IN_QUIET if release is Release.DIGEST else QUIET, until)
