"""Times: MJD UTC everywhere in alertwatch, datetimes and other scales only at its edges."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

MJD_OF_JD = 2_400_000.5
"""JD minus MJD, days."""

SECONDS_PER_DAY = 86_400.0

TAI_MINUS_UTC = 37.0
"""TAI − UTC in seconds since 1 January 2017, the latest leap second (IERS Bulletin C): all of ZTF and LSST."""

LONGEST_WAIT_SECONDS = 3600.0
"""The longest that a server can make us wait by its ``Retry-After``."""

AGO = {"m": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0}
"""Units of a length of time as a person writes them, in days."""

_MJD_OF_1970 = 40_587.0
_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)


def from_jd(jd: float) -> float:
    """JD → MJD, in the same time scale (days)."""
    return jd - MJD_OF_JD


def from_tai(mjd_tai: float) -> float:
    """MJD TAI (LSST's times) → MJD UTC, for dates since 2017."""
    return mjd_tai - TAI_MINUS_UTC / SECONDS_PER_DAY


def to_tai(mjd: float) -> float:
    """MJD UTC → MJD TAI, for dates since 2017."""
    return mjd + TAI_MINUS_UTC / SECONDS_PER_DAY


def from_datetime(moment: datetime) -> float:
    """An aware datetime → MJD UTC. A naive one is a `TypeError`: nobody knows its time zone."""
    return (moment - _MJD_ZERO) / timedelta(days=1)


def from_date(day: date) -> float:
    """A date → MJD UTC of its first moment."""
    return float((day - _MJD_ZERO.date()).days)


def to_datetime(mjd: float) -> datetime:
    """MJD UTC → an aware datetime, to the microsecond."""
    return _MJD_ZERO + timedelta(days=mjd)


def from_text(text: str, now: float) -> float:
    """``61114.5`` (MJD), ``2026-03-15``, ``2026-03-15T04:12`` (UTC), ``12h``, ``3d`` before ``now`` → MJD UTC.

    Raises `ValueError` whose message goes after the text: "is no time; …".
    """
    text = text.strip()
    if ago := re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", text):
        return now - float(ago[1]) * AGO[ago[2]]
    try:
        moment = datetime.fromisoformat(text)  # 20260315 is a date, not an MJD
    except ValueError:
        if re.fullmatch(r"\d+(\.\d*)?", text):
            return float(text)
        raise ValueError("is no time; give an MJD, an ISO date, or how long ago (12h, 3d)") from None
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def now() -> float:
    """This moment, MJD UTC."""
    return from_datetime(datetime.now(UTC))


def from_unix_ms(milliseconds: int) -> float:
    """Milliseconds since 1970 UTC (a Kafka record's timestamp) → MJD UTC."""
    return _MJD_OF_1970 + milliseconds / (1000 * SECONDS_PER_DAY)


def to_unix(mjd: float) -> float:
    """MJD UTC → seconds since 1970 UTC, what the queues' clocks count."""
    return (mjd - _MJD_OF_1970) * SECONDS_PER_DAY


def retry_after(header: str | None, now: float) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3); ``None`` when it says nothing.

    ``now``: seconds since 1970 UTC.
    """
    if not header:
        return None
    try:
        seconds = float(header) if header.isdecimal() else parsedate_to_datetime(header).timestamp() - now
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)
