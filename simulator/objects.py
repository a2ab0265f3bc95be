"""A simulated object: what it is, where, with which neighbours, and its light curve when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alertwatch.sky import galactic
from simulator.sources import ActiveNucleus, Floats, Source, Supernova, flux
from simulator.survey import ZTF, Survey, Visits, history

BANDS = "ugrizy"
CLASS_OF = {
    **dict.fromkeys(("SN Ia", "SN II", "SN Ibc", "SN IIn", "SLSN"), "SN"),
    **dict.fromkeys(("AGN", "QSO", "Blazar"), "AGN"),
    **dict.fromkeys(("RR Lyrae", "eclipsing binary", "LPV"), "VS"),
    **{kind: kind for kind in ("TDE", "CV", "asteroid", "bogus")},
}


class Neighbour(NamedTuple):
    """The nearest PS1 source: ``star_score`` 0 (galaxy) … 1 (star), ``distance`` in arcsec, r magnitude."""

    star_score: float
    distance: float
    mag: float


class LightCurve(NamedTuple):
    """All visits in time order. ``model`` is the noise-free difference flux, ``flux`` the measured one, nJy."""

    visits: Visits
    model: Floats
    flux: Floats
    error: Floats
    detected: NDArray[np.bool_]

    def first(self, since: float = 0.0) -> float | None:
        """Time of the first detection not before ``since``, MJD."""
        times = self.visits.mjd[self.detected & (self.visits.mjd >= since)]
        return float(times[0]) if len(times) else None


@dataclass(frozen=True, kw_only=True, eq=False)
class SimObject:
    """One object of the simulated sky.

    ``index`` numbers the objects of a night and seeds this one's noise. ``story`` says in one word why it is
    there ("new", "late", "old", …). ``called`` is the class that the stamp classifier will mostly put on top.
    ``must_show``: tonight's visits detect it, whatever the noise says. ``gap``: days without any visit before
    tonight. ``ancient``: time of an unrelated detection years ago, which is why its id is an old one. ``twin``:
    the same source as ZTF has it.
    """

    survey: Survey
    night: int
    seed: int
    index: int
    object_id: str
    kind: str
    story: str
    called: str
    ra: float
    dec: float
    source: Source
    tonight: Visits
    days: int
    host: Neighbour | None = None
    drb: float = 0.95
    known: str | None = None
    must_show: bool = False
    gap: int = 0
    ancient: float | None = None
    twin: SimObject | None = None

    @property
    def truth_class(self) -> str:
        """SN, TDE, AGN, VS, CV, asteroid or bogus."""
        return CLASS_OF[self.kind]

    @property
    def is_ztf(self) -> bool:
        """ZTF, not Rubin."""
        return self.survey is ZTF

    @property
    def latitude(self) -> float:
        """Galactic latitude, deg."""
        return galactic(self.ra, self.dec)[1]

    @cached_property
    def visits(self) -> Visits:
        """Every visit to its position, tonight's last."""
        rng = np.random.default_rng([self.seed, self.index, 1])
        past = history(
            self.survey, self.ra, self.dec, night=self.night, days=self.days, seed=self.seed, rng=rng
        )
        past = past.only(past.mjd < self.night - self.gap)
        if self.ancient is not None:
            past += Visits(np.array([self.ancient]), np.array([self.survey.bands[0]]), np.array([19.5]))
        return past + self.tonight

    @cached_property
    def light_curve(self) -> LightCurve:
        """What the survey measured of it up to the end of this night; the same every time."""
        rng = np.random.default_rng([self.seed, self.index, 2])
        mjd, band, limit = self.visits
        model = self.source.difference(mjd, band)
        error = np.hypot(flux(limit) / 5.0, 0.02 * np.abs(model))
        measured = model + error * rng.normal(0, 1, len(mjd))
        measured = np.where(self._shows(mjd, measured, error), measured, self._lifted(measured, error, rng))
        return LightCurve(self.visits, model, measured, error, np.abs(measured) >= 5 * error)

    def _shows(self, mjd: Floats, measured: Floats, error: Floats) -> NDArray[np.bool_]:
        """Rows that stay as they were measured."""
        wanted = np.isin(mjd, self.tonight.mjd) if self.must_show else np.zeros(len(mjd), dtype=bool)
        ancient = mjd == (self.ancient or 0.0)
        return np.asarray(~(wanted | ancient) | (np.abs(measured) > 5.2 * error))

    @staticmethod
    def _lifted(measured: Floats, error: Floats, rng: np.random.Generator) -> Floats:
        """Just above the detection limit, with the sign it had."""
        return np.where(measured < 0, -1.0, 1.0) * error * rng.uniform(5.3, 8.0, len(error))

    @cached_property
    def jitter(self) -> Floats:
        """Five normal deviates for each visit, for what the images add: shape (visits, 5)."""
        return np.random.default_rng([self.seed, self.index, 5]).normal(size=(len(self.visits.mjd), 5))

    @cached_property
    def alert_times(self) -> list[float]:
        """Times of tonight's detections, MJD: each is an alert."""
        if self.must_show:
            return [float(t) for t in self.tonight.mjd]
        curve = self.light_curve
        return [float(t) for t in curve.visits.mjd[curve.detected] if t >= self.night]

    def alert_id(self, mjd: float) -> str:
        """candid or diaSourceId of the detection at a time; unique in a night, above 2**53."""
        if not self.is_ztf:
            return str(int(mjd * 1e5) * 10**8 + self.index)
        return str(pid(mjd, self.index) * 10**6 + self.index % 64 * 1000 + self.index // 64 % 1000)

    @property
    def start(self) -> float | None:
        """When the event began: explosion of a supernova, onset of an AGN's flare (``None``: no event)."""
        if isinstance(self.source, Supernova):
            return self.source.explosion
        if isinstance(self.source, ActiveNucleus):
            return self.source.flare_start if self.source.flare else None
        return getattr(self.source, "start", None)


def pid(mjd: float, index: int) -> int:
    """ZTF's processing id: night number, fraction of the day, quadrant."""
    fraction = int((mjd % 1) * 1e5)
    return (int(mjd) - 57754) * 10**9 + fraction * 10**4 + 1000 + index % 64
