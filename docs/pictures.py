"""Draws the pictures of docs/plots.md, from the simulator's light curves: ``python docs/pictures.py``."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from alertwatch import plots
from alertwatch.alert import Detection, ForcedPhotometry, LightCurve, NonDetection
from alertwatch.photometry import RELATIVE, flux, magnitude
from simulator import sky
from simulator.sources import ActiveNucleus, Periodic, Source, Supernova

FOLDER = Path(__file__).parent / "images"
NOISE = 5_500.0  # nJy: 5 sigma at 20.3 mag, as ZTF has it
STARTS = 61_000.0  # MJD


def pictures() -> Iterator[tuple[str, Figure]]:
    """Name and figure of each."""
    nova = Supernova("SN Ia", STARTS + 26, 18.1, 17.0, 0.05, 0.1, None)
    young = observed(nova, nights(80, 1.7), forced_from=STARTS + 5)
    yield "flux", plots.light_curve(young, kind="flux", days=None, title="ZTF25abcdefg")
    yield "cadence", plots.cadence(young, title="ZTF25abcdefg")
    nucleus = ActiveNucleus(18.3, 0.12, 200.0, 3, flare=1.1, flare_start=STARTS + 440)
    active = observed(nucleus, nights(720, 4.0), 18.3, nucleus.reference_colour, forced_from=STARTS)
    yield "apparent", plots.light_curve(active, kind="apparent", days=None, title="ZTF18hijklmn")
    star = Periodic("RR Lyrae", 16.4, 0.8, 0.3971386, STARTS)
    variable = observed(star, nights(300, 2.0), 16.4, star.reference_colour)
    folded = plots.light_curve(variable, kind="apparent", days=None, period=star.period, title="ZTF18opqrstu")
    yield "folded", folded
    yield "sky", plots.sky_map(matches())
    told = {
        "stamp_classifier": {"SN": 0.71, "AGN": 0.2, "VS": 0.05, "asteroid": 0.03, "bogus": 0.01},
        "lc_classifier 1.1.13": {"SNIa": 0.56, "SNIbc": 0.2, "SNII": 0.13, "SLSN": 0.07, "QSO": 0.04},
    }
    yield "classes", plots.class_probabilities(told, title="ZTF25abcdefg")


def nights(days: int, every: float) -> NDArray[np.float64]:
    """Times of visits: clouds and, in every year, five months behind the Sun."""
    rng = np.random.default_rng(5)
    when = STARTS + np.arange(0, days, every) + rng.normal(0, 0.06, len(np.arange(0, days, every)))
    there = (rng.random(len(when)) < 0.8) & ((when - STARTS) % 365 < 215)
    return np.asarray(when[there])


def observed(
    source: Source,
    when: NDArray[np.float64],
    reference: float | None = None,
    colour: float = 0.0,
    forced_from: float = np.inf,
) -> LightCurve:
    """What ZTF would have seen in g and r: detections above 5 sigma, else limits; forced photometry."""
    rng = np.random.default_rng(11)
    seen: list[Detection] = []
    limits: list[NonDetection] = []
    forced: list[ForcedPhotometry] = []
    for band, later, share in (("g", 0.0, 1.0), ("r", 0.03, 0.0)):  # share of the colour g − r
        mjd = when + later
        noise = NOISE * rng.lognormal(0, 0.3, len(mjd))
        measured = source.difference(mjd, np.full(len(mjd), "ugrizy".index(band))) + rng.normal(0, noise)
        mag_ref = None if reference is None else reference + share * colour
        for time, one, error in zip(mjd.tolist(), measured.tolist(), noise.tolist(), strict=True):
            if abs(one) > 5 * error:
                seen.append(detection(time, band, one, error, mag_ref))
            else:
                limits.append(NonDetection(mjd=time, band=band, limit=magnitude(5 * error) or 0.0))
            if time > forced_from:
                forced.append(ForcedPhotometry(mjd=time, band=band, flux=one, e_flux=error))
    by_time = attrgetter("mjd")
    return LightCurve(
        tuple(sorted(seen, key=by_time)), tuple(sorted(limits, key=by_time)), tuple(sorted(forced, key=by_time))
    )


def detection(mjd: float, band: str, one: float, error: float, mag_ref: float | None) -> Detection:
    """A detection of a difference flux [nJy]."""
    total = (flux(mag_ref) or 0.0) + one if mag_ref is not None else None
    return Detection(
        mjd=mjd, band=band, mag=magnitude(abs(one)), e_mag=error / abs(one) / RELATIVE, positive=one > 0,
        mag_corr=magnitude(total), e_mag_corr=error / total / RELATIVE if total else None, mag_ref=mag_ref,
        dist_ref=None if mag_ref is None else 0.2,
    )  # fmt: skip


def matches() -> pd.DataFrame:
    """Positions as of a month's matches: transients away from the Milky Way, stars in it."""
    rng = np.random.default_rng(2)
    rows = []
    for kind, number in {"SN": 90, "AGN": 60, "TDE": 8, "VS": 70, "asteroid": 30}.items():
        places = [place(kind, rng) for _ in range(2 * number)]
        rows += [(ra, dec, kind) for ra, dec in places if dec > -30][:number]  # what Palomar sees
    return pd.DataFrame(rows, columns=["ra", "dec", "class_name"])


def place(kind: str, rng: np.random.Generator) -> tuple[float, float]:
    """Somewhere on the sky where there are such sources, degrees."""
    if kind == "asteroid":
        return sky.near_ecliptic(rng, 150.0)
    return sky.near_plane(rng) if kind == "VS" else sky.away_from_plane(rng)


if __name__ == "__main__":
    for name, figure in pictures():
        (FOLDER / f"plots-{name}.png").write_bytes(plots.png(figure))
