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
    text,
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

# All that a list of matches shows. Neighbours on the sky are stored years apart: this index holds what is
# asked of them side by side, so that their rows need not be fetched from all over the disk.
SKY = (
    *("healpix", "ra", "dec", "mjd", "mag", "filter", "survey", "object_id", "alert_id", "stream", "grade"),
    *("class_name", "classifier", "probability", "band", "matched_at", "parameters_hash", "id"),
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
    Index("ix_matches_sky", *SKY),
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
    Column("crossmatches", JSON(none_as_null=True)),
    Index(None, "object_id"),  # the views find an object without its survey being named
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

cutouts = Table(
    "cutouts",
    metadata,
    _text("survey", key=True),
    _text("object_id", key=True),
    _text("alert_id", key=True),
    Column("science", LargeBinary),
    Column("template", LargeBinary),
    Column("difference", LargeBinary),
    Column("stored_at", Double, nullable=False),
)

# -- notifications ---------------------------------------------------------------------------------------

followed = Table(  # objects that matched: their later alerts are looked at
    "followed",
    metadata,
    _text("survey", key=True),
    _text("object_id", key=True),
    Column("filters", JSON, nullable=False),  # those that matched → when they last did
    Column("facts", JSON, nullable=False),  # the newest known
    Column("source_id", BigInteger),  # the same for all ids of one source on the sky; null: not looked at yet
    _number("ra"),
    _number("dec"),
    Column("healpix", BigInteger),
    Column("since", Double, nullable=False),
    Column("until_at", Double, nullable=False),
    Index(None, "healpix"),
    Index(None, "source_id"),
    Index(None, "until_at"),
)

subscriptions = Table(  # those added by command, and the state of all
    "subscriptions",
    metadata,
    _text("name", key=True),
    Column("definition", JSON(none_as_null=True)),  # null: it stands in the settings file
    Column("paused_at", Double),
    Column("added_at", Double, nullable=False),
)

outbox = Table(  # one row for each subscription and match, or later alert of what matched
    "outbox",
    metadata,
    _serial(),
    _text("subscription"),
    _text("filter"),  # that matched; "followed": a later alert
    _text("survey"),
    _text("object_id"),
    _text("alert_id"),
    Column("match_id", BigInteger),
    Column("facts", JSON, nullable=False),
    _text("state"),  # new → waiting → told, skipped
    _text("reason", nullable=True),  # why it waits, was skipped, or was told
    Column("urgent", Boolean, nullable=False),
    Column("due", Double, nullable=False),
    Column("added_at", Double, nullable=False),
    UniqueConstraint("subscription", "filter", "survey", "object_id", "alert_id"),
    Index(None, "state", "due"),
    Index(None, "object_id"),
    sqlite_autoincrement=True,  # an id is never given twice
)

told = Table(  # what a subscription last said of a source
    "told",
    metadata,
    _text("subscription", key=True),
    Column("source_id", BigInteger, primary_key=True, autoincrement=False),
    Column("classes", JSON, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("mags", JSON, nullable=False),  # brightest, by band
    _number("probability"),
    Column("first_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
)

OPEN = text("state IN ('pending', 'sending', 'posted')")  # a delivery that is not settled yet

deliveries = Table(  # the ledger: one row for each message and channel
    "deliveries",
    metadata,
    _serial(),
    _text("key"),
    _text("subscription"),
    _text("channel"),
    _text("kind"),
    _text("title"),
    _text("text"),
    _text("state"),  # pending → sending → posted → sent; failed
    Column("urgent", Boolean, nullable=False),
    Column("source_id", BigInteger),  # of a message about one source: updates continue it
    Column("due", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    _text("owner", nullable=True),
    _text("error", nullable=True),
    Column("receipt", JSON(none_as_null=True)),
    Column("created_at", Double, nullable=False),
    Column("sent_at", Double),
    UniqueConstraint("key"),
    Index("ix_deliveries_open", "channel", "urgent", "due", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    Index(None, "channel", "created_at"),
    Index(None, "channel", "subscription", "source_id"),
    sqlite_autoincrement=True,  # an id is never given twice
)

delivery_items = Table(  # the outbox rows that a message tells of
    "delivery_items",
    metadata,
    Column("delivery_id", BigInteger, primary_key=True, autoincrement=False),
    Column("outbox_id", BigInteger, primary_key=True, autoincrement=False),
    _text("reason"),
    Index(None, "outbox_id"),
)

attempts = Table(
    "attempts",
    metadata,
    _serial(),
    Column("delivery_id", BigInteger, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    _text("outcome", nullable=True),  # sent, found, later, refused, channel refused; null: cut short
    _text("error", nullable=True),
    Index(None, "delivery_id"),
)

channel_state = Table(
    "channel_state",
    metadata,
    _text("channel", key=True),
    Column("refused_since", Double),
    _text("reason", nullable=True),
    Column("try_at", Double),
)

mutes = Table(
    "mutes",
    metadata,
    _serial(),
    _text("kind"),  # object, filter, region
    _text("value"),  # SURVEY:OBJECT or OBJECT, the filter's name, "RA DEC RADIUS" in degrees
    Column("until_at", Double),
    _text("reason", nullable=True),
    _text("by", nullable=True),
    Column("added_at", Double, nullable=False),
    UniqueConstraint("kind", "value"),
)

labels = Table(  # what people said of an object
    "labels",
    metadata,
    _serial(),
    _text("survey"),
    _text("object_id"),
    _text("label"),
    _text("reason", nullable=True),
    _text("by"),
    _text("via"),  # command, slack, …
    Column("added_at", Double, nullable=False),
    Index(None, "object_id"),
    Index(None, "label"),
)

notes = Table(  # free text on an object
    "notes",
    metadata,
    _serial(),
    _text("survey"),
    _text("object_id"),
    _text("text"),
    _text("by"),
    Column("added_at", Double, nullable=False),
    Index(None, "object_id"),
)

tags = Table(  # words that gather objects
    "tags",
    metadata,
    _text("object_id", key=True),
    _text("survey", key=True),
    _text("tag", key=True),
    _text("by"),
    Column("added_at", Double, nullable=False),
    Index(None, "tag"),
)

concerns = Table(  # what the operator was told, so that it is said once
    "concerns",
    metadata,
    _text("key", key=True),
    _text("sentence"),
    Column("since", Double, nullable=False),
    Column("told_at", Double),
)
