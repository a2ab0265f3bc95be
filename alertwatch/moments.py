"""Times and places as a person types them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from alertwatch import times

AGO = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
RADIUS = {"": 1 / 3600, '"': 1 / 3600, "s": 1 / 3600, "'": 1 / 60, "m": 1 / 60, "d": 1.0}


class Moment(click.ParamType[float]):
    """A time → MJD UTC: ``61114.5``, ``2026-03-15``, ``2026-03-15T04:12``, or so long ago: ``12h``, ``3d``."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The time that the text means."""
        text = str(value).strip()
        if ago := re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", text):
            span = timedelta(**{AGO[ago[2]]: float(ago[1])})
            return times.from_datetime(datetime.now(UTC) - span)
        try:
            moment = datetime.fromisoformat(text)  # 20260315 is a date, not an MJD
        except ValueError:
            if re.fullmatch(r"\d+(\.\d*)?", text):
                return float(text)
            self.fail(f"{text!r} is no time; give an MJD, an ISO date, or how long ago (12h, 3d)", param, ctx)
        return times.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


class Cone(click.ParamType[tuple[float, float, float]]):
    """A circle on the sky → ra, dec, radius in degrees: ``"150.1 2.2 10"``, ``"10:00:24 +02:12:00 5'"``.

    The radius is arcsec, or arcmin with ``'`` or ``m``, degrees with ``d``.
    """

    name = '"RA DEC RADIUS"'

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float, float]:
        """The circle that the text means."""
        if isinstance(value, tuple):
            return value
        try:
            ra, dec, size = re.split(r"[\s,]+", str(value).strip())
            number, unit = re.fullmatch(r"([\d.]+)(\D?)", size).groups()  # type: ignore[union-attr]
            cone = _degrees(ra, 15.0), _degrees(dec, 1.0), float(number) * RADIUS[unit]
        except (ValueError, AttributeError, KeyError):
            self.fail(f"{value!r} is no circle; give RA and Dec in degrees and a radius in arcsec", param, ctx)
        if not (0 <= cone[0] <= 360 and -90 <= cone[1] <= 90 and 0 < cone[2] <= 180):
            self.fail(f"{value!r} is not on the sky; RA is 0 to 360, Dec -90 to 90", param, ctx)
        return cone


def _degrees(text: str, per_unit: float) -> float:
    """``10:00:24`` (``per_unit`` 15: hours) or plain degrees → degrees."""
    if ":" not in text:
        return float(text)
    parts = [float(part) for part in text.lstrip("+-").split(":")]
    size = sum(part / 60.0**power for power, part in enumerate(parts))
    return (-size if text.startswith("-") else size) * per_unit
