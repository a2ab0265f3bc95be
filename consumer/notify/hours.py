"""When a subscription may be told: its quiet hours and its digests. Moments are seconds since 1970."""

from __future__ import annotations

import math

from alertwatch.hours import QuietHours, TimeOfDay
from alertwatch.settings import SiteSettings, SubscriptionSettings
from consumer.notify import twilight

MONDAY = 0


def quiet_until(asked: SubscriptionSettings, now: float) -> float | None:
    """When the quiet hours that hold at ``now`` end; ``None``: it is not quiet."""
    return None if asked.quiet is None else QuietHours.parse(asked.quiet).until(now)


def next_digest(asked: SubscriptionSettings, site: SiteSettings, after: float) -> float | None:
    """The first moment after ``after`` at which a digest is due; ``None``: the subscription has none."""
    match asked.digest:
        case "none":
            return None
        case "hourly":
            return (math.floor(after / 3600) + 1) * 3600.0
        case "daily":
            return TimeOfDay.parse(asked.digest_at).after(after)
        case "weekly":
            return TimeOfDay.parse(asked.digest_at).after(after, MONDAY)
        case "evening" | "morning":
            return twilight.after(asked.digest, site, after)
