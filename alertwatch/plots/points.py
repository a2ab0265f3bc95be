"""What there is to draw of a light curve, whichever library draws it: points of one kind, in a window."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from alertwatch import photometry
from alertwatch.alert import Detection, ForcedPhotometry, LightCurve
from alertwatch.plots import style

Kind = Literal["difference", "apparent", "flux"]
"""Difference magnitude (what was added to the reference image), apparent magnitude (the whole source, reference
and difference), or difference flux (which may be negative)."""

KINDS: tuple[Kind, ...] = get_args(Kind)

FORCED_SIGMA = 3.0  # forced photometry below it has no magnitude worth showing


@dataclass(frozen=True)
class Point:
    """What is drawn once: time [MJD UTC], value (magnitude [AB] or flux [nJy]) and its error; 0: not known."""

    mjd: float
    band: str
    value: float
    error: float = 0.0
    doubtful: bool = False


@dataclass(frozen=True)
class Points:
    """Detections, 5-sigma limits and forced photometry of a light curve, each by time."""

    kind: Kind
    seen: tuple[Point, ...]
    limits: tuple[Point, ...] = ()
    forced: tuple[Point, ...] = ()

    @property
    def all(self) -> tuple[Point, ...]:
        """Every point."""
        return (*self.seen, *self.limits, *self.forced)

    @property
    def bands(self) -> list[str]:
        """The bands, the bluest first."""
        return bands(self.all)


def points(
    curve: LightCurve, kind: Kind = "difference", *, until: float | None = None, days: float | None = None
) -> Points:
    """The points of a kind; only the ``days`` up to ``until`` [MJD], or up to the last detection.

    Apparent magnitudes have no limits: those of an alert are of the difference image. Raises `ValueError` for
    an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of light curve; choose {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    limits = () if kind == "apparent" else (_limit(n.mjd, n.band, n.limit, kind) for n in curve.non_detections)
    start = -math.inf if days is None else _end(curve, until) - days
    return Points(
        kind,
        _from(start, (_detection(d, kind) for d in curve.detections)),
        _from(start, limits),
        _from(start, _forced(curve, kind)),
    )


def detections(curve: LightCurve) -> list[Point]:
    """The detections that have a difference magnitude, by time."""
    return list(_from(-math.inf, (_detection(d, "difference") for d in curve.detections)))


def bands(found: Iterable[Point]) -> list[str]:
    """The bands of points, the bluest first, unknown ones last."""
    return style.in_order({p.band for p in found})


def phase(mjd: float, period: float, epoch: float) -> float:
    """The phase of a time, 0 … 1."""
    return ((mjd - epoch) / period) % 1.0


def epoch_of(found: Points) -> float:
    """Where phase 0 is put [MJD]: at the brightest detection that is sure, else at the first point."""
    sure = [p for p in found.seen if not p.doubtful] or found.seen
    if not sure:
        return min((p.mjd for p in found.all), default=0.0)
    best = max if found.kind == "flux" else min
    return best(sure, key=lambda p: p.value).mjd


# -- one point of each source ------------------------------------------------------------------------------


def _detection(d: Detection, kind: Kind) -> Point | None:
    negative = d.positive is False or d.dubious is True
    match kind:
        case "difference":
            return _point(d.mjd, d.band, d.mag, d.e_mag, negative)
        case "apparent":
            return _apparent(d)
        case "flux":
            return _flux(d)


def _apparent(d: Detection) -> Point | None:
    doubtful = photometry.is_excluded(d)
    total = photometry.total_flux(d)
    if total is not None:
        mag, error = photometry.magnitude(total[0]), photometry.magnitude_error(*total)
        return _point(d.mjd, d.band, mag, error, doubtful)
    return _point(d.mjd, d.band, d.mag_corr, None, doubtful) if d.e_mag_corr is None else None


def _flux(d: Detection) -> Point | None:
    if d.flux is not None:
        return _point(d.mjd, d.band, d.flux, d.e_flux, d.dubious is True)
    size = photometry.flux(d.mag)
    if size is None:
        return None
    error = None if d.e_mag is None else size * d.e_mag * photometry.RELATIVE
    return _point(d.mjd, d.band, -size if d.positive is False else size, error, d.dubious is True)


def _limit(mjd: float, band: str, limit: float, kind: Kind) -> Point | None:
    return _point(mjd, band, photometry.flux(limit) if kind == "flux" else limit, None)


def _forced(curve: LightCurve, kind: Kind) -> Iterator[Point | None]:
    reference = photometry.reference_flux(curve.detections) if kind == "apparent" else {}
    for measured in curve.forced_photometry:
        if kind == "flux":
            yield _point(measured.mjd, measured.band, measured.flux, measured.e_flux)
        elif kind == "difference" or measured.band in reference:
            yield _forced_magnitude(measured, reference.get(measured.band, 0.0))


def _forced_magnitude(measured: ForcedPhotometry, reference: float) -> Point | None:
    total = measured.flux + reference
    mag, error = photometry.magnitude(total), photometry.magnitude_error(total, measured.e_flux)
    if error is None or total < FORCED_SIGMA * (measured.e_flux or 0.0):
        return None
    return _point(measured.mjd, measured.band, mag, error)


def _point(
    mjd: float, band: str, value: float | None, error: float | None, doubtful: bool = False
) -> Point | None:
    """A point, or ``None`` for what has no place on an axis; an error that is no number is unknown."""
    if value is None or not (math.isfinite(mjd) and math.isfinite(value)):
        return None
    known = error is not None and math.isfinite(error) and error > 0
    return Point(mjd, band, value, error if known and error else 0.0, doubtful)


# -- which of them are shown -------------------------------------------------------------------------------


def _end(curve: LightCurve, until: float | None) -> float:
    epochs = [d.mjd for d in curve.detections] or [n.mjd for n in curve.non_detections]
    epochs = [*epochs, *(() if until is None else (until,))]
    latest = max(filter(math.isfinite, epochs), default=None)
    return -math.inf if latest is None else latest  # nothing to count from: everything is shown


def _from(start: float, made: Iterable[Point | None]) -> tuple[Point, ...]:
    return tuple(sorted((p for p in made if p is not None and p.mjd >= start), key=lambda p: p.mjd))
