"""Draws the objects of a night: supernovae by what is known of their rates, and everything that is not one.

`Population` holds the random state and hands out object ids; each method draws one object of one kind that
sends an alert tonight. What must come out of the physics (when a supernova was first detected) is drawn
until it does; nothing is written into a light curve by hand, except that dull objects do show tonight.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from itertools import count

import numpy as np

from alertwatch.sky import galactic
from simulator import sky
from simulator.objects import Neighbour, SimObject
from simulator.sources import (
    SHAPES,
    ActiveNucleus,
    Moment,
    Outburst,
    Periodic,
    Source,
    Supernova,
    TidalDisruption,
)
from simulator.stories import is_flaring, is_positive, is_story
from simulator.survey import ZTF, Survey, Visits, tonight

Condition = Callable[[SimObject], bool]
LETTERS = string.ascii_lowercase


class Population:
    """Draws objects of one survey on one night (an integer MJD)."""

    def __init__(self, survey: Survey, night: int, year: int, seed: int, numbers: count[int]) -> None:
        self.survey, self.night, self.year, self.seed, self.numbers = survey, night, year, seed, numbers
        self.rng = np.random.default_rng([seed, night, len(survey.name)])

    # -- what every object needs -----------------------------------------------------------------------

    def place(self, draw: Callable[[], tuple[float, float]]) -> tuple[float, float]:
        """A position from ``draw`` that the survey can look at tonight."""
        while True:
            ra, dec = draw()
            if self.survey.observable(ra, dec, self.night):
                return ra, dec

    def object_id(self, index: int, age_years: int = 0) -> str:
        """A ZTF name of the year of its first alert, or a Rubin diaObjectId (above 2**53)."""
        if self.survey is not ZTF:
            return str(313_000_000_000_000_000 + self.night * 10**9 + index * 97)
        year, number, letters = self.year - age_years, index + 11_881_376, ""
        for _ in range(7):
            number, digit = divmod(number, 26)
            letters = LETTERS[digit] + letters
        return f"ZTF{max(year, 2018) % 100:02d}{letters}"

    def make(
        self,
        kind: str,
        story: str,
        source: Callable[[Visits], Source],
        at: Callable[[], tuple[float, float]],
        *,
        called: str,
        days: int = 90,
        age_years: int = 0,
        visits: int = 2,
        host: Neighbour | None = None,
        drb: float = 0.95,
        known: str | None = None,
        must_show: bool = False,
        gap: int = 0,
        ancient: bool = False,
    ) -> SimObject:
        """Put an object together; ``source`` gets tonight's visits to aim at them."""
        index = next(self.numbers)
        ra, dec = self.place(at)
        seen = tonight(self.survey, ra, self.night, self.rng)
        seen = seen.only(np.arange(len(seen.mjd)) < visits)
        return SimObject(
            survey=self.survey,
            night=self.night,
            seed=self.seed,
            index=index,
            object_id=self.object_id(index, age_years),
            kind=kind,
            story=story,
            called=called,
            ra=ra,
            dec=dec,
            source=source(seen),
            tonight=seen,
            days=days,
            host=host,
            drb=drb,
            known=known,
            must_show=must_show,
            gap=gap,
            ancient=self.night - 365.25 * age_years - 40.3 if ancient else None,
        )

    @staticmethod
    def until(draw: Callable[[], SimObject], condition: Condition, tries: int = 3000) -> SimObject:
        """Draw until the object is as wanted."""
        for _ in range(tries):
            if condition(found := draw()):
                return found
        raise RuntimeError(f"no object as wanted in {tries} draws")

    # -- transients ------------------------------------------------------------------------------------

    def supernova(self, story: str, called: str = "SN", recycled: bool = False) -> SimObject:
        """A supernova: "new" tonight, "recent" (1 to 5 days), "late" (after a gap, past peak) or "old"."""
        span = {"new": (1, 35), "recent": (2, 40), "late": (25, 70), "old": (10, 120)}[story]
        gap = int(self.rng.integers(28, 75)) if story == "late" else 0

        def draw() -> SimObject:
            position = self.place(lambda: sky.anywhere(self.rng))
            dust = sky.extinction(galactic(*position)[1])
            source, host = self._supernova(self.night + 0.3 - self.rng.uniform(*span), dust)
            return self.make(
                source.kind,
                story,
                lambda _: source,
                lambda: position,
                called=called,
                days=150,
                host=host,
                drb=float(self.rng.uniform(0.7, 1.0)),
                gap=gap,
                age_years=int(self.rng.integers(2, 7)) if recycled else 0,
                ancient=recycled,
            )

        return self.until(draw, lambda found: is_story(found, story))

    def _supernova(self, explosion: float, dust: float) -> tuple[Supernova, Neighbour | None]:
        """By the shares of a magnitude-limited sample; counts grow as 10**(0.6 m) at the peak, before dust."""
        rng = self.rng
        kind = str(rng.choice(list(SHAPES), p=[s.share for s in SHAPES.values()]))
        shape = SHAPES[kind]
        faintest = self.survey.depth[2] + 0.3
        peak_mag = faintest + np.log10(rng.uniform(10 ** (0.6 * -4.5), 1)) / 0.6
        redshift = redshift_at(peak_mag - rng.normal(*shape.absolute))
        host = self.galaxy(redshift)
        near = host is not None and host.distance < 1.4
        source = Supernova(
            kind=kind,
            explosion=explosion,
            peak_mag=float(peak_mag),
            rise=max(4.0, float(rng.normal(*shape.rise))),
            redshift=redshift,
            extinction=dust + float(rng.exponential(0.15)),
            reference=host.mag if near and host else None,
        )
        return source, host

    def galaxy(self, redshift: float) -> Neighbour | None:
        """The host: nearer to the transient on the sky the farther away; one in ten is too faint for PS1."""
        if self.rng.random() < 0.1:
            return None
        distance = float(self.rng.gamma(1.5, 2.2) * min(2.0, 0.05 / max(redshift, 0.01)))
        mag = 17.8 + 5 * np.log10(max(redshift, 0.005) / 0.05) + self.rng.normal(0, 0.9)
        return Neighbour(min(0.49, float(self.rng.beta(1, 8))), distance, float(np.clip(mag, 13, 22)))

    def disruption(self, story: str, called: str = "SN") -> SimObject:
        """A tidal disruption event at the very centre of a galaxy: "new" or "old"."""

        def draw() -> SimObject:
            rng = self.rng
            start = self.night - rng.uniform(*((1, 30) if story == "new" else (30, 150)))
            mag, rise = float(rng.uniform(17.5, 20) + self._deeper()), float(rng.uniform(18, 40))
            host = Neighbour(min(0.49, float(rng.beta(1, 6))), float(rng.uniform(0.05, 0.5)), mag - 0.5)
            source = TidalDisruption(float(start), mag, rise, host.mag)
            return self.make("TDE", story, lambda _: source, self._galaxies, called=called, days=220, host=host)

        return self.until(draw, lambda found: is_story(found, story))

    def cataclysmic(self, called: str = "SN", recycled: bool = False) -> SimObject:
        """A dwarf nova in outburst near the galactic plane; often its id is years old."""

        def draw() -> SimObject:
            rng = self.rng
            peak, plateau = float(rng.uniform(15.5, 19.5) + self._deeper()), float(rng.uniform(2, 9))
            source = Outburst(self.night - float(rng.uniform(-0.1, 1.5)), peak, plateau, None)
            return self.make(
                "CV",
                "new",
                lambda _: source,
                lambda: sky.near_plane(rng, 6.0),
                called=called,
                host=Neighbour(float(rng.uniform(0.6, 1)), float(rng.uniform(1.2, 6)), 21.0),
                age_years=int(rng.integers(3, 8)) if recycled else 0,
                ancient=recycled,
            )

        return self.until(draw, lambda found: is_story(found, "new"))

    # -- nuclei ----------------------------------------------------------------------------------------

    def nucleus(self, story: str, called: str = "AGN") -> SimObject:
        """An AGN: "old" (alerts for years), "new" (first alert tonight, a mild rise) or "flare" (one is on)."""

        def draw() -> SimObject:
            rng = self.rng
            quiet = story == "new"
            flare = float(rng.uniform(*{"old": (0, 0), "new": (0.3, 0.65), "flare": (0.9, 2.5)}[story]))
            source = ActiveNucleus(
                reference=float(rng.uniform(*((18.3, 19.8) if quiet else (17.0, 19.6))) + self._deeper()),
                sigma=float(0.03 if quiet else rng.uniform(0.08, 0.22)),
                tau=float(rng.uniform(80, 400)),
                seed=int(rng.integers(2**62)),
                flare=flare,
                flare_start=self.night - float(rng.uniform(2, 25) if quiet else rng.uniform(5, 200)),
                flare_rise=float(rng.uniform(15, 60)),
                flare_fall=float(rng.uniform(60, 250)),
            )
            kind = str(rng.choice(["AGN", "QSO", "Blazar"], p=[0.45, 0.45, 0.10]))
            return self.make(
                kind,
                story,
                lambda _: source,
                self._galaxies,
                called=called,
                days=120 if quiet else 800,
                age_years=0 if quiet else int(rng.integers(2, 8)),
                host=Neighbour(
                    float(rng.uniform(0, 0.45 if quiet else 0.9)),
                    float(rng.uniform(0.02, 0.4)),
                    source.reference,
                ),
                must_show=not quiet,
            )

        wanted: dict[str, Condition] = {
            "old": lambda _: True,
            "new": lambda found: is_story(found, "new") and is_positive(found),
            "flare": is_flaring,
        }
        return self.until(draw, wanted[story])

    # -- stars, asteroids, artefacts -------------------------------------------------------------------

    def variable(self, called: str = "VS") -> SimObject:
        """A variable star that has sent alerts for years."""
        rng = self.rng
        kind = str(rng.choice(["RR Lyrae", "eclipsing binary", "LPV"], p=[0.45, 0.35, 0.20]))
        amplitude, period = {
            "RR Lyrae": (rng.uniform(0.4, 1.1), rng.uniform(0.3, 0.75)),
            "eclipsing binary": (rng.uniform(0.3, 1.0), rng.uniform(0.25, 4.0)),
            "LPV": (rng.uniform(1.0, 3.0), rng.uniform(120, 500)),
        }[kind]
        mag = float(rng.uniform(14.5, 19.0) + self._deeper())
        source = Periodic(kind, mag, float(amplitude), float(period), self.night - float(rng.uniform(0, 500)))
        return self.make(
            kind,
            "old",
            lambda _: source,
            lambda: sky.near_plane(rng),
            called=called,
            days=500,
            age_years=int(rng.integers(1, 8)),
            visits=int(rng.integers(1, 3)),
            host=Neighbour(float(rng.uniform(0.7, 1)), float(rng.uniform(0.02, 0.4)), mag),
            must_show=True,
        )

    def asteroid(self, known: bool, called: str = "asteroid") -> SimObject:
        """A single detection near the ecliptic; ``known``: in the Minor Planet Center's list."""
        rng = self.rng
        opposition = sky.angles(sky.TO_ECLIPTIC @ sky.sun_vector(self.night))[0] + 180.0
        mag = float(rng.uniform(17, 20.3) + self._deeper())
        return self.make(
            "asteroid",
            "new",
            lambda seen: Moment(float(seen.mjd[0]), mag, None),
            lambda: sky.near_ecliptic(rng, opposition),
            called=called,
            visits=1,
            known=str(rng.integers(1000, 900_000)) if known else None,
            must_show=True,
        )

    def artefact(self, called: str = "bogus") -> SimObject:
        """A bad subtraction, mostly next to a star: low real-bogus score, either sign."""
        rng = self.rng
        mag, sign = float(rng.uniform(17, 20) + self._deeper()), 1.0 if called == "SN" else rng.choice([-1, 1])
        star = Neighbour(float(rng.uniform(0.6, 1)), float(rng.uniform(1.1, 8)), float(rng.uniform(12, 17)))
        return self.make(
            "bogus",
            "new",
            lambda seen: Moment(float(seen.mjd[0]), mag, None, float(sign)),
            lambda: sky.near_plane(rng, 35.0),
            called=called,
            visits=1,
            age_years=int(rng.integers(1, 8)) if rng.random() < 0.3 else 0,
            host=star,
            drb=float(rng.beta(1.2, 6) * 0.49),
            must_show=True,
        )

    def _galaxies(self) -> tuple[float, float]:
        return sky.away_from_plane(self.rng)

    def _deeper(self) -> float:
        """Rubin sees the same kinds of things, fainter."""
        return 0.0 if self.survey is ZTF else 2.5


def redshift_at(modulus: float) -> float:
    """Redshift at a distance modulus, mag (70 km/s/Mpc, to second order)."""
    hubble = 10 ** (modulus / 5 - 5) * 70 / 299_792.458
    return float(max(0.001, hubble * (1 - 0.4 * min(hubble, 1.0))))
