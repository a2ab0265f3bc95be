"""ALeRCE's multisurvey API for Rubin: https://api-lsst.alerce.online. Paths, fields, quirks.

Its ``mjd`` is LSST's midpointMjdTai; bands are numbers; an absent flux is 0 with error 0; an unknown object is
a 500 in the object API, and empty lists in the light-curve API. It has no non-detections of Rubin (forced
photometry tells them) and no neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from alertwatch import times
from alertwatch.alert import Classification, Detection, ForcedPhotometry, ObjectSummary
from consumer.lookup.alerce_ztf import classifications
from consumer.lookup.http import About, ApiClient, readable
from consumer.readers.values import ab_error, ab_magnitude, finite, number

BANDS = {1: "g", 2: "r", 3: "i", 4: "z", 5: "y", 6: "u"}


class LightCurve(NamedTuple):
    """Detections and forced photometry of an object, in order of time."""

    detections: tuple[Detection, ...]
    forced_photometry: tuple[ForcedPhotometry, ...]


class AlerceLsst:
    """What can be asked about a Rubin object; every method raises as `ApiClient.get` does."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api

    def light_curve(self, about: About) -> LightCurve:
        """All its detections and forced photometry; both empty where the object is not known."""
        answer = self._get("lightcurve_api/lightcurve", about)
        with readable("light curve", about):
            detections = sorted(map(_detection, answer["detections"]), key=lambda d: d.mjd)
            forced = [_forced(row) for row in answer.get("forced_photometry", ())]
            return LightCurve(tuple(detections), tuple(sorted(forced, key=lambda f: f.mjd)))

    def object(self, about: About) -> ObjectSummary:
        """The object's own row. A 500 is how this path says that it does not know the object."""
        row = self._get("object_api/object", about, missing=500, return_survey_extra="true")
        with readable("object", about):
            return ObjectSummary(
                first_mjd=_utc(row["firstmjd"]),
                last_mjd=_utc(row["lastmjd"]),
                n_det=row.get("n_det"),
                first_hist_mjd=_utc(row.get("firstDiaSourceMjdTai")),
                n_hist=row.get("nDiaSources"),
            )

    def classifications(self, about: About) -> tuple[Classification, ...]:
        """What each classifier says of the object now."""
        rows = self._get("probability_api/probability", about)
        with readable("probabilities", about):
            return classifications(rows)

    def _get(self, path: str, about: About, *, missing: int = 404, **params: str) -> Any:
        return self.api.get(
            path, {"oid": about.object_id, "survey_id": "lsst", **params}, about, missing=missing
        )


def _utc(mjd_tai: Any) -> float | None:
    mjd = number(mjd_tai)
    return times.from_tai(mjd) if mjd else None


def _fluxes(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    flux, error = finite(row.get("psfFlux")), finite(row.get("psfFluxErr"))
    return (flux, error) if error else (None, None)


def _detection(row: Mapping[str, Any]) -> Detection:
    flux, e_flux = _fluxes(row)
    negative = row.get("isNegative")
    if negative is None and flux is not None:
        negative = flux < 0
    size = None if flux is None else abs(flux)
    return Detection(
        mjd=times.from_tai(float(row["mjd"])),
        band=BANDS[row["band"]],
        alert_id=str(row["measurement_id"]),
        ra=number(row.get("ra")),
        dec=number(row.get("dec")),
        mag=ab_magnitude(size),
        e_mag=ab_error(size, e_flux),
        positive=None if negative is None else not negative,
        flux=flux,
        e_flux=e_flux,
        real_bogus=number(row.get("reliability")),
        snr=number(row.get("snr")),
    )


def _forced(row: Mapping[str, Any]) -> ForcedPhotometry:
    return ForcedPhotometry(
        mjd=times.from_tai(float(row["mjd"])),
        band=BANDS[row["band"]],
        flux=float(row["psfFlux"]),
        e_flux=_fluxes(row)[1],
    )
