"""What a person gives to say which matches → a `Selection`: one reading for Python and the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alertwatch import sky, times
from alertwatch.errors import BadSelection
from alertwatch.query import ids, moments
from alertwatch.query.given import number, read
from alertwatch.query.selection import Cone, Order, Selection

if TYPE_CHECKING:
    from alertwatch.query.moc import Moc

_SURVEYS = ("ztf", "lsst")


def selection(*, longitude: float, now: float | None = None, **words: Any) -> Selection:
    """The `Selection` that words mean; raises `BadSelection` that names the word it cannot read.

    ``words`` are the fields of `Selection` as a person gives them, and ``night``. ``longitude`` of the site in
    degrees, ``now`` MJD UTC (default: this moment): what *last night* is.
    """
    given = {name: value for name, value in words.items() if value is not None}
    clock = moments.Clock(times.now() if now is None else now, longitude)
    if "night" in given:
        _refuse_two_times(given)
        given["since"], given["until"] = read("night", clock.night, given.pop("night"))
    readers: dict[str, Callable[[Any], Any]] = {
        "since": lambda value: clock.moment(value, end=False),
        "until": lambda value: clock.moment(value, end=True),
        "cone": cone,
        "moc": moc,
        "objects": ids.objects,
        "order": _order,
        "limit": _limit,
        "survey": _survey,
        "min_probability": _share,
        "brighter": _magnitude,
        "fainter": _magnitude,
        **dict.fromkeys(("filter", "class_name", "label", "tag"), _text),
    }
    return Selection(**{n: read(n, readers[n], v) if n in readers else v for n, v in given.items()})


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
    if not isinstance(value, str) and not hasattr(value, "to_string"):
        raise ValueError("is no MOC; give a file, text, or one of mocpy")
    return mocs.parse(value if isinstance(value, str) else value.to_string("ascii"))


def survey(value: Any) -> str | None:
    """``ztf`` or ``lsst``, in any case; ``None``: all. Raises `BadSelection` for another one."""
    return None if value is None else read("survey", _survey, value)


def _refuse_two_times(given: dict[str, Any]) -> None:
    if "since" in given or "until" in given:
        raise BadSelection("night", "a night has its own beginning and end; leave out since and until")


def _survey(value: Any) -> str:
    if str(value).lower() not in _SURVEYS:
        raise ValueError("is no survey; they are ztf and lsst")
    return str(value).lower()


def _share(value: Any) -> float:
    if not 0 <= number(value) <= 1:
        raise ValueError("is no probability; they run from 0 to 1")
    return float(value)


def _magnitude(value: Any) -> float:
    """A number; a Quantity of magnitudes (mag, AB mag) loses its unit."""
    unit = str(getattr(value, "unit", "mag"))
    if unit not in {"mag", "mag(AB)"}:
        raise ValueError("is no AB magnitude")
    return number(getattr(value, "value", value))


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("is no name; give one, as text")
    return value


def _order(value: Any) -> Order:
    if value not in set(Order):
        raise ValueError(f"is no order; they are {', '.join(Order)}")
    return Order(value)


def _limit(value: Any) -> int:
    if (found := number(value)) != int(found):
        raise ValueError("is no whole number")
    if found < 1:
        raise ValueError("is too few; leave the limit out for all")
    return int(found)


def _degrees(value: Any) -> float:
    return float(value.to_value("deg") if hasattr(value, "to_value") else value)
