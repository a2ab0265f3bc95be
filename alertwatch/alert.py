"""The alert: one survey-neutral, frozen value that every reader makes and every filter judges.

Units, everywhere: positions in degrees (ICRS), separations in arcsec, times in MJD UTC, durations in days,
magnitudes AB, fluxes in nJy. ``None`` means *not known* and is never a number in disguise: readers turn the
surveys' sentinels (-999, 100, NaN, ...) into ``None``. Ids are text, because they exceed 2**53.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Survey(StrEnum):
    """The survey that took the image."""

    ZTF = "ztf"
    LSST = "lsst"


class Part(StrEnum):
    """A part of an alert that may come with the message or must be looked up.

    A part that is *known to be empty* (a first detection has no history) is present; only what nobody has
    told us yet is absent. ``Filter.needs`` and ``Alert.parts`` are sets of these.
    """

    OBJECT = "object"
    DETECTIONS = "detections"
    NON_DETECTIONS = "non_detections"
    FORCED_PHOTOMETRY = "forced_photometry"
    CLASSIFICATIONS = "classifications"
    FEATURES = "features"
    CROSSMATCHES = "crossmatches"


class Classification(msgspec.Struct, frozen=True, kw_only=True):
    """One classifier's opinion: class name → probability, in the classifier's own taxonomy."""

    classifier: str
    version: str | None = None
    probabilities: dict[str, float]

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """Classes with their probabilities, the most probable first; equal ones in the classifier's order."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])

    @property
    def best(self) -> str | None:
        """The most probable class (``None`` when there is none)."""
        return max(self.probabilities, key=self.probabilities.__getitem__, default=None)


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """One detection on a difference image.

    ``mag`` is the difference magnitude (what a supernova adds); ``mag_corr`` the total apparent one (reference
    plus difference: what an AGN or a variable star shows), given only where it is valid. ``positive`` tells
    whether the source got brighter than the reference. ``flux`` is the signed difference flux where the survey
    gives fluxes. ``mag_ref`` and ``dist_ref`` are of the nearest source in the reference image.
    """

    mjd: float
    band: str
    alert_id: str | None = None
    ra: float | None = None
    dec: float | None = None
    mag: float | None = None
    e_mag: float | None = None
    positive: bool | None = None
    flux: float | None = None
    e_flux: float | None = None
    mag_corr: float | None = None
    e_mag_corr: float | None = None
    dubious: bool | None = None
    mag_ref: float | None = None
    e_mag_ref: float | None = None
    dist_ref: float | None = None
    real_bogus: float | None = None  # ZTF drb, LSST reliability: 0 bogus … 1 real
    rb: float | None = None  # ZTF's older random-forest score
    snr: float | None = None


class NonDetection(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that did not see the source: ``limit`` is its 5-sigma limiting magnitude."""

    mjd: float
    band: str
    limit: float
    mag_ref: float | None = None


class ForcedPhotometry(msgspec.Struct, frozen=True, kw_only=True):
    """Flux measured at the object's position whether or not it was detected: difference flux, nJy."""

    mjd: float
    band: str
    flux: float
    e_flux: float | None = None


class LightCurve(msgspec.Struct, frozen=True):
    """All that alerts and look-ups told of an object's brightness, each part by time."""

    detections: tuple[Detection, ...] = ()
    non_detections: tuple[NonDetection, ...] = ()
    forced_photometry: tuple[ForcedPhotometry, ...] = ()


class CrossMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A catalogue source near the object. ``star_score`` runs from 0 (galaxy) to 1 (star)."""

    catalog: str
    source_id: str | None = None
    distance: float | None = None
    star_score: float | None = None
    mag: dict[str, float] = msgspec.field(default_factory=dict)


class ObjectSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the broker or the survey knows of the object as a whole.

    ``first_mjd`` and ``last_mjd``: first and last detection; ``n_det``: detections in alerts;
    ``first_hist_mjd`` and ``n_hist``: the same in the survey's own history, which reaches below the alert
    threshold.
    """

    first_mjd: float | None = None
    last_mjd: float | None = None
    n_det: int | None = None
    first_hist_mjd: float | None = None
    n_hist: int | None = None
    corrected: bool | None = None
    stellar: bool | None = None


class Cutouts(msgspec.Struct, frozen=True, kw_only=True):
    """The three images of an alert, as the survey sent them (gzipped FITS for ZTF, FITS for LSST)."""

    science: bytes | None = None
    template: bytes | None = None
    difference: bytes | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of one object, with all that is known of it at its time.

    ``stream`` is the reader that decoded it (``ztf_stamp``, ``lsst_packet``, …). ``alert_id`` is the survey's
    own (candid, diaSourceId); a message that carries none (light-curve classifier) has a hash of its payload.
    ``mjd`` is the exposure's time where the message tells it, ``received`` the Kafka record's. ``solar_system``
    tells that the survey associated the alert with a known solar-system object. ``parts`` names what is known
    (see `Part`); everything else is absent, not empty.
    """

    survey: str
    stream: str
    object_id: str
    alert_id: str
    mjd: float | None = None
    received: float | None = None
    ra: float | None = None
    dec: float | None = None
    solar_system: bool | None = None
    classifications: tuple[Classification, ...] = ()
    features: dict[str, float | None] = msgspec.field(default_factory=dict)
    detections: tuple[Detection, ...] = ()
    non_detections: tuple[NonDetection, ...] = ()
    forced_photometry: tuple[ForcedPhotometry, ...] = ()
    crossmatches: tuple[CrossMatch, ...] = ()
    summary: ObjectSummary | None = None
    parts: frozenset[Part] = frozenset()

    @property
    def time(self) -> float | None:
        """The time of the alert, MJD UTC: the exposure's, else the Kafka record's. Never the wall clock."""
        return self.mjd if self.mjd is not None else self.received

    @property
    def detection(self) -> Detection | None:
        """The detection that this alert is about (``None`` when the alert does not carry it)."""
        return next((d for d in self.detections if d.alert_id == self.alert_id), None)

    @property
    def classification(self) -> Classification | None:
        """The classification that the message itself carried, or ``None``."""
        return self.classifications[0] if self.classifications else None

    def crossmatch(self, catalog: str) -> CrossMatch | None:
        """The nearest source of ``catalog`` near the object, or ``None``."""
        found = [c for c in self.crossmatches if c.catalog == catalog]
        return min(found, key=lambda c: c.distance if c.distance is not None else float("inf"), default=None)
