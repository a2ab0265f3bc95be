"""The tables, in one place. Changing them takes a migration in `migrations/versions` (a test compares).

Ids of the surveys are text (they exceed 2**53). Columns named ``mjd``, ``*_time`` and ``*_mjd`` are MJD UTC;
columns named ``*_at`` and ``due`` are wall-clock time, seconds since 1970: they serve queues and people, never
science. Angles are degrees; magnitudes AB; fluxes nJy.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _text(name: str, *, nullable: bool = False, key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable, primary_key=key)


def _number(name: str) -> Column[float]:
    return Column(name, Double)


def _serial() -> Column[int]:
    """A row number; an alias of SQLite's own where that is the database."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


positions = Table(
    "positions",
    metadata,
    _text("cluster_id", key=True),
    _text("group_id", key=True),
    _text("topic", key=True),
    _text("incarnation", key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    _text("source"),
    Column("next_offset", BigInteger, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index(None, "source", "updated_at"),
)

gaps = Table(
    "gaps",
    metadata,
    _serial(),
    _text("source"),
    _text("topic"),
    Column("partition", Integer),
    Column("from_offset", BigInteger),
    Column("to_offset", BigInteger),
    _number("from_time"),
    _number("to_time"),
    _text("reason"),
    Column("noticed_at", Double, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    _serial(),
    _text("source"),
    _text("topic"),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("timestamp_ms", BigInteger, nullable=False),
    _text("reader"),
    _text("error"),
    Column("payload", LargeBinary, nullable=False),
    _text("payload_hash"),
    Column("stored_at", Double, nullable=False),
    UniqueConstraint("source", "topic", "partition", "offset", "payload_hash"),
    sqlite_autoincrement=True,  # an id is never given twice
)

candidates = Table(
    "candidates",
    metadata,
    _serial(),
    _text("survey"),
    _text("object_id"),
    _text("alert_id"),
    _text("stream"),
    _text("source"),
    _text("topic"),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    _number("received"),
    Column("payload", LargeBinary, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("due", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    _text("reason", nullable=True),
    _text("owner", nullable=True),
    Column("given_up_at", Double),
    UniqueConstraint("survey", "object_id", "alert_id", "stream"),
    Index(None, "given_up_at", "due"),
    sqlite_autoincrement=True,  # an id is never given twice
)


def _judgement_columns() -> list[Column[Any]]:
    """What identifies a judgement and explains it: shared by verdicts and matches."""
    columns: list[Column[Any]] = [
        _text("filter"),
        _text("survey"),
        _text("object_id"),
        _text("alert_id"),
        _text("stream"),
        _number("mjd"),
        _text("grade", nullable=True),
        Column("criteria", JSON, nullable=False),
        _text("parameters_hash"),
    ]
    return columns


verdicts = Table(
    "verdicts",
    metadata,
    _serial(),
    *_judgement_columns(),
    _text("result"),
    Column("judged_at", Double, nullable=False),
    UniqueConstraint("filter", "survey", "object_id", "alert_id"),
    Index(None, "object_id", "mjd"),
    Index(None, "filter", "result"),
)

matches = Table(
    "matches",
    metadata,
    _serial(),
    *_judgement_columns(),
    _text("class_name", nullable=True),
    _text("classifier", nullable=True),
    _number("probability"),
    _number("ra"),
    _number("dec"),
    Column("healpix", BigInteger),
    _text("band", nullable=True),
    _number("mag"),
    Column("matched_at", Double, nullable=False),
    UniqueConstraint("filter", "survey", "object_id", "alert_id"),
    Index(None, "mjd"),
    Index(None, "filter", "mjd"),
    Index(None, "class_name", "mjd"),
    Index(None, "object_id", "mjd"),
    Index(None, "healpix"),
    sqlite_autoincrement=True,  # an id is never given twice
)

objects = Table(
    "objects",
    metadata,
    _text("survey", key=True),
    _text("object_id", key=True),
    _number("ra"),
    _number("dec"),
    _number("first_mjd"),
    _number("last_mjd"),
    Column("n_det", Integer),
    _number("first_hist_mjd"),
    Column("n_hist", Integer),
    Column("stellar", Boolean),
)

detections = Table(
    "detections",
    metadata,
    _text("survey", key=True),
    _text("object_id", key=True),
    _text("epoch", key=True),
    Column("mjd", Double, nullable=False),
    _text("band"),
    _text("alert_id", nullable=True),
    _number("ra"),
    _number("dec"),
    _number("mag"),
    _number("e_mag"),
    Column("positive", Boolean),
    _number("flux"),
    _number("e_flux"),
    _number("mag_corr"),
    _number("e_mag_corr"),
    Column("dubious", Boolean),
    _number("mag_ref"),
    _number("e_mag_ref"),
    _number("dist_ref"),
    _number("real_bogus"),
    _number("rb"),
    _number("snr"),
)

non_detections = Table(
    "non_detections",
    metadata,
    _text("survey", key=True),
    _text("object_id", key=True),
    _text("epoch", key=True),
    Column("mjd", Double, nullable=False),
    _text("band"),
    Column("limit", Double, nullable=False),
    _number("mag_ref"),
)

forced_photometry = Table(
    "forced_photometry",
    metadata,
    _text("survey", key=True),
    _text("object_id", key=True),
    _text("epoch", key=True),
    Column("mjd", Double, nullable=False),
    _text("band"),
    Column("flux", Double, nullable=False),
    _number("e_flux"),
)

filter_state = Table(
    "filter_state",
    metadata,
    _text("filter", key=True),
    Column("errors", BigInteger, nullable=False),
    Column("errors_in_row", Integer, nullable=False),
    _text("last_error", nullable=True),
    Column("last_error_at", Double),
    Column("off_since", Double),
    _text("off_reason", nullable=True),
)
