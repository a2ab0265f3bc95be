"""Flares of active galaxies: total flux well above the object's own past, on two nights.

The total flux (reference + difference) is compared with the same band's median over the year before, because
the difference flux of an AGN changes its sign with the choice of the reference image. No gate on the number
of detections or the length of the light curve: an AGN alerts mostly while it flares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from alertwatch import history, photometry
from alertwatch.alert import Alert, Detection, NonDetection, Part
from alertwatch.cuts import at_least, noted, one_of
from alertwatch.filter import Criterion, Filter, Parameters, parameter
from alertwatch.taxonomy import canonical_best, members, probability

AGN = members("AGN")
AGN_OR_UNKNOWN = AGN | {None}


class AGNFlareParameters(Parameters):
    """Thresholds, measured on labelled nuclear flares and on simulated quiet AGN: docs/filters.md."""

    min_probability: float = parameter(
        0.5, "least P(AGN) + P(QSO) + P(Blazar) of the light-curve classifier; ours", ge=0, le=1
    )
    min_brightening: float = parameter(0.75, "least rise of the total flux; ours", unit="mag", gt=0)
    min_significance: float = parameter(
        5, "least rise in units of √(scatter² + error²), scatter = MAD of the baseline; ours", gt=0
    )
    min_nights: int = parameter(2, "least nights with such a rise; ours", unit="nights", ge=1)
    flare_days: float = parameter(
        30, "length of the time before the alert that the nights are in; ours", unit="d", gt=0
    )
    baseline_days: float = parameter(
        400, "length of the time before that for the baseline; ours", unit="d", gt=0
    )
    min_epochs: int = parameter(
        10, "with fewer the baseline is the flux in the reference image; ours", unit="epochs", ge=1
    )


class Epoch(NamedTuple):
    """Total flux and error in one band at one time (MJD), nJy; ``flux`` is ``None`` where it is not known."""

    mjd: float
    band: str
    flux: float | None
    error: float = 0.0


class Level(NamedTuple):
    """Median and median absolute deviation of the total flux, nJy."""

    flux: float
    scatter: float


class AGNFlare(Filter[AGNFlareParameters]):
    """Active galaxies (by light-curve or stamp classifier) that now outshine their own last year."""

    streams = frozenset({"ztf_lc", "ztf_stamp"})
    sought = AGN  # `classes` would drop light-curve messages whose top class is another, and P(AGN) high
    needs = frozenset({Part.DETECTIONS, Part.NON_DETECTIONS})

    def wants(self, alert: Alert) -> bool:
        """Alerts whose own classification is, or may be, that of an active galaxy."""
        if alert.stream == "ztf_stamp":
            return canonical_best(alert.classification) in AGN_OR_UNKNOWN
        found = probability(alert.classification, AGN)
        return found is None or found >= self.parameters.min_probability

    def criteria(self, alert: Alert) -> Iterator[Criterion]:
        """Is it an active galaxy, and does it flare?"""
        yield self._active(alert)
        yield self._flaring(alert)

    def _active(self, alert: Alert) -> Criterion:
        if alert.stream == "ztf_stamp":
            return one_of("stamp class", canonical_best(alert.classification), AGN)
        found = probability(alert.classification, AGN)
        return at_least("P(AGN) + P(QSO) + P(Blazar)", found, self.parameters.min_probability)

    def _flaring(self, alert: Alert) -> Criterion:
        """Nights of flare, sure whatever the unknown fluxes are; unknown where these could make them enough."""
        p, name = self.parameters, "nights of flare"
        now, seen, unseen = history.time(alert), history.detections(alert), history.non_detections(alert)
        if now is None or seen is None or unseen is None:
            return at_least(name, None, p.min_nights)
        references = photometry.reference_flux(seen)
        epochs = _detected(seen)
        recent = [e for e in epochs if now - e.mjd <= p.flare_days]
        past = [
            e for e in epochs + _quiet(unseen, references) if 0 < now - p.flare_days - e.mjd <= p.baseline_days
        ]
        high, low = (self._levels({e.band for e in recent}, past, references, pick) for pick in (max, min))
        sure = {int(e.mjd) for e in recent if e.flux is not None and self._risen(e.flux, e, high[e.band])}
        possible = {int(e.mjd) for e in recent if e.flux is None or self._risen(e.flux, e, low[e.band])}
        undecided = len(sure) < p.min_nights <= len(possible)
        return noted(
            at_least(name, None if undecided else len(sure), p.min_nights), _largest_rise(recent, high)
        )

    def _levels(
        self,
        bands: Iterable[str],
        past: Sequence[Epoch],
        references: Mapping[str, float],
        pick: Callable[[Iterable[float]], float],
    ) -> dict[str, Level]:
        """Each band's quiet level: the highest (``pick=max``) or lowest one that unknown fluxes allow."""
        levels = {}
        for band in bands:
            fluxes = [e.flux for e in past if e.band == band]
            if len(fluxes) < self.parameters.min_epochs:
                fluxes = [references.get(band)]
            extremes = [_level([fill if f is None else f for f in fluxes]) for fill in (0.0, math.inf)]
            levels[band] = Level(pick(x.flux for x in extremes), pick(x.scatter for x in extremes))
        return levels

    def _risen(self, flux: float, epoch: Epoch, level: Level) -> bool:
        p, noise = self.parameters, math.hypot(level.scatter, epoch.error)
        brighter = flux >= level.flux * 10 ** (0.4 * p.min_brightening)
        return brighter and flux - level.flux >= p.min_significance * noise


def _detected(seen: Iterable[Detection]) -> list[Epoch]:
    known = ((d, photometry.total_flux(d)) for d in seen if not photometry.is_excluded(d))
    return [Epoch(d.mjd, d.band, *(total or (None, 0.0))) for d, total in known]


def _quiet(unseen: Iterable[NonDetection], references: Mapping[str, float]) -> list[Epoch]:
    """A visit that saw no difference saw the flux of the reference image."""
    return [Epoch(n.mjd, n.band, photometry.flux(n.mag_ref) or references.get(n.band)) for n in unseen]


def _level(fluxes: Sequence[float]) -> Level:
    middle = median(fluxes)
    if math.isinf(middle):
        return Level(math.inf, math.inf)
    return Level(middle, median(abs(f - middle) for f in fluxes))


def _largest_rise(recent: Iterable[Epoch], levels: Mapping[str, Level]) -> str | None:
    """``"r: 18.42 mag, usually 19.31"``, for people."""
    rises = [
        (e.flux / levels[e.band].flux, e) for e in recent if e.flux is not None and levels[e.band].flux > 0
    ]
    if not rises:
        return None
    _, best = max(rises)
    now, usual = photometry.magnitude(best.flux or 0.0), photometry.magnitude(levels[best.band].flux)
    return f"{best.band}: {now:.2f} mag, usually {usual:.2f}" if now and usual else None
