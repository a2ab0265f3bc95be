"""What a survey's record means, spelled out a second time and plainly, to hold the readers against.

``ztf(record)`` and ``lsst(record)`` take what fastavro's full reader gives and return the alert as builtins.
"""

from __future__ import annotations

import math
from typing import Any

Record = dict[str, Any]

TAI = 37 / 86400


def ztf(record: Record, stream: str = "ztf_packet") -> Record:
    candidate = record["candidate"]
    history = [p for p in record.get("prv_candidates") or [] if p["candid"] != candidate["candid"]]
    detections = [ztf_detection(p) for p in history if p["candid"] is not None] + [ztf_detection(candidate)]
    in_history = candidate["jd"] - candidate["jdstarthist"] <= 30 if candidate.get("jdstarthist") else False
    parts = ["crossmatches", "detections", "non_detections", "object"]
    return {
        "survey": "ztf",
        "stream": stream,
        "object_id": str(record["objectId"] if "objectId" in record else record["alertId"]),
        "alert_id": str(candidate["candid"]),
        "mjd": candidate["jd"] - 2400000.5,
        "ra": candidate["ra"],
        "dec": candidate["dec"],
        "solar_system": None if candidate["ssdistnr"] is None else candidate["ssdistnr"] != -999,
        "detections": detections,
        "non_detections": [
            {
                "mjd": p["jd"] - 2400000.5,
                "band": "?gri"[p["fid"]],
                "limit": p["diffmaglim"],
                "mag_ref": p.get("magnr"),
            }
            for p in history
            if p["candid"] is None and p["diffmaglim"] is not None
        ],
        "forced_photometry": [
            ztf_forced(f) for f in record.get("fp_hists") or [] if f["forcediffimflux"] not in (None, -99999)
        ],
        "crossmatches": ztf_crossmatches(candidate),
        "summary": {
            "first_mjd": min(d["mjd"] for d in detections) if in_history else None,
            "last_mjd": candidate["jd"] - 2400000.5,
            "first_hist_mjd": candidate["jdstarthist"] - 2400000.5 if candidate.get("jdstarthist") else None,
            "n_hist": candidate.get("ndethist"),
            "n_det": None,
            "corrected": None,
            "stellar": None,
        },
        "parts": sorted([*parts, "forced_photometry"] if "fp_hists" in record else parts),
        "received": None,
        "classifications": [],
        "features": {},
    }


def ztf_detection(c: Record) -> Record:
    def given(key: str) -> float | None:
        value = c.get(key)
        return None if value is None or value == -999 else value

    positive = c["isdiffpos"] in ("t", "1", 1)
    corrected = e_corrected = None
    if given("distnr") is not None and given("magnr") is not None and c["distnr"] < 1.4:
        reference, difference = 10 ** (-c["magnr"] / 2.5), 10 ** (-c["magpsf"] / 2.5)
        total = reference + difference if positive else reference - difference
        if total > 0:
            corrected = -2.5 * math.log10(total)
            e_corrected = difference * c["sigmapsf"] / total
    return {
        "mjd": c["jd"] - 2400000.5,
        "band": "?gri"[c["fid"]],
        "alert_id": str(c["candid"]),
        "ra": c["ra"],
        "dec": c["dec"],
        "mag": c["magpsf"],
        "e_mag": c["sigmapsf"],
        "positive": positive,
        "flux": None,
        "e_flux": None,
        "mag_corr": corrected,
        "e_mag_corr": e_corrected,
        "dubious": None,
        "mag_ref": given("magnr"),
        "e_mag_ref": given("sigmagnr"),
        "dist_ref": given("distnr"),
        "real_bogus": given("drb"),
        "rb": given("rb"),
        "snr": None,
    }


def ztf_forced(f: Record) -> Record:
    to_njy = 10 ** ((31.4 - f["magzpsci"]) / 2.5)
    return {
        "mjd": f["jd"] - 2400000.5,
        "band": "?gri"[f["fid"]],
        "flux": f["forcediffimflux"] * to_njy,
        "e_flux": f["forcediffimfluxunc"] * to_njy,
    }


def ztf_crossmatches(c: Record) -> list[Record]:
    def match(catalog: str, source: str | None, distance: float, star: float | None, mag: Record) -> Record:
        known = {band: value for band, value in mag.items() if value is not None and value != -999}
        return {"catalog": catalog, "source_id": source, "distance": distance, "star_score": star, "mag": known}

    found = []
    for n in "123":
        if c.get(f"distpsnr{n}") not in (None, -999):
            key = n if f"sgscore{n}" in c else ""  # schema 1.5
            mag = {band: c[f"s{band}mag{key}"] for band in "griz"}
            star = c[f"sgscore{key}"] if c[f"sgscore{key}"] not in (None, -999) else None
            source = c.get(f"objectidps{n}")
            found.append(match("PS1", str(source) if source else None, c[f"distpsnr{n}"], star, mag))
    if c["ssdistnr"] not in (None, -999):
        name = c["ssnamenr"] if c["ssnamenr"] != "null" else None
        found.append(match("MPC", name, c["ssdistnr"], None, {"V": c["ssmagnr"]}))
    if c.get("neargaia") not in (None, -999):
        found.append(match("Gaia", None, c["neargaia"], None, {"G": c["maggaia"]}))
    return found


def lsst(record: Record, stream: str = "lsst_packet") -> Record:
    source, dia = record["diaSource"], record["diaObject"]
    history = [s for s in record["prvDiaSources"] or [] if s["diaSourceId"] != source["diaSourceId"]]
    detections = [lsst_detection(s) for s in [*history, source]]
    object_id = source["diaObjectId"] or (dia and dia["diaObjectId"]) or source["ssObjectId"]
    parts = ["detections", "forced_photometry", "object"]
    limits = record.get("prvDiaNondetectionLimits")
    return {
        "survey": "lsst",
        "stream": stream,
        "object_id": str(object_id),
        "alert_id": str(source["diaSourceId"]),
        "mjd": source["midpointMjdTai"] - TAI,
        "ra": source["ra"],
        "dec": source["dec"],
        "solar_system": source["ssObjectId"] not in (None, 0),
        "detections": detections,
        "non_detections": [
            {
                "mjd": n["midpointMjdTai"] - TAI,
                "band": n["band"],
                "limit": ab(5 * n["diaNoise"]),
                "mag_ref": None,
            }
            for n in limits or []
        ],
        "forced_photometry": [
            {
                "mjd": f["midpointMjdTai"] - TAI,
                "band": f["band"],
                "flux": f["psfFlux"],
                "e_flux": real(f["psfFluxErr"]),
            }
            for f in record["prvDiaForcedSources"] or []
            if f["band"] and real(f["psfFlux"]) is not None
        ],
        "crossmatches": [],
        "summary": dia and lsst_summary(dia, detections),
        "parts": sorted([*parts, "non_detections"] if "prvDiaNondetectionLimits" in record else parts),
        "received": None,
        "classifications": [],
        "features": {},
    }


def lsst_summary(dia: Record, detections: list[Record]) -> Record:
    first, last = real(dia.get("firstDiaSourceMjdTai")), real(dia.get("lastDiaSourceMjdTai"))
    complete = dia.get("nDiaSources") == len(detections)
    earliest = min(d["mjd"] for d in detections) if complete else None
    return {
        "first_mjd": earliest if first is None else first - TAI,
        "last_mjd": None if last is None else last - TAI,
        "n_det": dia.get("nDiaSources"),
        "first_hist_mjd": None,
        "n_hist": None,
        "corrected": None,
        "stellar": None,
    }


def lsst_detection(s: Record) -> Record:
    flux, negative = real(s["psfFlux"]), s.get("isNegative")
    return {
        "mjd": s["midpointMjdTai"] - TAI,
        "band": s["band"],
        "alert_id": str(s["diaSourceId"]),
        "ra": s["ra"],
        "dec": s["dec"],
        "mag": ab(flux),
        "e_mag": relative(flux, s["psfFluxErr"]),
        "positive": (None if flux is None else flux > 0) if negative is None else not negative,
        "flux": flux,
        "e_flux": real(s["psfFluxErr"]),
        "mag_corr": ab(s.get("scienceFlux")),
        "e_mag_corr": relative(s.get("scienceFlux"), s.get("scienceFluxErr")),
        "dubious": None,
        "mag_ref": ab(s.get("templateFlux")),
        "e_mag_ref": relative(s.get("templateFlux"), s.get("templateFluxErr")),
        "dist_ref": None,
        "real_bogus": real(s["reliability"]),
        "rb": None,
        "snr": real(s["snr"]),
    }


def real(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def ab(flux: float | None) -> float | None:
    return -2.5 * math.log10(flux) + 31.4 if flux is not None and flux > 0 else None


def relative(flux: float | None, error: float | None) -> float | None:
    if flux is None or error is None or not flux > 0 or math.isnan(error):
        return None
    return 2.5 / math.log(10) * error / flux
