"""ALeRCE's packet service (https://avro.alerce.online): ``get_avro_info`` by object and candid, as JSON.

The survey's own alert without its images: the detection with its neighbours (PS1, MPC, Gaia) and reference
source, 30 days of earlier detections and upper limits, forced photometry. ``candidate.candid`` is text,
``candid`` beside it a number above 2**53.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from alertwatch.photometry import ZERO_POINT
from alertwatch.times import MJD_OF_JD
from simulator.api.answers import Query, Refusal, flask_not_found
from simulator.api.catalogue import Catalogue
from simulator.api.photometry import FID, is_positive, measured, reference
from simulator.objects import SimObject, pid

HISTORY_DAYS = 30.0
COUNT_ZERO_POINT = 26.3  # magnitude of one count
UNKNOWN = -999.0


def get_avro_info(catalogue: Catalogue, query: Query) -> dict[str, Any]:
    """``get_avro_info?oid=…&candid=…``."""
    return packet(*one_of(catalogue, query))


def one_of(catalogue: Catalogue, query: Query) -> tuple[SimObject, float]:
    """The object and the time (MJD) of the alert that a request names; 400 or 404 when there is none."""
    if "candid" not in query:
        missing = {"candid": "Alert id Missing required parameter in the JSON body or the query string"}
        raise Refusal(400, {"errors": missing, "message": "Input payload validation failed"})
    known = catalogue.alert(query["candid"][0])
    if (
        known is None
        or not known[0].found.is_ztf
        or query.get("oid", [known[0].found.object_id])[0] != known[0].found.object_id
    ):
        raise flask_not_found("AVRO not found")
    return known[0].found, known[1]


def packet(found: SimObject, mjd: float) -> dict[str, Any]:
    """The alert packet of one of tonight's detections, images aside."""
    times = found.visits.mjd
    row = int(np.flatnonzero(times == mjd)[0])
    earlier = [int(i) for i in np.flatnonzero((times < mjd) & (times > mjd - HISTORY_DAYS))]
    return {
        "schemavsn": "4.02",
        "publisher": "ZTF (www.ztf.caltech.edu)",
        "objectId": found.object_id,
        "candid": int(found.alert_id(mjd)),
        "candidate": candidate(found, row),
        "prv_candidates": [_previous(found, i) for i in earlier] or None,
        "fp_hists": [_forced(found, i) for i in earlier] or None,
    }


def candidate(found: SimObject, row: int) -> dict[str, Any]:
    """The detection that the packet is about."""
    curve = found.light_curve
    seen = (np.abs(curve.flux) > 4 * curve.error) & (curve.visits.mjd <= curve.visits.mjd[row])
    times = curve.visits.mjd[seen]
    return {
        **_detection(found, row),
        "candid": found.alert_id(float(curve.visits.mjd[row])),
        "drbversion": "d6_m7",
        **neighbours(found),
        **minor_planet(found),
        **gaia(found),
        "ndethist": max(1, int(seen.sum())),
        "ncovhist": 2 * len(curve.flux),
        "jdstarthist": float(times[0]) + MJD_OF_JD,
        "jdendhist": float(times[-1]) + MJD_OF_JD,
        "rfid": 576120210,
        "jdstartref": 2458178.9,
        "jdendref": 2458341.7,
        "nframesref": 15,
        "nmatches": 900,
        "magzpsci": COUNT_ZERO_POINT,
        "exptime": 30.0,
    }


def _detection(found: SimObject, row: int) -> dict[str, Any]:
    """A detection, of now or before."""
    mag, _ = reference(found, row)
    return {
        "jd": float(found.visits.mjd[row]) + MJD_OF_JD,
        **measured(found, row),
        "programid": 1,
        "isdiffpos": "t" if is_positive(found, row) else "f",
        "rcid": found.index % 64,
        "field": 400 + found.index % 500,
        "magnr": mag,
        "sigmagnr": 0.03,
        "chinr": 1.0,
        "sharpnr": 0.01,
        "ranr": found.ra,
        "decnr": found.dec,
        "fwhm": 2.1,
        "elong": 1.05,
        "nneg": 0,
        "nbad": 0,
        "classtar": 0.98,
    }


def _previous(found: SimObject, row: int) -> dict[str, Any]:
    """An earlier detection, or the limit of a visit that did not see it."""
    mjd = float(found.visits.mjd[row])
    if found.light_curve.detected[row]:
        return {**_detection(found, row), "drb": None, "candid": int(found.alert_id(mjd))}
    return {
        "jd": mjd + MJD_OF_JD,
        "fid": FID[int(found.visits.band[row])],
        "pid": pid(mjd, found.index),
        "diffmaglim": float(found.visits.limit[row]),
        "programid": 1,
        "candid": None,
        "isdiffpos": None,
        "nid": int(mjd) - 57754,
        "magpsf": None,
        "sigmapsf": None,
        "magnr": None,
        "rbversion": "",
    }


def _forced(found: SimObject, row: int) -> dict[str, Any]:
    """Forced photometry of an earlier visit, in counts at the image's zero point."""
    mjd, scale = float(found.visits.mjd[row]), 10 ** (0.4 * (COUNT_ZERO_POINT - ZERO_POINT))
    mag, distance = reference(found, row)
    return {
        "field": 400 + found.index % 500,
        "rcid": found.index % 64,
        "fid": FID[int(found.visits.band[row])],
        "pid": pid(mjd, found.index),
        "rfid": 576120210,
        "magzpsci": COUNT_ZERO_POINT,
        "exptime": 30.0,
        "diffmaglim": float(found.visits.limit[row]),
        "programid": 1,
        "jd": mjd + MJD_OF_JD,
        "forcediffimflux": float(found.light_curve.flux[row]) * scale,
        "forcediffimfluxunc": float(found.light_curve.error[row]) * scale,
        "procstatus": "0",
        "distnr": distance,
        "ranr": found.ra,
        "decnr": found.dec,
        "magnr": mag,
    }


def neighbours(found: SimObject) -> dict[str, Any]:
    """The three nearest PS1 sources; -999 where there is none within 30 arcsec."""
    rng = np.random.default_rng([found.seed, found.index, 4])
    columns: dict[str, Any] = {"nmtchps": 3 if found.host else 0}
    for rank in (1, 2, 3):
        mag = found.host.mag if found.host else UNKNOWN
        values = {"sgmag": mag + 0.6, "srmag": mag, "simag": mag - 0.2, "szmag": mag - 0.3}
        distance = found.host.distance if found.host else UNKNOWN
        score = found.host.star_score if found.host else UNKNOWN
        if found.host and rank > 1:
            distance += 4.0 * rank + float(rng.exponential(3))
            score = float(rng.random())
        columns |= {f"{name}{rank}": float(value) if found.host else UNKNOWN for name, value in values.items()}
        columns |= {f"distpsnr{rank}": distance, f"sgscore{rank}": score}
        columns[f"objectidps{rank}"] = 100_000_000_000_000_000 + found.index * 10 + rank if found.host else None
    return columns


def minor_planet(found: SimObject) -> dict[str, Any]:
    """The nearest known solar-system object; -999 and "null" without one within 30 arcsec."""
    if found.known is None:
        return {"ssdistnr": UNKNOWN, "ssmagnr": UNKNOWN, "ssnamenr": "null"}
    return {"ssdistnr": 0.4, "ssmagnr": 19.0, "ssnamenr": found.known}


def gaia(found: SimObject) -> dict[str, Any]:
    """The nearest Gaia source (and none that is bright)."""
    near = found.host is not None and found.host.star_score > 0.5
    return {
        "neargaia": found.host.distance if near and found.host else 25.0,
        "neargaiabright": UNKNOWN,
        "maggaia": found.host.mag if near and found.host else 20.1,
        "maggaiabright": UNKNOWN,
    }
