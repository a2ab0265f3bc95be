"""What there is to draw of a light curve, whichever library draws it: points of one kind, in a window."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from alertwatch import photometry
from alertwatch.alert import Detection, ForcedPhotometry, LightCurve, NonDetection
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
    doubt: str = ""
    alert_id: str = ""

    @property
    def doubtful(self) -> bool:
        """Whether there is a reason (``doubt``) to take it with care."""
        return bool(self.doubt)


@dataclass(frozen=True)
class Points:
    """Detections, 5-sigma limits and forced photometry of a light curve, each by time.

    ``reference``: of apparent magnitudes that of the reference image, by band. ``without``: how many detections
    have no value of this kind.
    """

    kind: Kind
    seen: tuple[Point, ...]
    limits: tuple[Point, ...] = ()
    forced: tuple[Point, ...] = ()
    reference: tuple[tuple[str, float], ...] = ()
    without: int = 0

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
    limits = () if kind == "apparent" else (_limit(n, kind) for n in curve.non_detections)
    start = -math.inf if days is None else _end(curve, until) - days
    reference = _reference(curve) if kind == "apparent" else {}
    shown = [d for d in curve.detections if d.mjd >= start]
    seen = _from(start, (_detection(d, kind) for d in shown))
    forced = _from(start, _forced(curve, kind, reference))
    drawn = {p.band for p in (*seen, *forced)}
    return Points(
        kind,
        seen,
        _from(start, limits),
        forced,
        tuple((b, mag) for b, one in reference.items() if b in drawn and (mag := photometry.magnitude(one))),
        len(shown) - len(seen),
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
    match kind:
        case "difference":
            return _point(d, d.mag, d.e_mag, _doubt(d, negative=d.positive is False))
        case "apparent":
            return _apparent(d)
        case "flux":
            return _flux(d)


def _doubt(d: Detection, *, negative: bool = False) -> str:
    reasons = {"fainter than the reference": negative, "dubious to the broker": d.dubious is True}
    return ", ".join(reason for reason, holds in reasons.items() if holds)


def _apparent(d: Detection) -> Point | None:
    doubt = _doubt(d) or ("the reference is another source" if photometry.is_excluded(d) else "")
    total = photometry.total_flux(d)
    if total is not None:
        return _point(d, photometry.magnitude(total[0]), photometry.magnitude_error(*total), doubt)
    return _point(d, d.mag_corr, None, doubt) if d.e_mag_corr is None else None


def _flux(d: Detection) -> Point | None:
    if d.flux is not None:
        return _point(d, d.flux, d.e_flux, _doubt(d))
    size = photometry.flux(d.mag)
    if size is None:
        return None
    error = None if d.e_mag is None else size * d.e_mag * photometry.RELATIVE
    return _point(d, -size if d.positive is False else size, error, _doubt(d))


def _limit(n: NonDetection, kind: Kind) -> Point | None:
    return _point(n, photometry.flux(n.limit) if kind == "flux" else n.limit, None)


def _reference(curve: LightCurve) -> dict[str, float]:
    """The flux of the reference image by band, where it shows the object itself."""
    return photometry.reference_flux(d for d in curve.detections if not photometry.is_excluded(d))


def _forced(curve: LightCurve, kind: Kind, reference: Mapping[str, float]) -> Iterator[Point | None]:
    for measured in curve.forced_photometry:
        if kind == "flux":
            yield _point(measured, measured.flux, measured.e_flux)
        elif kind == "difference" or measured.band in reference:
            yield _forced_magnitude(measured, reference.get(measured.band, 0.0))


def _forced_magnitude(measured: ForcedPhotometry, reference: float) -> Point | None:
    total = measured.flux + reference
    mag, error = photometry.magnitude(total), photometry.magnitude_error(total, measured.e_flux)
    if error is None or total < FORCED_SIGMA * (measured.e_flux or 0.0):
        return None
    return _point(measured, mag, error)


def _point(
    of: Detection | NonDetection | ForcedPhotometry, value: float | None, error: float | None, doubt: str = ""
) -> Point | None:
    """A point, or ``None`` for what has no place on an axis; an error that is no number is unknown."""
    if value is None or not (math.isfinite(of.mjd) and math.isfinite(value)):
        return None
    known = error is not None and math.isfinite(error) and error > 0
    return Point(
        of.mjd, of.band, value, error if known and error else 0.0, doubt, getattr(of, "alert_id", None) or ""
    )


# -- which of them are shown -------------------------------------------------------------------------------


def _end(curve: LightCurve, until: float | None) -> float:
    epochs = [d.mjd for d in curve.detections] or [n.mjd for n in curve.non_detections]
    epochs = [*epochs, *(() if until is None else (until,))]
    latest = max(filter(math.isfinite, epochs), default=None)
    return -math.inf if latest is None else latest  # nothing to count from: everything is shown


def _from(start: float, made: Iterable[Point | None]) -> tuple[Point, ...]:
    return tuple(sorted((p for p in made if p is not None and p.mjd >= start), key=lambda p: p.mjd))
