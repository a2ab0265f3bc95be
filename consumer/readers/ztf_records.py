"""From ZTF's records (Avro packets, or the same as JSON from ALeRCE's avro service) to the alert's parts.

Every function takes the survey's own field names in a mapping and reads them with ``get``: schema 1.x lacks
what 4.x has, and JSON leaves out nulls. Field meanings: ZTF's alert schema documentation.

    alert(packet, stream, received)     the whole packet: `read` of a packet, a look-up by candid
    detection(candidate)                ``candidate`` and detections among ``prv_candidates``
    non_detection(previous)             upper limits among ``prv_candidates``
    forced_photometry(measurement)      one of ``fp_hists``
    crossmatches(candidate)             PS1, MPC, Gaia
    summary(candidate)                  first detection and counts in the survey's own history
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import log10
from typing import Any

from alertwatch import photometry, times
from alertwatch.alert import (
    Alert,
    CrossMatch,
    Detection,
    ForcedPhotometry,
    NonDetection,
    ObjectSummary,
    Part,
    Survey,
)
from alertwatch.errors import DecodeError
from alertwatch.photometry import REFERENCE_RADIUS
from consumer.readers.values import (
    checked_id,
    checked_oid,
    checked_position,
    finite,
    known,
    magnitude,
    number,
)

Record = Mapping[str, Any]

BANDS = {1: "g", 2: "r", 3: "i"}
HISTORY_DAYS = 30.0  # how far back a packet's prv_candidates go (ZTF alert schema)
LAST_JD = 1e7  # beyond it are sentinels
FAILED = -99_999.0  # forced flux where there is none
POSITIVE = {"t": True, "1": True, 1: True, "f": False, "0": False, 0: False}

PARTS = frozenset({Part.OBJECT, Part.DETECTIONS, Part.NON_DETECTIONS, Part.CROSSMATCHES})


def alert(packet: Record, stream: str, received: float | None = None) -> Alert:
    """The alert with all that a packet holds; raises `DecodeError` for an implausible id or position.

    ``packet`` has ``objectId`` (``alertId`` in schemas 1.1 and 1.2), ``candid``, ``candidate`` and, where the
    schema has them, ``prv_candidates`` and ``fp_hists``. The alert's own detection comes last.
    """
    candidate, own = packet["candidate"], own_detection(packet)
    previous = [p for p in packet.get("prv_candidates") or () if str(p.get("candid")) != own.alert_id]
    detections = (*known(detection(p) for p in previous if p.get("candid") is not None), own)
    return Alert(
        survey=Survey.ZTF,
        stream=stream,
        object_id=object_id(packet),
        alert_id=alert_id(packet),
        mjd=own.mjd,
        received=received,
        ra=own.ra,
        dec=own.dec,
        solar_system=solar_system(candidate),
        detections=detections,
        non_detections=known(non_detection(p) for p in previous if p.get("candid") is None),
        forced_photometry=known(forced_photometry(f) for f in packet.get("fp_hists") or ()),
        crossmatches=crossmatches(candidate),
        summary=summary(candidate, detections),
        parts=PARTS | {Part.FORCED_PHOTOMETRY} if "fp_hists" in packet else PARTS,
    )


def object_id(packet: Record) -> str:
    """``objectId``; the commissioning packets of schemas 1.1 and 1.2 have a numeric ``alertId`` instead."""
    if packet.get("objectId") is not None:
        return checked_oid(packet["objectId"])
    return checked_id("alertId", packet.get("alertId"))


def alert_id(packet: Record) -> str:
    """``candid``, of the packet or its candidate. Commissioning packets have negative ones."""
    candid = packet.get("candid") or packet["candidate"].get("candid")
    if not candid:
        raise DecodeError(f"candid {candid!r} is not an id")
    return str(candid)


def own_detection(packet: Record) -> Detection:
    """The detection that the packet is about; raises `DecodeError` for one without a band or off the sky."""
    candidate = packet["candidate"]
    checked_position(candidate["ra"], candidate["dec"])
    own = detection(candidate, alert_id(packet))
    if own is None:
        raise DecodeError(f"candidate with jd {candidate['jd']!r} and fid {candidate['fid']!r} is no detection")
    return own


def detection(candidate: Record, candid: str | None = None) -> Detection | None:
    """A candidate, of now or before; ``None`` where the time or a known filter is missing.

    ``candid`` is the alert id where the caller knows it better than the record.
    """
    mjd, band = epoch(candidate.get("jd")), BANDS.get(candidate.get("fid", 0))
    if mjd is None or band is None:
        return None
    get = candidate.get
    positive = POSITIVE.get(get("isdiffpos"))
    mag, e_mag = magnitude(get("magpsf")), magnitude(get("sigmapsf"))
    mag_ref, dist_ref = magnitude(get("magnr")), number(get("distnr"))
    mag_corr, e_mag_corr = corrected(mag, e_mag, positive, mag_ref, dist_ref)
    return Detection(
        mjd=mjd,
        band=band,
        alert_id=candid or str(get("candid")),
        ra=number(get("ra")),
        dec=number(get("dec")),
        mag=mag,
        e_mag=e_mag,
        positive=positive,
        mag_corr=mag_corr,
        e_mag_corr=e_mag_corr,
        mag_ref=mag_ref,
        e_mag_ref=magnitude(get("sigmagnr")),
        dist_ref=dist_ref,
        real_bogus=number(get("drb")),
        rb=number(get("rb")),
    )


def corrected(
    mag: float | None, e_mag: float | None, positive: bool | None, mag_ref: float | None, dist_ref: float | None
) -> tuple[float | None, float | None]:
    """Total apparent magnitude (reference plus difference) and its error, as ALeRCE's correction step has them.

    Only where the reference source is the object itself (`REFERENCE_RADIUS`). The error is ALeRCE's
    ``e_mag_corr_ext``: that of the difference alone, which is what scatters from epoch to epoch.
    """
    if mag is None or positive is None or mag_ref is None or dist_ref is None or dist_ref >= REFERENCE_RADIUS:
        return None, None
    difference = 10.0 ** (-0.4 * mag)
    total = 10.0 ** (-0.4 * mag_ref) + (difference if positive else -difference)
    if total <= 0.0:
        return None, None
    return -2.5 * log10(total), None if e_mag is None else difference * e_mag / total


def non_detection(previous: Record) -> NonDetection | None:
    """An upper limit; ``None`` where the time, a known filter or the limit is missing."""
    mjd, band = epoch(previous.get("jd")), BANDS.get(previous.get("fid", 0))
    limit = magnitude(previous.get("diffmaglim"))
    if mjd is None or band is None or limit is None:
        return None
    return NonDetection(mjd=mjd, band=band, limit=limit, mag_ref=magnitude(previous.get("magnr")))


def forced_photometry(measurement: Record) -> ForcedPhotometry | None:
    """One of ``fp_hists``, from counts to nJy by its zero point; ``None`` where the measurement failed."""
    mjd, band = epoch(measurement.get("jd")), BANDS.get(measurement.get("fid", 0))
    flux = _counts(measurement.get("forcediffimflux"))
    scale = photometry.flux(magnitude(measurement.get("magzpsci")))  # nJy per count
    if mjd is None or band is None or flux is None or scale is None:
        return None
    error = number(measurement.get("forcediffimfluxunc"))
    return ForcedPhotometry(
        mjd=mjd, band=band, flux=flux * scale, e_flux=None if error is None else error * scale
    )


def crossmatches(candidate: Record) -> tuple[CrossMatch, ...]:
    """The three nearest Pan-STARRS sources, the nearest known solar-system object, the nearest Gaia source."""
    found = [_panstarrs(candidate, rank) for rank in (1, 2, 3)]
    return known((*found, _minor_planet(candidate), _gaia(candidate)))


def _panstarrs(candidate: Record, rank: int) -> CrossMatch | None:
    source, distance = candidate.get(f"objectidps{rank}"), number(candidate.get(f"distpsnr{rank}"))
    if distance is None or distance < 0.0:
        return None
    suffix = "" if "sgscore" in candidate else rank  # schema 1.5 numbers only the distance
    mags = {band: magnitude(candidate.get(f"s{band}mag{suffix}")) for band in "griz"}
    return CrossMatch(
        catalog="PS1",
        source_id=str(source) if source and int(source) > 0 else None,
        distance=distance,
        star_score=_score(candidate.get(f"sgscore{suffix}")),
        mag={band: mag for band, mag in mags.items() if mag is not None},
    )


def _minor_planet(candidate: Record) -> CrossMatch | None:
    distance, name = number(candidate.get("ssdistnr")), candidate.get("ssnamenr")
    if distance is None or distance < 0.0:
        return None
    mag = magnitude(candidate.get("ssmagnr"))
    return CrossMatch(
        catalog="MPC",
        source_id=None if name in (None, "", "null") else str(name),
        distance=distance,
        mag={} if mag is None else {"V": mag},
    )


def _gaia(candidate: Record) -> CrossMatch | None:
    distance, mag = number(candidate.get("neargaia")), magnitude(candidate.get("maggaia"))
    if distance is None or distance < 0.0:
        return None
    return CrossMatch(catalog="Gaia", distance=distance, mag={} if mag is None else {"G": mag})


def solar_system(candidate: Record) -> bool | None:
    """Whether a known solar-system object is near (``ssdistnr``); ``None`` where nobody looked."""
    distance = candidate.get("ssdistnr")
    return None if distance is None else distance >= 0.0


def summary(candidate: Record, detections: Iterable[Detection] = ()) -> ObjectSummary:
    """What the survey's own history knows; its counts reach below the alert threshold.

    The packet's ``detections`` go back `HISTORY_DAYS`. Where the survey's history is no longer, the first of
    them is the object's first; else only the broker knows.
    """
    count, start, now = (candidate.get(key) for key in ("ndethist", "jdstarthist", "jd"))
    complete = start is not None and now is not None and now - start <= HISTORY_DAYS
    return ObjectSummary(
        first_mjd=min((d.mjd for d in detections), default=None) if complete else None,
        last_mjd=epoch(candidate.get("jd")),
        first_hist_mjd=epoch(candidate.get("jdstarthist")),
        n_hist=None if count is None or int(count) < 0 else int(count),
    )


def epoch(jd: Any) -> float | None:
    """MJD of a Julian date; ``None`` for a null or a sentinel."""
    return times.from_jd(jd) if jd is not None and times.MJD_OF_JD < jd < LAST_JD else None


def _counts(value: Any) -> float | None:
    flux = finite(value)
    return None if flux is None or flux == FAILED else flux


def _score(value: Any) -> float | None:
    score = number(value)
    return score if score is not None and 0.0 <= score <= 1.0 else None
