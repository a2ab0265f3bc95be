"""Real, labelled light curves as the survey records and the ALeRCE answers that they would have caused.

What a light curve does not tell is assumed, the same for every object, and said in `ASSUMED`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alertwatch import times
from consumer.lookup.http import About
from consumer.readers import ztf_records

Record = dict[str, Any]

ASSUMED: Record = {
    "isdiffpos": "t",
    "drb": 0.99,
    "sgscore1": 0.05,
    "distpsnr1": 3.0,
    "ssdistnr": -999.0,
    "distnr": 3.0,
    "magnr": 19.0,
}
"""Fields of a detection that the supernova samples lack: a good subtraction beside a galaxy, no asteroid."""


@dataclass(frozen=True)
class Labelled:
    """One object: detections and upper limits as ZTF candidate records, each in order of time."""

    object_id: str
    label: str
    detections: list[Record]
    limits: list[Record] = field(default_factory=list)

    @property
    def first_mjd(self) -> float:
        """Time of the first detection, MJD."""
        return times.from_jd(self.detections[0]["jd"])


class Answers:
    """ALeRCE's packet service and REST API for one object, in the place of their HTTP clients."""

    def __init__(self, found: Labelled) -> None:
        self._found = found

    def get(self, path: str, params: Mapping[str, str], about: About, *, missing: int = 404) -> Any:
        """The JSON of one path."""
        if path == "get_avro_info":
            return self._packet(int(params["candid"]))
        if path.endswith("/lightcurve"):
            detections = [_rest_detection(record) for record in self._found.detections]
            return {"detections": detections, "non_detections": [_rest_limit(r) for r in self._found.limits]}
        return self._object()

    def down_for(self) -> float:
        """Never down."""
        return 0.0

    def forget(self, object_id: str) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""

    def _packet(self, candid: int) -> Record:
        own = next(record for record in self._found.detections if record["candid"] == candid)
        past = (*self._found.detections, *self._found.limits)
        history = [r for r in past if 0 < own["jd"] - r["jd"] <= ztf_records.HISTORY_DAYS]
        start = own.get("jdstarthist") or self._found.detections[0]["jd"]
        candidate = own | {"jdstarthist": start}
        object_id = self._found.object_id
        return {"objectId": object_id, "candid": candid, "candidate": candidate, "prv_candidates": history}

    def _object(self) -> Record:
        detections = self._found.detections
        return {
            "oid": self._found.object_id,
            "ndet": len(detections),
            "firstmjd": self._found.first_mjd,
            "lastmjd": times.from_jd(detections[-1]["jd"]),
            "meanra": detections[0]["ra"],
            "meandec": detections[0]["dec"],
            "step_id_corr": "27.5.6",
        }


def bts_sne_ia(data: Path) -> list[Labelled]:
    """SNe Ia of ZTF's Bright Transient Survey with three detections or more: public light curves in g and r."""
    folder = data / "lightcurves" / "light-curve__test-data"
    lines = (folder / "SNIa" / "bts.csv").read_text().splitlines()
    rows = {row["ZTFID"]: row for row in csv.DictReader(line for line in lines if line)}
    found = []
    for path in sorted((folder / "light-curves").glob("*.csv")):
        row = rows[path.stem]
        where = {"ra": _degrees(row["RA"]) * 15, "dec": _degrees(row["Dec"])}
        with path.open(newline="") as table:
            epochs = [
                (float(e["time"]), e["band"], float(e["mag"]), float(e["magerr"]))
                for e in csv.DictReader(table)
            ]
        if len(epochs) >= 3:
            found.append(Labelled(path.stem, row["type"], _records(epochs, where)))
    return found


def reported_candidates(data: Path) -> list[Labelled]:
    """Supernova candidates that ALeRCE's people chose from the stamp classifier and reported to the TNS."""
    folder = data / "alerce" / "alercebroker__TNS_upload" / "candidates"
    found = {}
    for path in sorted(folder.glob("*.json")):
        for report in json.loads(path.read_text())["at_report"].values():
            if report["internal_name"].startswith("ZTF"):
                found[report["internal_name"]] = _reported(report)
    return list(found.values())


def nuclear_flares(data: Path) -> list[Labelled]:
    """Nuclear flares of the comparison sample of AT2019fdr: the survey's own records, whole light curves."""
    labels = _nuclear_labels(data)
    folder = data / "ztf" / "simeonreusch__at2019fdr" / "sample_lightcurves"
    found = []
    for path in sorted(folder.glob("*.json")):
        packet = json.loads(path.read_text())[0]
        records = (packet["candidate"], *packet["prv_candidates"])
        seen = {r["jd"]: r for r in records if r.get("magpsf") is not None}
        unseen = {r["jd"]: r for r in records if r["jd"] not in seen}
        found.append(Labelled(path.stem, labels.get(path.stem, "?"), _in_time(seen), _in_time(unseen)))
    return found


def _in_time(records: Mapping[float, Record]) -> list[Record]:
    return [records[jd] for jd in sorted(records)]


def _nuclear_labels(data: Path) -> dict[str, str]:
    folder = data / "labels" / "simeonreusch__at2019fdr" / "sample_lightcurves"
    with (folder / "final_sample_magcut_19.00_new.csv").open(newline="") as table:
        return {row["names"].split()[0]: row["classification"] for row in csv.DictReader(table)}


def _reported(report: Mapping[str, Any]) -> Labelled:
    where = {"ra": float(report["ra"]["value"]), "dec": float(report["dec"]["value"])}
    group = report["photometry"]["photometry_group"].values()
    epochs = [
        (_mjd(e["obsdate"]), _BAND[e["filter_value"]], float(e["flux"]), float(e["flux_error"])) for e in group
    ]
    limit = report["non_detection"]
    limits = []
    if limit.get("limiting_flux"):
        jd = _mjd(limit["obsdate"]) + times.MJD_OF_JD
        limits = [
            {"jd": jd, "fid": _FID[_BAND[limit["filter_value"]]], "diffmaglim": float(limit["limiting_flux"])}
        ]
    return Labelled(report["internal_name"], "reported", _records(sorted(epochs), where), limits)


def _records(epochs: Iterable[tuple[float, str, float, float]], where: Record) -> list[Record]:
    return [
        ASSUMED
        | where
        | {
            "jd": mjd + times.MJD_OF_JD,
            "candid": int(mjd * 1e5) * 10**9 + number,
            "fid": _FID[band],
            "magpsf": mag,
            "sigmapsf": error,
        }
        for number, (mjd, band, mag, error) in enumerate(sorted(epochs))
    ]


def _rest_detection(record: Mapping[str, Any]) -> Record:
    """A row of the REST API: corrected magnitude instead of the reference's."""
    known = ztf_records.detection(record)
    assert known is not None
    row = {"mjd": known.mjd, "candid": str(record["candid"]), "isdiffpos": 1 if known.positive else -1}
    row |= {key: record.get(key) for key in ("fid", "ra", "dec", "magpsf", "sigmapsf", "distnr", "rb", "drb")}
    corrected = known.mag_corr is not None
    return row | {
        "corrected": corrected,
        "dubious": False,
        "magpsf_corr": known.mag_corr if corrected else 100.0,
        "sigmapsf_corr_ext": known.e_mag_corr if corrected else 100.0,
    }


def _rest_limit(record: Mapping[str, Any]) -> Record:
    return {"mjd": times.from_jd(record["jd"]), "fid": record["fid"], "diffmaglim": record["diffmaglim"]}


def _degrees(sexagesimal: str) -> float:
    sign = -1.0 if sexagesimal.startswith("-") else 1.0
    whole, minutes, seconds = (float(part) for part in sexagesimal.lstrip("+-").split(":"))
    return sign * (whole + minutes / 60 + seconds / 3600)


def _mjd(iso: str) -> float:
    return times.from_datetime(datetime.fromisoformat(iso).replace(tzinfo=UTC))


_FID = {"g": 1, "r": 2, "R": 2, "i": 3}
_BAND = {"110": "g", "111": "r", "112": "i"}  # filter numbers of the Transient Name Server
