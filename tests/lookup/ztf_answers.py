"""What ALeRCE's ZTF services answer, in their own shapes: nulls left out, candid as text, sentinels."""

from __future__ import annotations

from typing import Any

OID, CANDID, MJD = "ZTF26abcdefg", "3400500010115015001", 61000.25
LIGHT_CURVE, OBJECT = f"/objects/{OID}/lightcurve", f"/objects/{OID}"


def detection(mjd: float = MJD, candid: str = CANDID, **fields: Any) -> dict[str, Any]:
    return {
        "tid": "ztf",
        "mjd": mjd,
        "candid": candid,
        "fid": 2,
        "pid": 3400500010115,
        "isdiffpos": 1,
        "nid": 3400,
        "distnr": 0.6,
        "magpsf": 18.5,
        "magpsf_corr": 17.2,
        "sigmapsf": 0.1,
        "sigmapsf_corr": 100.0,
        "sigmapsf_corr_ext": 0.03,
        "ra": 185.7288,
        "dec": 15.8236,
        "rb": 0.9,
        "drb": 0.99,
        "has_stamp": True,
        "corrected": True,
        "dubious": False,
        "step_id_corr": "correction_1.0.6",
        "parent_candid": 3400500010115015007,
        **fields,
    }


def non_detection(mjd: float, **fields: Any) -> dict[str, Any]:
    return {"tid": "ztf", "mjd": mjd, "fid": 2, "diffmaglim": 20.1, **fields}


def light_curve(*detections: dict[str, Any], limits: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"detections": list(detections), "non_detections": list(limits)}


def ztf_object(**fields: Any) -> dict[str, Any]:
    return {
        "oid": OID,
        "ndethist": "7",
        "ncovhist": 900,
        "mjdstarthist": MJD - 4,
        "mjdendhist": MJD,
        "corrected": True,
        "stellar": False,
        "ndet": 2,
        "firstmjd": MJD - 3,
        "lastmjd": MJD,
        "deltajd": 3.0,
        "meanra": 185.7289,
        "meandec": 15.8235,
        "step_id_corr": "correction_1.0.6",
        **fields,
    }


def packet(**fields: Any) -> dict[str, Any]:
    candidate = {
        "jd": MJD + 2_400_000.5,
        "fid": 2,
        "candid": CANDID,
        "isdiffpos": "t",
        "ra": 185.7288,
        "dec": 15.8236,
        "magpsf": 18.5,
        "sigmapsf": 0.1,
        "magnr": 17.5,
        "sigmagnr": 0.02,
        "distnr": 0.6,
        "rb": 0.9,
        "drb": 0.99,
        "ndethist": 7,
        "jdstarthist": MJD - 4 + 2_400_000.5,
        "sgscore1": 0.02,
        "distpsnr1": 0.8,
        "objectidps1": 128981857288123456,
        "sgmag1": 17.9,
        "ssdistnr": -999.0,
        "ssnamenr": "null",
        "neargaia": 12.5,
        **fields,
    }
    earlier = {"jd": MJD - 2 + 2_400_000.5, "fid": 1, "candid": None, "diffmaglim": 20.3}
    return {
        "schemavsn": "3.3",
        "objectId": OID,
        "candid": int(CANDID),
        "candidate": candidate,
        "prv_candidates": [earlier],
    }


PS1 = (
    "oid,candid,objectidps1,sgmag1,sgscore1,distpsnr1,nmtchps,unique1\n"
    f"{OID},{CANDID},1.2898185e+17,17.9,0.02,0.8,3,True\n"
)
GAIA = f"oid,candid,neargaia,neargaiabright,maggaia,maggaiabright,unique1\n{OID},1,12.5,,18.1,,True\n"


def solar_system(candid: str = CANDID, distance: float = -999.0) -> str:
    return f"oid,candid,ssdistnr,ssmagnr,ssnamenr\n{OID},{candid},{distance},-999.0,null\n"
