"""Times and places as a person types them on the command line."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import click

from alertwatch import sky, times


class Moment(click.ParamType[float]):
    """A time → MJD UTC: ``61114.5``, ``2026-03-15``, ``2026-03-15T04:12``, or so long ago: ``12h``, ``3d``."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The time that the text means."""
        try:
            return times.from_text(str(value), times.now())
        except ValueError as error:
            self.fail(f"{str(value)!r} {error}", param, ctx)


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
            return sky.circle(str(value))
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class Span(click.ParamType[float]):
    """A length of time → seconds: ``90m``, ``12h``, ``30d``, ``2w``."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that the text means."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", str(value).strip())
        if not found or not float(found[1]):
            self.fail(f"{value!r} is no length of time; give 90m, 12h, 30d or 2w", param, ctx)
        return timedelta(**{times.AGO[found[2]]: float(found[1])}).total_seconds()
