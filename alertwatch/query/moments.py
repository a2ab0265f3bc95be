"""Times and nights, as a person has them → MJD UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from alertwatch import times
from alertwatch.query import nights
from alertwatch.query.given import UNKNOWN, number

_EARLIEST, _LATEST = 0.0, 1e6  # MJD of the years 1858 and 4596


class Clock:
    """What time words mean at a moment (``now``, MJD UTC) and a place."""

    def __init__(self, now: float, longitude: float) -> None:
        self._now, self._longitude = now, longitude

    def moment(self, value: Any, *, end: bool) -> float:
        """MJD UTC of text, number (MJD), date, datetime (naive: UTC), astropy Time; of a night start or end.

        A timedelta is how long ago.
        """
        if hasattr(value, "dtype") and value.dtype.kind in "mM":  # numpy's
            value = value.astype(f"{'timedelta' if value.dtype.kind == 'm' else 'datetime'}64[us]").item()
        if isinstance(value, bool) or str(value) in UNKNOWN:  # pandas' NaT is a datetime
            raise ValueError("is no time")
        if isinstance(value, timedelta):
            return _mjd(self._now - value / timedelta(days=1))
        if isinstance(value, str) and _word(value) in _NIGHTS:
            return self.night(value)[end]
        if isinstance(value, str):
            return _mjd(times.from_text(value, self._now))
        if isinstance(value, date):
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
            return _mjd(times.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
        return _mjd(value.utc.mjd if hasattr(value, "utc") else value)

    def night(self, value: Any) -> tuple[float, float]:
        """Start and end of ``last night``, ``tonight`` or the night that begins on a date."""
        if isinstance(value, str) and _word(value) in _NIGHTS:
            return _NIGHTS[_word(value)](self._now, self._longitude)
        try:
            value = value.date() if isinstance(value, datetime) else value
            evening = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError('is no night; give "last night", "tonight" or the date of the evening') from None
        return nights.night_of(evening, self._longitude)


_NIGHTS = {"last night": nights.last_night, "last": nights.last_night, "tonight": nights.tonight}


def _mjd(value: Any) -> float:
    if (found := number(value)) > _LATEST:
        raise ValueError("is later than any alert; a JD minus 2400000.5 is an MJD")
    if found < _EARLIEST:
        raise ValueError("is earlier than any alert; leave it out for all")
    return found


def _word(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split())
