"""The columns of every answer: what they hold, in which unit, and their UCD (IVOA's word for what it is)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a column holds. Ids are text everywhere: they exceed 2**53."""

    TEXT = auto()
    NUMBER = auto()
    TRUTH = auto()
    MOMENT = auto()  # UTC, from MJD
    CLOCK = auto()  # UTC, from seconds since 1970


@dataclass(frozen=True)
class Field:
    """A column."""

    name: str
    kind: Kind = Kind.TEXT
    unit: str | None = None
    ucd: str | None = None


def _number(name: str, unit: str | None = None, ucd: str | None = None) -> Field:
    return Field(name, Kind.NUMBER, unit, ucd)


_MJD = _number("mjd", "d", "time.epoch")
_UTC = Field("utc", Kind.MOMENT, ucd="time.epoch")
_RA, _DEC = _number("ra", "deg", "pos.eq.ra"), _number("dec", "deg", "pos.eq.dec")
_BAND = Field("band", ucd="instr.bandpass")
_OBJECT, _SURVEY = Field("object_id", ucd="meta.id;meta.main"), Field("survey", ucd="meta.id;instr")
_ALERT, _STREAM = Field("alert_id", ucd="meta.id"), Field("stream")

MATCHES = (
    _OBJECT,
    _SURVEY,
    Field("filter"),
    Field("grade"),
    Field("class_name", ucd="src.class"),
    Field("classifier"),
    _number("probability", ucd="stat.probability"),
    _MJD,
    _UTC,
    _number("ra", "deg", "pos.eq.ra;meta.main"),
    _number("dec", "deg", "pos.eq.dec;meta.main"),
    _BAND,
    _number("mag", "mag", "phot.mag"),
    Field("labels"),
    Field("tags"),
    Field("notes"),
    _ALERT,
    _STREAM,
    Field("matched_at", Kind.CLOCK),
    Field("parameters_hash"),
)
"""A match in a row; ``labels``, ``tags`` and ``notes`` are those of its object, with semicolons between."""

LIGHT_CURVE = (
    _OBJECT,
    _SURVEY,
    Field("kind"),
    _MJD,
    _UTC,
    _BAND,
    _number("mag", "mag", "phot.mag"),
    _number("e_mag", "mag", "stat.error;phot.mag"),
    _number("limit", "mag", "phot.mag;stat.max"),
    _number("flux", "nJy", "phot.flux.density"),
    _number("e_flux", "nJy", "stat.error;phot.flux.density"),
    _number("mag_corr", "mag", "phot.mag"),
    _number("e_mag_corr", "mag", "stat.error;phot.mag"),
    Field("positive", Kind.TRUTH),
    Field("dubious", Kind.TRUTH),
    _RA,
    _DEC,
    _number("mag_ref", "mag", "phot.mag"),
    _number("e_mag_ref", "mag", "stat.error;phot.mag"),
    _number("dist_ref", "arcsec", "pos.angDistance"),
    _number("real_bogus"),
    _number("rb"),
    _number("snr", ucd="stat.snr"),
    _ALERT,
)
"""A measurement in a row; ``kind`` is detection, non_detection or forced."""

CRITERIA = (
    _OBJECT,
    _SURVEY,
    Field("filter"),
    Field("result"),
    Field("grade"),
    _MJD,
    _UTC,
    Field("criterion"),
    Field("outcome"),
    Field("value"),
    Field("threshold"),
    Field("unit"),
    Field("required", Kind.TRUTH),
    Field("note"),
    _ALERT,
    _STREAM,
    Field("judged_at", Kind.CLOCK),
    Field("parameters_hash"),
)
"""A criterion of a verdict in a row."""


def units(fields: tuple[Field, ...]) -> dict[str, str]:
    """The units of the columns that have one, as astropy writes them."""
    return {field.name: field.unit for field in fields if field.unit}
