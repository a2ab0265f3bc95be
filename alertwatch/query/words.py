"""What a person gives to say which matches → a `Selection`: one reading for Python and the command line."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from alertwatch import sky, times
from alertwatch.errors import BadSelection
from alertwatch.query import nights
from alertwatch.query.selection import Cone, Order, Selection

if TYPE_CHECKING:
    from alertwatch.query.moc import Moc

T = TypeVar("T")
_SURVEYS = ("ztf", "lsst")
_ID_COLUMNS = ("object_id", "oid", "objectid", "diaobjectid")


def selection(*, longitude: float, now: float | None = None, **words: Any) -> Selection:
    """The `Selection` that words mean; raises `BadSelection` that names the word it cannot read.

    ``words`` are the fields of `Selection` as a person gives them, and ``night``. ``longitude`` of the site in
    degrees, ``now`` MJD UTC (default: this moment): what *last night* is.
    """
    given = {name: value for name, value in words.items() if value is not None}
    clock = Clock(times.now() if now is None else now, longitude)
    if "night" in given:
        _refuse_two_times(given)
        given["since"], given["until"] = read("night", clock.night, given.pop("night"))
    readers: dict[str, Callable[[Any], Any]] = {
        "since": lambda value: clock.moment(value, end=False),
        "until": lambda value: clock.moment(value, end=True),
        "cone": cone,
        "moc": moc,
        "objects": objects,
        "order": _order,
        "limit": _limit,
        "survey": _survey,
        "min_probability": _share,
        "brighter": _number,
        "fainter": _number,
    }
    return Selection(**{n: read(n, readers[n], v) if n in readers else v for n, v in given.items()})


def read(name: str, reader: Callable[[Any], T], value: Any) -> T:
    """What ``reader`` makes of a value; its `ValueError` becomes a sentence that names the argument."""
    try:
        return reader(value)
    except (ValueError, TypeError, OSError) as error:
        said = str(error.strerror if isinstance(error, OSError) else error)
        raise BadSelection(name, f"{_shown(value)} {said}") from None


class Clock:
    """What time words mean at a moment (``now``, MJD UTC) and a place."""

    def __init__(self, now: float, longitude: float) -> None:
        self._now, self._longitude = now, longitude

    def moment(self, value: Any, *, end: bool) -> float:
        """MJD UTC of text, number (MJD), date, datetime (naive: UTC), astropy Time; of a night start or end."""
        if isinstance(value, bool) or value is None:
            raise ValueError("is no time")
        if isinstance(value, str) and _word(value) in _NIGHTS:
            return self.night(value)[end]
        if isinstance(value, str):
            return times.from_text(value, self._now)
        if isinstance(value, date):
            moment = value if isinstance(value, datetime) else datetime.combine(value, time())
            return times.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        return _number(value.utc.mjd if hasattr(value, "utc") else value)

    def night(self, value: Any) -> tuple[float, float]:
        """Start and end of ``last night``, ``tonight`` or the night that begins on a date."""
        if isinstance(value, str) and _word(value) in _NIGHTS:
            return _NIGHTS[_word(value)](self._now, self._longitude)
        try:
            evening = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError('is no night; give "last night", "tonight" or the date of the evening') from None
        return nights.night_of(evening, self._longitude)


_NIGHTS = {"last night": nights.last_night, "last": nights.last_night, "tonight": nights.tonight}


def cone(value: Any) -> Cone:
    """``"RA DEC RADIUS"`` (radius in arcsec, 5' arcmin, 2d degrees), three degrees, or (SkyCoord, Angle)."""
    if isinstance(value, str):
        return Cone(*sky.circle(value))
    if isinstance(value, Sequence) and len(value) == 2 and hasattr(value[0], "icrs"):
        place = value[0].icrs
        value = (place.ra, place.dec, value[1])
    try:
        ra, dec, radius = (_degrees(part) for part in value)
    except (TypeError, ValueError, AttributeError):
        raise ValueError('is no circle; give "RA DEC RADIUS", three degrees, or (SkyCoord, Angle)') from None
    if not (0 <= ra <= 360 and -90 <= dec <= 90 and 0 < radius <= 180):
        raise ValueError("is not on the sky; RA is 0 to 360, Dec -90 to 90, the radius up to 180 degrees")
    return Cone(ra, dec, radius)


def moc(value: Any) -> Moc:
    """A MOC from a file (FITS, JSON, ASCII), from text (``3/1-3 4/20``), or mocpy's own."""
    from alertwatch.query import moc as mocs  # noqa: PLC0415 - what it needs is slow to load

    if isinstance(value, mocs.Moc):
        return value
    if isinstance(value, Path) or (isinstance(value, str) and not re.match(r"\s*(\{|s?\s*\d+/)", value)):
        return mocs.read(Path(value).expanduser())
    return mocs.parse(value if isinstance(value, str) else value.to_string("ascii"))


def objects(value: Any) -> tuple[str, ...]:
    """Ids from a list, from text with commas, or from a file: one in a line, or a CSV table's column of ids."""
    if isinstance(value, Path):
        return _checked(_ids_of(value.expanduser().read_text(encoding="utf-8-sig")))
    if isinstance(value, str):
        return _checked(value.split(","))
    return _checked(value)


def object_id(value: Any) -> str:
    """One id as text; raises `BadSelection` for a number that has lost digits."""
    return read("object_id", lambda one: _checked([one])[0], value)


def _ids_of(text: str) -> Iterable[str]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    rows = list(csv.reader(lines))
    heads = [cell.strip().lower() for cell in rows[0]] if rows else []
    place = next((heads.index(name) for name in _ID_COLUMNS if name in heads), None)
    return (row[place or 0] for row in rows[place is not None :] if len(row) > (place or 0))


def _checked(ids: Iterable[Any]) -> tuple[str, ...]:
    """Ids as text. A float has lost its last digits, so it is refused rather than not found."""
    found = tuple(dict.fromkeys(str(one).strip() for one in ids))
    for one in found:
        if re.fullmatch(r"[+-]?(\d+\.\d*|\d+(\.\d*)?[eE][+-]?\d+|nan|inf)", one):
            raise ValueError(f"holds {one}, an id that has become a number and lost digits; keep ids as text")
    return tuple(one for one in found if one)


def _refuse_two_times(given: dict[str, Any]) -> None:
    if "since" in given or "until" in given:
        raise BadSelection("night", "a night has its own beginning and end; leave out since and until")


def _survey(value: Any) -> str:
    if str(value).lower() not in _SURVEYS:
        raise ValueError("is no survey; they are ztf and lsst")
    return str(value).lower()


def _share(value: Any) -> float:
    if not 0 <= float(value) <= 1:
        raise ValueError("is no probability; they run from 0 to 1")
    return float(value)


def _number(value: Any) -> float:
    if not math.isfinite(found := float(value)):
        raise ValueError("is no number")
    return found


def _order(value: Any) -> Order:
    if value not in set(Order):
        raise ValueError(f"is no order; they are {', '.join(Order)}")
    return Order(value)


def _limit(value: Any) -> int:
    if int(value) < 1:
        raise ValueError("is too few; leave the limit out for all")
    return int(value)


def _degrees(value: Any) -> float:
    return float(value.to_value("deg") if hasattr(value, "to_value") else value)


def _word(text: str) -> str:
    return " ".join(text.lower().replace("-", " ").replace("_", " ").split())


def _shown(value: Any) -> str:
    text = repr(str(value) if isinstance(value, Path) else value)
    return text if len(text) < 100 else f"{text[:97]}…"
