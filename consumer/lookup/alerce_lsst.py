"""ALeRCE's multisurvey API for Rubin: https://api-lsst.alerce.online. Paths, fields, quirks.

Its ``mjd`` is LSST's midpointMjdTai; bands are numbers; an absent flux is 0 with error 0; an unknown object is
a 500 in the object API, and empty lists in the light-curve API. It has no non-detections of Rubin (forced
photometry tells them) and no neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from alertwatch.alert import Classification, Detection, ForcedPhotometry, ObjectSummary
from consumer.lookup.alerce_ztf import classifications
from consumer.lookup.http import About, ApiClient, readable
from consumer.readers import lsst_records
from consumer.readers.values import known

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
            sources = map(lsst_records.detection, map(_record, answer["detections"]))
            forced = map(lsst_records.forced_photometry, map(_record, answer.get("forced_photometry", ())))
            return LightCurve(
                tuple(sorted(known(sources), key=lambda d: d.mjd)),
                tuple(sorted(known(forced), key=lambda f: f.mjd)),
            )

    def object(self, about: About) -> ObjectSummary:
        """The object's row, with Rubin's own first detection. Here a 500 says that the object is not known."""
        row = self._get("object_api/object", about, missing=500, return_survey_extra="true")
        with readable("object", about):
            first, last = row.get("firstDiaSourceMjdTai") or row["firstmjd"], row["lastmjd"]
            return ObjectSummary(
                first_mjd=lsst_records.epoch(first), last_mjd=lsst_records.epoch(last), n_det=row.get("n_det")
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


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row under the names of LSST's own schema; an absent flux, here 0 with error 0, is absent again."""
    named = {"midpointMjdTai": row["mjd"], "band": BANDS[row["band"]], "diaSourceId": row["measurement_id"]}
    record = {**row, **named}
    for flux in ("psfFlux", "scienceFlux", "templateFlux"):
        if not row.get(f"{flux}Err"):
            record[flux] = record[f"{flux}Err"] = None
    return record
