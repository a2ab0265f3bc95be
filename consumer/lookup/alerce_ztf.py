"""ALeRCE's ZTF services: the REST API (v1), the alert packets by candid, and TAP. Paths, fields, quirks.

The REST API leaves nulls out, writes candid and ndethist as strings, and has neither the reference magnitude
nor PS1 nor the solar-system neighbour; it says 100 where a corrected magnitude has no value. The packet of an
alert has all of these. https://api.alerce.online/ztf/v1, https://avro.alerce.online, https://tap.alerce.online.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import quote

from alertwatch.alert import Alert, Classification, CrossMatch, Detection, NonDetection, ObjectSummary
from alertwatch.errors import NotReadyYet
from consumer.lookup.http import About, ApiClient, readable
from consumer.readers import ztf_records
from consumer.readers.values import known, magnitude, number

PLACEHOLDER = "0.0.0"  # step_id_corr of an object that was inserted before its light curve was


class LightCurve(NamedTuple):
    """Detections and non-detections of an object, in order of time."""

    detections: tuple[Detection, ...]
    non_detections: tuple[NonDetection, ...]


class ZtfObject(NamedTuple):
    """The object as the database has it now. ``placeholder``: inserted, but its light curve is not yet."""

    summary: ObjectSummary
    ra: float | None
    dec: float | None
    placeholder: bool


class AlerceZtf:
    """What can be asked about a ZTF object; every method raises as `ApiClient.get` does."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api

    def light_curve(self, about: About) -> LightCurve:
        """All its detections and non-detections."""
        answer = self._get("/lightcurve", about)
        with readable("light curve", about):
            limits = known(map(_non_detection, answer.get("non_detections", ())))
            return LightCurve(
                tuple(sorted(map(_detection, answer["detections"]), key=lambda d: d.mjd)),
                tuple(sorted(limits, key=lambda n: n.mjd)),
            )

    def object(self, about: About) -> ZtfObject:
        """The object's own row."""
        row = self._get("", about)
        with readable("object", about):
            summary = ObjectSummary(
                first_mjd=number(row.get("firstmjd")),
                last_mjd=number(row.get("lastmjd")),
                n_det=row.get("ndet"),
                first_hist_mjd=number(row.get("mjdstarthist")),
                n_hist=int(row["ndethist"]) if "ndethist" in row else None,
                corrected=row.get("corrected"),
                stellar=row.get("stellar"),
            )
            placeholder = row.get("step_id_corr") == PLACEHOLDER
            return ZtfObject(summary, number(row.get("meanra")), number(row.get("meandec")), placeholder)

    def classifications(self, about: About) -> tuple[Classification, ...]:
        """What each classifier says of the object now."""
        rows = self._get("/probabilities", about)
        with readable("probabilities", about):
            return classifications(rows)

    def features(self, about: About) -> dict[str, float | None]:
        """The features of the newest version, named as in messages: ``Multiband_period_12``, ``SPM_A_1``."""
        rows = self._get("/features", about)
        with readable("features", about):
            newest = max((row["version"] for row in rows), key=_digits, default=None)
            return {_feature(row): number(row.get("value")) for row in rows if row["version"] == newest}

    def _get(self, what: str, about: About) -> Any:
        return self.api.get(f"objects/{quote(about.object_id, safe='')}{what}", {}, about)


class AlercePackets:
    """The survey's own alert packets, by candid: all that one ZTF alert holds in one request."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api

    def alert(self, about: About, candid: str, stream: str, received: float | None) -> Alert:
        """The alert, as its packet tells it."""
        params = {"oid": about.object_id, "candid": candid, "survey_id": "ztf"}
        record = self.api.get("get_avro_info", params, about)
        with readable("packet", about):
            alert = ztf_records.alert(record, stream, received)
            if (alert.object_id, alert.alert_id) != (about.object_id, candid):
                raise ValueError(f"it is of {alert.object_id} candid {alert.alert_id}, not of candid {candid}")
            return alert


class AlerceTap:
    """The neighbours of an object from the tables that the REST API does not show."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api

    def crossmatches(self, about: About, candid: str) -> tuple[CrossMatch, ...]:
        """PS1, solar-system and Gaia neighbours.

        The tables are kept by object, with the candid that brought the row. A solar-system neighbour is of one
        exposure, so another alert's says nothing of this one: `NotReadyYet`.
        """
        candidate: dict[str, float | str | None] = {}
        for table in ("ps1_ztf", "gaia_ztf", "ss_ztf"):
            rows = self._rows(table, about)
            with readable(table, about):
                best = max(rows, key=lambda row: (row["candid"] == candid, int(row["candid"])), default=None)
                if best is None or (table == "ss_ztf" and best["candid"] != candid):
                    raise NotReadyYet(f"{table} does not know {about.object_id} at candid {candid} yet")
                candidate |= {key: _cell(key, text) for key, text in best.items()}
        return ztf_records.crossmatches(candidate)

    def _rows(self, table: str, about: About) -> list[dict[str, str]]:
        oid = about.object_id.replace("'", "''")
        query = f"SELECT * FROM ztf.{table} WHERE oid = '{oid}'"
        params = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "csv", "QUERY": query}
        answer = self.api.raw("sync", params, about)
        with readable(table, about):
            return list(csv.DictReader(io.StringIO(answer.decode())))


def classifications(rows: Any) -> tuple[Classification, ...]:
    """Rows of (classifier, version, class, probability) as one value per classifier and version.

    ``stamp_classifier_1.0.4`` is how the API writes version 1.0.4 of stamp_classifier.
    """

    def classifier(row: Mapping[str, Any]) -> tuple[str, str]:
        name = row["classifier_name"]
        return name, str(row.get("classifier_version", "")).removeprefix(f"{name}_")

    return tuple(
        Classification(
            classifier=name,
            version=version or None,
            probabilities={row["class_name"]: float(row["probability"]) for row in group},
        )
        for (name, version), group in groupby(sorted(rows, key=classifier), classifier)
    )


def _detection(row: Mapping[str, Any]) -> Detection:
    sign = row.get("isdiffpos")
    corrected = row.get("corrected") is True
    return Detection(
        mjd=float(row["mjd"]),
        band=ztf_records.BANDS[row["fid"]],
        alert_id=str(row["candid"]),
        ra=number(row.get("ra")),
        dec=number(row.get("dec")),
        mag=magnitude(row.get("magpsf")),
        e_mag=magnitude(row.get("sigmapsf")),
        positive=None if sign is None else int(sign) > 0,
        mag_corr=magnitude(row.get("magpsf_corr")) if corrected else None,
        e_mag_corr=magnitude(row.get("sigmapsf_corr_ext")) if corrected else None,
        dubious=row.get("dubious"),
        dist_ref=number(row.get("distnr")),
        real_bogus=number(row.get("drb")),
        rb=number(row.get("rb")),
    )


def _non_detection(row: Mapping[str, Any]) -> NonDetection | None:
    limit = magnitude(row.get("diffmaglim"))
    if limit is None:
        return None
    return NonDetection(mjd=float(row["mjd"]), band=ztf_records.BANDS[row["fid"]], limit=limit)


def _digits(version: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", version)]


def _feature(row: Mapping[str, Any]) -> str:
    return f"{row['name']}_{row['fid']}" if row.get("fid") else str(row["name"])


def _cell(key: str, text: str) -> float | str | None:
    """A cell of a table. The tables keep PS1's ids as floats, which cannot hold them."""
    if not text or key.startswith("objectidps"):
        return None
    return text if key in {"oid", "candid", "ssnamenr"} or text in {"True", "False"} else float(text)
