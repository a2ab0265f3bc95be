"""From Rubin's records (schemas 7 to 11) to the alert's parts.

Field meanings: the Rubin alert packet schema. Fluxes are nJy; times are TAI there and UTC here. A magnitude
is that of the difference flux; the science image's flux gives the total magnitude, the template's the
reference. A source without a band or a time is left out, since nothing can be done with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertwatch import times
from alertwatch.alert import (
    Alert,
    Detection,
    ForcedPhotometry,
    NonDetection,
    ObjectSummary,
    Part,
    Survey,
)
from alertwatch.errors import DecodeError
from alertwatch.photometry import magnitude, magnitude_error
from consumer.readers.values import (
    checked_id,
    checked_position,
    finite,
    known,
    number,
)

Record = Mapping[str, Any]

NON_DETECTION_SIGMA = 5.0  # limits are for five times the noise

PARTS = frozenset({Part.OBJECT, Part.DETECTIONS, Part.FORCED_PHOTOMETRY})


def alert(packet: Record, stream: str, received: float | None = None) -> Alert:
    """The alert with all that a packet holds; raises `DecodeError` for an implausible id or position."""
    source = packet["diaSource"]
    object_id, solar_system = identity(source, packet.get("diaObject"))
    ra, dec = checked_position(source["ra"], source["dec"])
    history = (*(packet.get("prvDiaSources") or ()), source)
    detections = known(detection(each) for each in _without_repeats(history, source))
    return Alert(
        survey=Survey.LSST,
        stream=stream,
        object_id=object_id,
        alert_id=checked_id("diaSourceId", source["diaSourceId"]),
        mjd=epoch(source["midpointMjdTai"]),
        received=received,
        ra=ra,
        dec=dec,
        solar_system=solar_system,
        detections=detections,
        non_detections=known(map(non_detection, packet.get("prvDiaNondetectionLimits") or ())),
        forced_photometry=known(map(forced_photometry, packet.get("prvDiaForcedSources") or ())),
        summary=summary(packet.get("diaObject"), detections),
        parts=PARTS | {Part.NON_DETECTIONS} if "prvDiaNondetectionLimits" in packet else PARTS,
    )


def identity(source: Record, dia_object: Record | None = None) -> tuple[str, bool]:
    """Object id and whether it is of the solar system; 0 and null both mean that there is none.

    A source that is not linked yet takes the id of the packet's ``diaObject``.
    """
    dia = source.get("diaObjectId") or (dia_object or {}).get("diaObjectId")
    ss = source.get("ssObjectId")
    if dia:
        return checked_id("diaObjectId", dia), bool(ss)
    if ss:
        return checked_id("ssObjectId", ss), True
    raise DecodeError("the packet has neither a diaObjectId nor an ssObjectId")


def detection(source: Record) -> Detection | None:
    """A diaSource, of now or before; ``None`` where the time or the band is missing."""
    get = source.get
    mjd, band = epoch(get("midpointMjdTai")), get("band")
    if mjd is None or not band:
        return None
    flux, e_flux = finite(get("psfFlux")), finite(get("psfFluxErr"))
    total, e_total = finite(get("scienceFlux")), finite(get("scienceFluxErr"))
    reference, e_reference = finite(get("templateFlux")), finite(get("templateFluxErr"))
    return Detection(
        mjd=mjd,
        band=band,
        alert_id=str(source["diaSourceId"]),
        ra=number(get("ra")),
        dec=number(get("dec")),
        mag=magnitude(flux),
        e_mag=magnitude_error(flux, e_flux),
        positive=_positive(get("isNegative"), flux),
        flux=flux,
        e_flux=e_flux,
        mag_corr=magnitude(total),
        e_mag_corr=magnitude_error(total, e_total),
        mag_ref=magnitude(reference),
        e_mag_ref=magnitude_error(reference, e_reference),
        real_bogus=number(get("reliability")),
        snr=finite(get("snr")),
    )


def forced_photometry(source: Record) -> ForcedPhotometry | None:
    """A diaForcedSource; ``None`` where time, band or flux is missing."""
    mjd, band, flux = epoch(source.get("midpointMjdTai")), source.get("band"), finite(source.get("psfFlux"))
    if mjd is None or not band or flux is None:
        return None
    return ForcedPhotometry(mjd=mjd, band=band, flux=flux, e_flux=finite(source.get("psfFluxErr")))


def non_detection(limit: Record) -> NonDetection | None:
    """A diaNondetectionLimit (schema 7), whose noise is the flux of one sigma."""
    mjd, band, noise = epoch(limit.get("midpointMjdTai")), limit.get("band"), finite(limit.get("diaNoise"))
    faintest = None if noise is None else magnitude(NON_DETECTION_SIGMA * noise)
    if mjd is None or not band or faintest is None:
        return None
    return NonDetection(mjd=mjd, band=band, limit=faintest)


def summary(dia_object: Record | None, detections: tuple[Detection, ...]) -> ObjectSummary | None:
    """The diaObject's counts and times; the first time, where it is null, from a packet that holds them all."""
    if dia_object is None:
        return None
    first, count = epoch(dia_object.get("firstDiaSourceMjdTai")), dia_object.get("nDiaSources")
    if first is None and detections and count == len(detections):
        first = min(each.mjd for each in detections)
    last = epoch(dia_object.get("lastDiaSourceMjdTai"))
    return ObjectSummary(first_mjd=first, last_mjd=last, n_det=count)


def epoch(tai: Any) -> float | None:
    """MJD UTC of an MJD TAI; ``None`` for a null or NaN."""
    mjd = finite(tai)
    return None if mjd is None else times.from_tai(mjd)


def _positive(is_negative: bool | None, flux: float | None) -> bool | None:
    """Schema 7 has no ``isNegative``: there the sign of the flux tells."""
    if is_negative is not None:
        return not is_negative
    return None if flux is None else flux > 0.0


def _without_repeats(history: tuple[Record, ...], own: Record) -> list[Record]:
    return [each for each in history if each is own or each["diaSourceId"] != own["diaSourceId"]]
