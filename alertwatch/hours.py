"""Hours of the day as a person writes them, with a time zone: ``08:00``, ``09:00-18:00 America/Santiago``.

Moments are seconds since 1970. Where no zone is named, it is UTC.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, available_timezones

_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class TimeOfDay:
    """A time of the day in a zone."""

    time: dt.time
    zone: dt.tzinfo

    @classmethod
    def parse(cls, text: str) -> TimeOfDay:
        """``08:00`` or ``08:00 America/Santiago``; raises `ValueError` that says how to write it."""
        found = re.fullmatch(r"(\d\d?:\d\d)(?:\s+(\S+))?", text.strip())
        time = _time(found[1]) if found else None
        if found is None or time is None:
            raise ValueError('is no time of the day; write it like "08:00 America/Santiago"')
        return cls(time, _zone(found[2]))

    def after(self, now: float, weekday: int | None = None) -> float:
        """The next moment after ``now`` at which clocks show it; only on a ``weekday``, if given (Monday: 0).

        On a day whose clocks leap over it, it is as much later as they leap.
        """
        day = dt.datetime.fromtimestamp(now, self.zone).date() - _ONE_DAY
        while True:
            moment = dt.datetime.combine(day, self.time, self.zone).timestamp()
            if moment > now and weekday in {None, day.weekday()}:
                return moment
            day += _ONE_DAY


@dataclass(frozen=True)
class QuietHours:
    """Hours in which messages are held back, whichever day it is. They may cross midnight."""

    start: dt.time
    end: dt.time
    zone: dt.tzinfo

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """``09:00-18:00 America/Santiago``; raises `ValueError` that says how to write it."""
        found = re.fullmatch(r"(\d\d?:\d\d)\s*[-–]\s*(\d\d?:\d\d)(?:\s+(\S+))?", text.strip())
        start, end = (_time(found[1]), _time(found[2])) if found else (None, None)
        if found is None or start is None or end is None:
            raise ValueError('is no range of hours; write it like "09:00-18:00 America/Santiago"')
        if start == end:
            raise ValueError(
                "begins and ends at the same time; to hold all messages back, pause the subscription"
            )
        return cls(start, end, _zone(found[3]))

    def until(self, now: float) -> float | None:
        """When the quiet hours that hold at ``now`` end; ``None``: it is not quiet.

        The clock on the wall decides: what it shows twice in autumn is quiet (or not) both times.
        """
        if not self._quiet_at(now):
            return None
        today = dt.datetime.fromtimestamp(now, self.zone).date()
        ends = [
            dt.datetime.combine(today + days * _ONE_DAY, self.end, self.zone).replace(fold=fold).timestamp()
            for days in (0, 1, 2)  # a day whose clocks leap over the end may have none
            for fold in (0, 1)
        ]
        return min(end for end in ends if end > now and not self._quiet_at(end))

    def _quiet_at(self, moment: float) -> bool:
        time = dt.datetime.fromtimestamp(moment, self.zone).time()
        if self.start < self.end:
            return self.start <= time < self.end
        return time >= self.start or time < self.end


def _time(text: str) -> dt.time | None:
    hours, minutes = map(int, text.split(":"))
    return dt.time(hours, minutes) if hours < 24 and minutes < 60 else None


def _zone(name: str | None) -> dt.tzinfo:
    if name is None:
        return dt.UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {close[0]}?" if close else "; zones are called like America/Santiago"
        raise ValueError(f"names a time zone that does not exist{hint}") from None
