"""AT reports for the Transient Name Server: the JSON of its bulk-report API (TNS 2.0 bulk reports manual).

Nothing is sent: whoever reports answers for it. Numbers are the TNS's own (https://www.wis-tns.org/api/values):
ZTF's are those that ALeRCE's TNS_upload notebook, Fink's fink_tns and AMPEL report with; Rubin's those that
Lasair's Virtual Research Assistants list (lasairvras.github.io/lvra-doc/tns.html), unsure of the source 165.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alertwatch import times
from alertwatch.alert import Detection, LightCurve, NonDetection

AB_MAG = "1"
AT_TYPES = {"other": "0", "psn": "1", "pnv": "2", "agn": "3", "nuc": "4"}
"""What an object may be: possible supernova or nova, known AGN, possibly nuclear."""


@dataclass(frozen=True)
class Telescope:
    """A survey in the TNS's numbers: data source, instrument, and filter of each band."""

    source: str
    instrument: str
    filters: dict[str, str]


TELESCOPES = {
    "ztf": Telescope("48", "196", {"g": "110", "r": "111", "i": "112"}),
    "lsst": Telescope("165", "287", {"u": "160", "g": "161", "r": "162", "i": "163", "z": "164", "y": "165"}),
}


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Who reports: the number of their group, names and affiliations. ``source``: not the survey's own."""

    group: str
    names: str
    at_type: str = AT_TYPES["psn"]
    source: str | None = None
    remarks: str | None = None


def reported(
    survey: str, object_id: str, place: tuple[float, float], curve: LightCurve, reporter: Reporter
) -> dict[str, Any]:
    """One AT report. ``place``: ra and dec, degrees. Raises `ValueError`: what keeps it from being reported.

    The discovery is the first detection that has a magnitude; the last non-detection before it comes along, and
    all photometry that is brighter than the reference. Proprietary periods are left out: alerts are public.
    """
    telescope = TELESCOPES[survey]
    seen = [d for d in curve.detections if d.mag is not None and d.band in telescope.filters]
    if not seen:
        raise ValueError("no detection with a magnitude is stored")
    if any(d.positive is False for d in seen):
        raise ValueError("it has been fainter than the reference: a variable source")
    first = min(d.mjd for d in seen)
    report = {
        "ra": {"value": f"{place[0]:.6f}"},
        "dec": {"value": f"{place[1]:.6f}"},
        "reporting_group_id": reporter.group,
        "discovery_data_source_id": reporter.source or telescope.source,
        "reporter": reporter.names,
        "discovery_datetime": _date(first),
        "at_type": reporter.at_type,
        "internal_name": object_id,
        "non_detection": _non_detection(curve.non_detections, first, telescope),
        "photometry": {
            "photometry_group": {str(n): _photometry(d, telescope) for n, d in enumerate(seen)},
        },
    }
    return report | ({"remarks": reporter.remarks} if reporter.remarks else {})


def bulk(reports: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Reports as one message to the bulk-report API."""
    return {"at_report": {str(n): report for n, report in enumerate(reports)}}


def _date(mjd: float) -> str:
    return times.to_datetime(mjd).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _non_detection(seen: Sequence[NonDetection], first: float, telescope: Telescope) -> dict[str, str]:
    before = [n for n in seen if n.mjd < first and n.band in telescope.filters]
    if not before:
        return {"archiveid": "0", "archival_remarks": "no non-detection is known"}
    last = max(before, key=lambda n: n.mjd)
    return {
        "obsdate": _date(last.mjd),
        "limiting_flux": f"{last.limit:.2f}",
        "flux_units": AB_MAG,
        "filter_value": telescope.filters[last.band],
        "instrument_value": telescope.instrument,
    }


def _photometry(detection: Detection, telescope: Telescope) -> dict[str, str]:
    error = {} if detection.e_mag is None else {"flux_error": f"{detection.e_mag:.3f}"}
    return {
        "obsdate": _date(detection.mjd),
        "flux": f"{detection.mag:.3f}",
        **error,
        "flux_units": AB_MAG,
        "filter_value": telescope.filters[detection.band],
        "instrument_value": telescope.instrument,
        "observer": "Robot",
    }
