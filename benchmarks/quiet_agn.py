"""How often agn_flare fires on AGN that do not flare, and how many flares on top of them it finds.

A toy population, since nobody labels quiet AGN: damped random walks of the magnitude (rms 0.15 mag within
0.25 dex, memory 200 d within 0.3 dex, after MacLeod et al. 2010), seen by ZTF's cadence, weather, seasons and
depth. The class is taken as known. Nothing was tuned on it.

    python -m benchmarks.quiet_agn [NUMBER]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from alertwatch import photometry, registry
from alertwatch.alert import Alert, Classification, Detection, NonDetection, Part
from alertwatch.filter import Filter, Result
from simulator import survey
from simulator.objects import BANDS
from simulator.score import Share
from simulator.sources import COLOUR_SHARE, ActiveNucleus, flux

NIGHT, DAYS = 61000, 1460
SEEN_FROM = NIGHT - DAYS + 440  # a year of baseline first
FLARE_MAG, FLARE_AT = 1.5, NIGHT - 500.0
KNOWN = (Classification(classifier="lc_classifier", probabilities={"AGN": 1.0}),)
TOLD = frozenset({Part.DETECTIONS, Part.NON_DETECTIONS})


def nucleus(rng: np.random.Generator, flare: float) -> ActiveNucleus:
    """One AGN of the population."""
    return ActiveNucleus(
        reference=float(rng.uniform(17.5, 19.5)),
        sigma=0.15 * 10 ** float(rng.normal(0, 0.25)),
        tau=200 * 10 ** float(rng.normal(0, 0.3)),
        seed=int(rng.integers(2**31)),
        flare=flare,
        flare_start=FLARE_AT,
    )


def alerts(source: ActiveNucleus, rng: np.random.Generator) -> Iterator[Alert]:
    """An alert for each detection after the first year, with its history."""
    ra, dec = float(rng.uniform(0, 360)), float(rng.uniform(0, 60))
    visits = survey.history(survey.ZTF, ra, dec, night=NIGHT, days=DAYS, seed=1, rng=rng)
    seen: list[Detection] = []
    unseen: list[NonDetection] = []
    difference = source.difference(visits.mjd, visits.band)
    for mjd, band, limit, model in zip(*visits, difference, strict=True):
        base = float(flux(source.reference + source.reference_colour * COLOUR_SHARE[band]))
        error = float(np.hypot(flux(limit) / 5, 0.02 * (base + model)))
        measured = float(model + error * rng.normal())
        name, error_mag = BANDS[band], photometry.magnitude(base + measured)
        if abs(measured) < 5 * error or error_mag is None:
            unseen.append(
                NonDetection(mjd=float(mjd), band=name, limit=float(limit), mag_ref=photometry.magnitude(base))
            )
            continue
        seen.append(_detection(float(mjd), name, base, measured, error))
        if mjd > SEEN_FROM:
            yield Alert(
                survey="ztf",
                stream="ztf_lc",
                object_id="quiet",
                alert_id=str(len(seen)),
                received=float(mjd),
                classifications=KNOWN,
                detections=tuple(d for d in seen if d.mjd > mjd - 440),
                non_detections=tuple(n for n in unseen if n.mjd > mjd - 440),
                parts=TOLD,
            )


def _detection(mjd: float, band: str, base: float, measured: float, error: float) -> Detection:
    return Detection(
        mjd=mjd,
        band=band,
        mag=photometry.magnitude(abs(measured)),
        positive=measured > 0,
        mag_corr=photometry.magnitude(base + measured),
        e_mag_corr=1.0857 * error / (base + measured),
        dubious=False,
        dist_ref=0.2,
    )


def episodes(filter_: Filter[Any], found: Iterator[Alert]) -> list[float]:
    """Starts of the times at which the filter fires, MJD: a hundred days without a match end one."""
    starts, last = [], -1e9
    for alert in found:
        if filter_.judge(alert).result is Result.MATCH:
            now = alert.received or 0.0
            if now - last > 100:
                starts.append(now)
            last = now
    return starts


def measure(brightening: float, number: int) -> str:
    """One line of the result."""
    settings = {"min_brightening": brightening}
    filter_ = registry.instance("agn_flare", registry.filters(), "agn_flare", settings)
    rng = np.random.default_rng(3)
    false = sum(len(episodes(filter_, alerts(nucleus(rng, 0.0), rng))) for _ in range(number))
    starts = [episodes(filter_, alerts(nucleus(rng, FLARE_MAG), rng)) for _ in range(number // 4)]
    hits = sum(any(FLARE_AT < start < FLARE_AT + 365 for start in found) for found in starts)
    years = number * (NIGHT - SEEN_FROM) / 365
    rate = f"{false} false flares in {years:.0f} AGN years ({false / years:.4f} a year)"
    found = f"flares of {FLARE_MAG} mag found within a year: {Share(hits, len(starts))}"
    return f"agn_flare at {brightening} mag: {rate}; {found}"


def main() -> None:
    """Print the result at two thresholds."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for brightening in (0.75, 1.0):
        print(measure(brightening, number), flush=True)


if __name__ == "__main__":
    main()
