"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "candidates",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.Double(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("given_up_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "survey",
            "object_id",
            "alert_id",
            "stream",
            name=op.f("uq_candidates_survey_object_id_alert_id_stream"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_candidates_given_up_at_due"), "candidates", ["given_up_at", "due"], unique=False)
    op.create_table(
        "dead_letters",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "source",
            "topic",
            "partition",
            "offset",
            "payload_hash",
            name=op.f("uq_dead_letters_source_topic_partition_offset_payload_hash"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "detections",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("mjd", sa.Double(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=True),
        sa.Column("ra", sa.Double(), nullable=True),
        sa.Column("dec", sa.Double(), nullable=True),
        sa.Column("mag", sa.Double(), nullable=True),
        sa.Column("e_mag", sa.Double(), nullable=True),
        sa.Column("positive", sa.Boolean(), nullable=True),
        sa.Column("flux", sa.Double(), nullable=True),
        sa.Column("e_flux", sa.Double(), nullable=True),
        sa.Column("mag_corr", sa.Double(), nullable=True),
        sa.Column("e_mag_corr", sa.Double(), nullable=True),
        sa.Column("dubious", sa.Boolean(), nullable=True),
        sa.Column("mag_ref", sa.Double(), nullable=True),
        sa.Column("e_mag_ref", sa.Double(), nullable=True),
        sa.Column("dist_ref", sa.Double(), nullable=True),
        sa.Column("real_bogus", sa.Double(), nullable=True),
        sa.Column("rb", sa.Double(), nullable=True),
        sa.Column("snr", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("survey", "object_id", "epoch"),
    )
    op.create_table(
        "filter_state",
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("errors_in_row", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", sa.Double(), nullable=True),
        sa.Column("off_since", sa.Double(), nullable=True),
        sa.Column("off_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("filter"),
    )
    op.create_table(
        "forced_photometry",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("mjd", sa.Double(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("flux", sa.Double(), nullable=False),
        sa.Column("e_flux", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("survey", "object_id", "epoch"),
    )
    op.create_table(
        "gaps",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("from_offset", sa.BigInteger(), nullable=True),
        sa.Column("to_offset", sa.BigInteger(), nullable=True),
        sa.Column("from_time", sa.Double(), nullable=True),
        sa.Column("to_time", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "matches",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("mjd", sa.Double(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("parameters_hash", sa.Text(), nullable=False),
        sa.Column("class_name", sa.Text(), nullable=True),
        sa.Column("classifier", sa.Text(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("ra", sa.Double(), nullable=True),
        sa.Column("dec", sa.Double(), nullable=True),
        sa.Column("healpix", sa.BigInteger(), nullable=True),
        sa.Column("band", sa.Text(), nullable=True),
        sa.Column("mag", sa.Double(), nullable=True),
        sa.Column("matched_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "filter",
            "survey",
            "object_id",
            "alert_id",
            name=op.f("uq_matches_filter_survey_object_id_alert_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_matches_class_name_mjd"), "matches", ["class_name", "mjd"], unique=False)
    op.create_index(op.f("ix_matches_filter_mjd"), "matches", ["filter", "mjd"], unique=False)
    op.create_index(op.f("ix_matches_healpix"), "matches", ["healpix"], unique=False)
    op.create_index(op.f("ix_matches_mjd"), "matches", ["mjd"], unique=False)
    op.create_index(op.f("ix_matches_object_id_mjd"), "matches", ["object_id", "mjd"], unique=False)
    op.create_table(
        "non_detections",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("mjd", sa.Double(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("limit", sa.Double(), nullable=False),
        sa.Column("mag_ref", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("survey", "object_id", "epoch"),
    )
    op.create_table(
        "objects",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("ra", sa.Double(), nullable=True),
        sa.Column("dec", sa.Double(), nullable=True),
        sa.Column("first_mjd", sa.Double(), nullable=True),
        sa.Column("last_mjd", sa.Double(), nullable=True),
        sa.Column("n_det", sa.Integer(), nullable=True),
        sa.Column("first_hist_mjd", sa.Double(), nullable=True),
        sa.Column("n_hist", sa.Integer(), nullable=True),
        sa.Column("stellar", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("survey", "object_id"),
    )
    op.create_table(
        "positions",
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("cluster_id", "group_id", "topic", "incarnation", "partition"),
    )
    op.create_index(op.f("ix_positions_source_updated_at"), "positions", ["source", "updated_at"], unique=False)
    op.create_table(
        "verdicts",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("mjd", sa.Double(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("parameters_hash", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "filter",
            "survey",
            "object_id",
            "alert_id",
            name=op.f("uq_verdicts_filter_survey_object_id_alert_id"),
        ),
    )
    op.create_index(op.f("ix_verdicts_filter_result"), "verdicts", ["filter", "result"], unique=False)
    op.create_index(op.f("ix_verdicts_object_id_mjd"), "verdicts", ["object_id", "mjd"], unique=False)
