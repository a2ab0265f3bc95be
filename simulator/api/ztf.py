"""ALeRCE's REST API, version 1 (https://api.alerce.online/ztf/v1): paths, parameters, paging, errors, quirks.

Nulls are left out of light curves (not of objects), candid and ndethist are strings, parent_candid is a
number above 2**53, ``next`` and ``has_next`` are only right when ``count`` was asked for.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Any

import numpy as np

from alertwatch.sky import separation
from simulator.api.answers import Query, flask_not_found, parsed
from simulator.api.catalogue import Catalogue, View
from simulator.api.photometry import is_corrected, is_positive, measured, total
from simulator.classifiers import LC_TREE
from simulator.features import features
from simulator.wire import STAMP_CLASSES

STEP, PLACEHOLDER = "27.5.6", "0.0.0"
CLASSIFIERS = {
    "stamp_classifier": ("stamp_classifier_1.0.4", list(STAMP_CLASSES)),
    "lc_classifier": ("lc_classifier_1.1.13", [name for leaves in LC_TREE.values() for name in leaves]),
}


def known(catalogue: Catalogue, object_id: str) -> View:
    """The ZTF object as it is known now; 404 if it is not."""
    view = catalogue.view(object_id)
    if view is None or not view.found.is_ztf:
        raise flask_not_found()
    return view


def one_object(catalogue: Catalogue, query: Query, object_id: str) -> dict[str, Any]:  # noqa: ARG001 - a handler
    """``objects/{oid}``."""
    view = catalogue.view(object_id)
    if view is None or not view.found.is_ztf:
        raise flask_not_found("Object not found")
    return object_row(view)


def object_row(view: View) -> dict[str, Any]:
    """The object's row: of a placeholder, all that the classification step had put in."""
    found, curve = view.found, view.light_curve
    times = curve.visits.mjd[view.detections] if view.detections else np.array([view.first_alert])
    positive = {is_positive(found, row) for row in view.detections}
    return {
        "oid": found.object_id,
        "ndethist": str(max(1, len(view.rows(np.abs(curve.flux) > 4 * curve.error)))),
        "ncovhist": 2 * len(curve.flux),
        "mjdstarthist": float(times[0]),
        "mjdendhist": float(times[-1]),
        "corrected": all(is_corrected(found, row) for row in view.detections[:1]),
        "stellar": found.host is not None and found.host.star_score > 0.4 and found.host.distance < 1.4,
        "ndet": len(times),
        "g_r_max": None,
        "g_r_max_corr": None,
        "g_r_mean": None,
        "g_r_mean_corr": None,
        "firstmjd": float(times[0]),
        "lastmjd": float(times[-1]),
        "deltajd": float(times[-1] - times[0]),
        "meanra": found.ra,
        "meandec": found.dec,
        "sigmara": 0.08,
        "sigmadec": 0.08,
        "diffpos": True in positive if positive else None,
        "step_id_corr": STEP if view.until is not None else PLACEHOLDER,
    }


def detections(catalogue: Catalogue, query: Query, object_id: str) -> list[dict[str, Any]]:  # noqa: ARG001
    """``objects/{oid}/detections``."""
    view = known(catalogue, object_id)
    return [detection_row(view, row) for row in view.detections]


def detection_row(view: View, row: int) -> dict[str, Any]:
    """One detection; one in ten of the earlier ones is known from a later packet only (``parent_candid``)."""
    found, mjd = view.found, float(view.found.visits.mjd[row])
    from_later = mjd < found.night and row % 10 == 3
    corrected = total(found, row)
    values = {
        "tid": "ztf",
        "mjd": mjd,
        "candid": found.alert_id(mjd),
        **measured(found, row),
        "isdiffpos": 1 if is_positive(found, row) else -1,
        "magpsf_corr": corrected[0] if corrected else None,
        "sigmapsf_corr": corrected[1] if corrected else None,
        "sigmapsf_corr_ext": corrected[2] if corrected else None,
        "rfid": 576120210,
        "has_stamp": not from_later,
        "corrected": corrected is not None,
        "dubious": corrected is None and is_corrected(found, row),
        "step_id_corr": STEP,
        "phase": 0.0,
        "parent_candid": int(found.alert_id(found.alert_times[0])) if from_later else None,
    }
    if from_later:
        values["drb"] = None
    return {key: value for key, value in values.items() if value is not None}


def non_detections(catalogue: Catalogue, query: Query, object_id: str) -> list[dict[str, Any]]:  # noqa: ARG001
    """``objects/{oid}/non_detections``."""
    return _limits(known(catalogue, object_id))


def _limits(view: View) -> list[dict[str, Any]]:
    mjd, band, limit = view.found.visits
    return [
        {"tid": "ztf", "mjd": float(mjd[i]), "fid": int(band[i]), "diffmaglim": float(limit[i])}
        for i in view.non_detections
    ]


def light_curve(catalogue: Catalogue, query: Query, object_id: str) -> dict[str, Any]:  # noqa: ARG001
    """``objects/{oid}/lightcurve``."""
    view = known(catalogue, object_id)
    return {
        "detections": [detection_row(view, row) for row in view.detections],
        "non_detections": _limits(view),
    }


def magstats(catalogue: Catalogue, query: Query, object_id: str) -> list[dict[str, Any]]:  # noqa: ARG001
    """``objects/{oid}/magstats``: one row per band."""
    view = known(catalogue, object_id)
    rows = [detection_row(view, row) for row in view.detections]
    return [_magstat([d for d in rows if d["fid"] == fid]) for fid in sorted({d["fid"] for d in rows})]


def _magstat(rows: list[dict[str, Any]]) -> dict[str, Any]:
    mags = np.array([d["magpsf"] for d in rows])
    return {
        "fid": rows[0]["fid"],
        "stellar": False,
        "corrected": rows[0]["corrected"],
        "ndet": len(rows),
        "ndubious": sum(d["dubious"] for d in rows),
        "magmean": float(mags.mean()),
        "magmedian": float(np.median(mags)),
        "magmax": float(mags.max()),
        "magmin": float(mags.min()),
        "magsigma": float(mags.std(ddof=1)) if len(mags) > 1 else None,
        "maglast": float(mags[-1]),
        "magfirst": float(mags[0]),
        "firstmjd": rows[0]["mjd"],
        "lastmjd": rows[-1]["mjd"],
        "step_id_corr": STEP,
    }


def probabilities(catalogue: Catalogue, query: Query, object_id: str) -> list[dict[str, Any]]:
    """``objects/{oid}/probabilities``, of one ``classifier`` or one ``classifier_version`` if asked for."""
    known(catalogue, object_id)
    rows = opinion_rows(catalogue, object_id)
    for name, column in (("classifier", "classifier_name"), ("classifier_version", "classifier_version")):
        if name in query:
            rows = [row for row in rows if row[column] == query[name][0]]
    return rows


def opinion_rows(catalogue: Catalogue, object_id: str) -> list[dict[str, Any]]:
    """Every classifier's probabilities of an object, ranked."""
    rows = []
    for classifier, version, values in catalogue.night.opinions.get(object_id, {}).values():
        ranking = sorted(values, key=lambda name: -values[name])
        rows += [
            {
                "classifier_name": classifier,
                "classifier_version": version,
                "class_name": name,
                "probability": probability,
                "ranking": ranking.index(name) + 1,
            }
            for name, probability in values.items()
        ]
    return rows


def feature_rows(catalogue: Catalogue, query: Query, object_id: str) -> list[dict[str, Any]]:
    """``objects/{oid}/features``, of one ``fid`` if asked for; only objects with a late classification."""
    found = known(catalogue, object_id).found
    if "lc_classifier" not in catalogue.night.opinions.get(object_id, {}):
        return []
    rows = []
    for name, value in features(found).items():
        stem, _, suffix = name.rpartition("_")
        fid = int(suffix) if stem and suffix in {"1", "2", "12"} else 0
        rows.append({"name": stem if fid else name, "value": value, "fid": fid, "version": STEP})
    wanted = parsed(query, "fid", int)
    return [row for row in rows if not wanted or row["fid"] in wanted]


def classifiers(catalogue: Catalogue, query: Query) -> list[dict[str, Any]]:  # noqa: ARG001 - a handler
    """``classifiers/``."""
    return [
        {"classifier_name": name, "classifier_version": version, "classes": classes}
        for name, (version, classes) in CLASSIFIERS.items()
    ]


# -- the list of objects ------------------------------------------------------------------------------------


def list_objects(catalogue: Catalogue, query: Query) -> dict[str, Any]:
    """``objects/``: filtered by id, class, cone, detections and dates; ordered; paged."""
    page, size = max(1, _first(query, "page", 1)), _first(query, "page_size", 10)
    count = query.get("count", ["false"])[0].lower() in {"yes", "true", "t", "y", "1"}
    items = list(_matching(catalogue, query))
    column, mode = query.get("order_by", ["oid"])[0], query.get("order_mode", ["ASC"])[0]
    items.sort(key=lambda item: (item.get(column) is None, item.get(column)), reverse=mode == "DESC")
    has_next = count and page * size < len(items)
    return {
        "total": len(items) if count else None,
        "page": None,
        "next": page + 1 if has_next else None,
        "has_next": has_next,
        "prev": page - 1 if page > 1 else None,
        "has_prev": page > 1,
        "items": items[(page - 1) * size : page * size],
    }


def _matching(catalogue: Catalogue, query: Query) -> Iterable[dict[str, Any]]:
    oids = query.get("oid", [])
    for view in catalogue.views():
        if (
            not view.found.is_ztf
            or (oids and not _named(view.found.object_id, oids))
            or not _in_cone(view, query)
        ):
            continue
        opinion = _opinion(catalogue, view, query)
        if opinion is None:
            continue
        row = object_row(view) | opinion
        if all(_between(row[name], parsed(query, name, float)) for name in ("ndet", "firstmjd", "lastmjd")):
            yield row


def _opinion(catalogue: Catalogue, view: View, query: Query) -> dict[str, Any] | None:
    """The classification that the list shows beside an object; ``None`` if it is not the one asked for."""
    asked = {"classifier": "classifier_name", "classifier_version": "classifier_version", "class": "class_name"}
    wanted = {column: query[name][0] for name, column in asked.items() if name in query}
    ranking, least = _first(query, "ranking", 1), next(iter(parsed(query, "probability", float)), 0.0)
    for row in opinion_rows(catalogue, view.found.object_id):
        fits = all(row[column] == value for column, value in wanted.items())
        if fits and row["ranking"] == ranking and row["probability"] >= least:
            return {
                "class": row["class_name"],
                "classifier": row["classifier_name"],
                "probability": row["probability"],
            }
    return None


def _named(object_id: str, oids: list[str]) -> bool:
    return object_id in oids or (len(oids) == 1 and fnmatch.fnmatchcase(object_id, oids[0]))


def _in_cone(view: View, query: Query) -> bool:
    """Within ``radius`` arcsec (30 unless given) of ``ra``, ``dec``, if these are given."""
    ra, dec = parsed(query, "ra", float), parsed(query, "dec", float)
    if not ra or not dec:
        return True
    radius = next(iter(parsed(query, "radius", float)), 30.0)
    return separation(view.found.ra, view.found.dec, ra[0], dec[0]) <= radius


def _between(value: float, bounds: list[float]) -> bool:
    return (not bounds or value >= bounds[0]) and (len(bounds) < 2 or value <= bounds[1])


def _first(query: Query, name: str, default: int) -> int:
    return next(iter(parsed(query, name, int)), default)
