"""ALeRCE's multisurvey API (https://api-lsst.alerce.online) for Rubin objects: paths, parameters, errors.

Times are MJD TAI, bands numbers, ids numbers above 2**53. It does not know non-detections of Rubin (an empty
list), answers 500 for an unknown object, empty lists for an unknown light curve, 404 for unknown
probabilities.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from alertwatch.times import to_tai
from simulator.api.answers import Query, fastapi_error
from simulator.api.catalogue import Catalogue, View
from simulator.api.ztf import opinion_rows
from simulator.sources import COLOUR_SHARE, flux

BAND = {0: 6, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
BAND_MAP = {"6": "u", "1": "g", "2": "r", "3": "i", "4": "z", "5": "y"}


def _asked(query: Query) -> str:
    """The object asked for; errors for a missing parameter or a foreign survey."""
    for name in ("oid", "survey_id"):
        if name not in query:
            missing = {"type": "missing", "loc": ["query", name], "msg": "Field required", "input": None}
            raise fastapi_error(422, [missing])
    survey = query["survey_id"][0]
    if survey not in {"ztf", "lsst"}:
        raise fastapi_error(400, f"Invalid survey ID '{survey}'. Allowed surveys are: ztf, lsst")
    return query["oid"][0]


def _number(query: Query, name: str, default: float) -> float:
    """A parameter that is a number; this API's 422 for one that is not."""
    try:
        return float(query.get(name, [default])[0])
    except ValueError as error:
        problem = {"type": "float_parsing", "loc": ["query", name], "msg": str(error), "input": query[name][0]}
        raise fastapi_error(422, [problem]) from error


def _view(catalogue: Catalogue, object_id: str) -> View | None:
    view = catalogue.view(object_id)
    return view if view is not None and not view.found.is_ztf else None


def one_object(catalogue: Catalogue, query: Query) -> dict[str, Any]:
    """``object_api/object``."""
    view = _view(catalogue, _asked(query))
    if view is None:
        raise fastapi_error(500, "An error occurred")
    row = object_row(view)
    if query.get("return_survey_extra", ["false"])[0].lower() == "true":
        found = view.found
        row |= {
            "validityStartMjdTai": row["firstmjd"],
            "ra": found.ra,
            "dec": found.dec,
            "firstDiaSourceMjdTai": row["firstmjd"],
            "lastDiaSourceMjdTai": row["lastmjd"],
            "nDiaSources": row["n_det"],
        }
    return row


def object_row(view: View) -> dict[str, Any]:
    """The object's row; a placeholder has one detection."""
    times = view.light_curve.visits.mjd[view.detections] if view.detections else np.array([view.first_alert])
    return {
        "oid": int(view.found.object_id),
        "tid": 1,
        "sid": 2 if view.found.known else 1,
        "meanra": view.found.ra,
        "meandec": view.found.dec,
        "sigmara": None,
        "sigmadec": None,
        "firstmjd": to_tai(float(times[0])),
        "lastmjd": to_tai(float(times[-1])),
        "deltamjd": float(times[-1] - times[0]),
        "n_det": len(times),
        "n_forced": len(view.rows(np.ones(len(view.light_curve.flux), dtype=bool))),
        "n_non_det": 0,
        "created_date": None,
        "updated_date": None,
    }


def detections(catalogue: Catalogue, query: Query) -> list[dict[str, Any]]:
    """``lightcurve_api/detections``."""
    view = _view(catalogue, _asked(query))
    return [_detection(view, row) for row in view.detections] if view else []


def non_detections(catalogue: Catalogue, query: Query) -> list[dict[str, Any]]:  # noqa: ARG001 - a handler
    """``lightcurve_api/non_detections``: none, for Rubin."""
    _asked(query)
    return []


def forced_photometry(catalogue: Catalogue, query: Query) -> list[dict[str, Any]]:
    """``lightcurve_api/forced-photometry``: every visit since the first detection."""
    view = _view(catalogue, _asked(query))
    if view is None or not view.detections:
        return []
    since = view.detections[0]
    return [_visit(view, row) for row in view.rows(np.arange(len(view.light_curve.flux)) >= since)]


def light_curve(catalogue: Catalogue, query: Query) -> dict[str, Any]:
    """``lightcurve_api/lightcurve``."""
    return {
        "detections": detections(catalogue, query),
        "non_detections": [],
        "forced_photometry": forced_photometry(catalogue, query),
    }


def probability(catalogue: Catalogue, query: Query) -> list[dict[str, Any]]:
    """``probability_api/probability``, of one ``classifier`` if asked for; versions are numbers here."""
    if "oid" not in query:
        missing = {"type": "missing", "loc": ["query", "oid"], "msg": "Field required", "input": None}
        raise fastapi_error(422, [missing])
    object_id = query["oid"][0]
    rows = opinion_rows(catalogue, object_id) if _view(catalogue, object_id) else []
    wanted = query.get("classifier")
    rows = [row for row in rows if not wanted or row["classifier_name"] == wanted[0]]
    if not rows:
        raise fastapi_error(404, "Probability not found for the given OID")
    return [row | {"classifier_version": int(row["classifier_version"].replace(".", ""))} for row in rows]


def list_objects(catalogue: Catalogue, query: Query) -> dict[str, Any]:
    """``object_api/list_objects``: by id, class and probability; ordered by probability; paged."""
    mode = query.get("order_mode", ["DESC"])[0]
    if mode not in {"DESC", "ASC"}:
        raise fastapi_error(422, {"search_filters": "Order can be only DESC or ASC."})
    page, size = max(1, int(_number(query, "page", 1))), int(_number(query, "page_size", 10))
    items = [item for view in catalogue.views() if (item := _item(catalogue, view, query)) is not None]
    items.sort(key=lambda item: item["probability"], reverse=mode == "DESC")
    shown, has_next = items[(page - 1) * size : page * size], len(items) > page * size
    return {
        "total": len(shown) + has_next,
        "next": page + 1 if has_next else None,
        "has_next": has_next,
        "prev": page - 1 if page > 1 else None,
        "has_prev": page > 1,
        "current_page": page,
        "items": shown,
        "info_message": None if shown else "Empty query",
    }


def _item(catalogue: Catalogue, view: View, query: Query) -> dict[str, Any] | None:
    object_id = view.found.object_id
    if view.found.is_ztf or object_id not in query.get("oid", [object_id]):
        return None
    ranking, least = _number(query, "ranking", 1), _number(query, "probability", 0)
    for row in opinion_rows(catalogue, object_id):
        name = query.get("class_name", [row["class_name"]])[0]
        if row["class_name"] == name and row["ranking"] == ranking and row["probability"] >= least:
            return object_row(view) | row
    return None


def _visit(view: View, row: int) -> dict[str, Any]:
    """What detections and forced photometry have in common."""
    found, curve = view.found, view.light_curve
    mjd, band = float(curve.visits.mjd[row]), int(curve.visits.band[row])
    total, total_error = _science(view, row)
    return {
        "oid": int(found.object_id),
        "survey_id": "lsst",
        "measurement_id": int(found.alert_id(mjd)),
        "mjd": to_tai(mjd),
        "ra": found.ra,
        "dec": found.dec,
        "band": BAND[band],
        "band_map": BAND_MAP,
        "visit": int(mjd * 1e5),
        "detector": found.index % 189,
        "psfFlux": float(curve.flux[row]),
        "psfFluxErr": float(curve.error[row]),
        "scienceFlux": total,
        "scienceFluxErr": total_error,
    }


def _science(view: View, row: int) -> tuple[float, float]:
    """Flux in the science image, difference and reference together, and its error."""
    curve, source = view.light_curve, view.found.source
    own, error = float(curve.flux[row]), float(curve.error[row])
    if source.reference is None:
        return own, error
    colour = source.reference_colour * float(COLOUR_SHARE[int(curve.visits.band[row])])
    return own + float(flux(source.reference + colour)), 1.2 * error


def _detection(view: View, row: int) -> dict[str, Any]:
    found, curve = view.found, view.light_curve
    known = found.known is not None
    return {
        **_visit(view, row),
        "parentDiaSourceId": -1,
        "diaObjectId": -1 if known else int(found.object_id),
        "ssObjectId": int(found.object_id) if known else None,
        "psfFlux_flag": 0,
        "psfFlux_flag_edge": 0,
        "psfFlux_flag_noGoodPixels": 0,
        "has_stamp": True,
        "x": 2000.5,
        "y": 1800.25,
        "isNegative": bool(curve.flux[row] < 0),
        "snr": abs(float(curve.flux[row])) / float(curve.error[row]),
        "extendedness": 0.0,
        "reliability": found.drb,
        "isDipole": False,
        "pixelFlags": False,
        "timeProcessedMjdTai": to_tai(float(curve.visits.mjd[row])) + 0.001,
    }
