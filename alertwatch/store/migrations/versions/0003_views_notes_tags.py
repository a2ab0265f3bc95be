"""Queries: views in human units, notes and tags, and indexes for months of matches.

Views are written in the SQL of both databases; what they spell differently is filled in by `_words`. A later
migration that changes a column of theirs drops the view first (PostgreSQL insists) and makes it anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "notes",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_notes_object_id"), "notes", ["object_id"], unique=False)
    op.create_table(
        "tags",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", "survey", "tag"),
    )
    op.create_index(op.f("ix_tags_tag"), "tags", ["tag"], unique=False)
    op.create_index(op.f("ix_objects_object_id"), "objects", ["object_id"], unique=False)
    op.drop_index(op.f("ix_matches_healpix"), "matches")
    op.create_index("ix_matches_sky", "matches", SKY, unique=False)
    words = _words(op.get_bind().dialect.name)
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS{_filled_in(query, words)}")


def _words(dialect: str) -> dict[str, str]:
    """What the databases spell differently. ``[mjd X]`` and ``[clock X]`` become a time in UTC."""
    if dialect == "postgresql":
        return {
            "mjd": "to_timestamp(({} - 40587) * 86400) AT TIME ZONE 'UTC'",
            "clock": "to_timestamp({}) AT TIME ZONE 'UTC'",
            "listed": "string_agg({}, ', ')",
            "criteria": "LEFT JOIN LATERAL json_array_elements({}) WITH ORDINALITY AS c(value, place) ON true",
            "place": "c.place",
            "field": "c.value ->> '{}'",
            "yes": "(c.value ->> '{}')::boolean",
        }
    return {
        "mjd": "strftime('%Y-%m-%d %H:%M:%f', {} + 2400000.5)",
        "clock": "strftime('%Y-%m-%d %H:%M:%f', {}, 'unixepoch')",
        "listed": "group_concat({}, ', ')",
        "criteria": "LEFT JOIN json_each({}) AS c ON true",
        "place": "c.key + 1",
        "field": "json_extract(c.value, '$.{}')",
        "yes": "json_extract(c.value, '$.{}')",
    }


def _filled_in(query: str, words: dict[str, str]) -> str:
    """``[word argument]`` in the SQL of this database."""
    for word, spelled in words.items():
        while f"[{word}" in query:
            before, _, rest = query.partition(f"[{word}")
            argument, _, after = rest.partition("]")
            query = before + spelled.replace("{}", argument.strip()) + after
    return query


def _said(source: str) -> str:
    """Columns with what people said of an object: subqueries, which cost nothing unless asked for."""
    own = f"x.survey = {source}.survey AND x.object_id = {source}.object_id"
    return f"""
        (SELECT [listed x.said] FROM (SELECT x.label || ' (' || x."by" || ')' AS said FROM labels x
            WHERE {own} ORDER BY x.id) x) AS labels,
        (SELECT [listed x.tag] FROM (SELECT x.tag FROM tags x WHERE {own} ORDER BY x.tag) x) AS tags,
        (SELECT count(*) FROM notes x WHERE {own}) AS n_notes"""


SKY = [
    *("healpix", "ra", "dec", "mjd", "mag", "filter", "survey", "object_id", "alert_id", "stream", "grade"),
    *("class_name", "classifier", "probability", "band", "matched_at", "parameters_hash", "id"),
]

VIEWS = {
    "v_matches": f"""
    SELECT m.id AS match_id, m.filter, m.survey, m.object_id, m.alert_id, m.stream,
        [mjd m.mjd] AS time_utc, m.mjd, m.grade,
        m.class_name AS class, m.classifier, m.probability, m.ra, m.dec, m.band, m.mag,
        [clock m.matched_at] AS matched_utc,
        (SELECT count(*) FROM detections d
            WHERE d.survey = m.survey AND d.object_id = m.object_id) AS n_detections,
        (SELECT min(d.mjd) FROM detections d
            WHERE d.survey = m.survey AND d.object_id = m.object_id) AS first_detection_mjd,
        (SELECT max(d.mjd) FROM detections d
            WHERE d.survey = m.survey AND d.object_id = m.object_id) AS last_detection_mjd,
        (SELECT min(d.mag) FROM detections d
            WHERE d.survey = m.survey AND d.object_id = m.object_id AND d.positive IS NOT FALSE) AS peak_mag,
        (SELECT max(n.mjd) FROM non_detections n
            WHERE n.survey = m.survey AND n.object_id = m.object_id AND n.mjd < m.mjd
        ) AS last_non_detection_mjd,{_said("m")}
    FROM matches m""",
    "v_objects": f"""
    SELECT o.survey, o.object_id, o.ra, o.dec, o.n_det AS n_detections,
        o.first_mjd AS first_detection_mjd, [mjd o.first_mjd] AS first_detection_utc,
        o.last_mjd AS last_detection_mjd, [mjd o.last_mjd] AS last_detection_utc,
        (SELECT count(*) FROM matches x
            WHERE x.survey = o.survey AND x.object_id = o.object_id) AS n_matches,
        (SELECT count(DISTINCT x.filter) FROM matches x
            WHERE x.survey = o.survey AND x.object_id = o.object_id) AS n_filters,
        (SELECT [listed x.filter] FROM (SELECT DISTINCT x.filter FROM matches x
            WHERE x.survey = o.survey AND x.object_id = o.object_id ORDER BY x.filter) x) AS filters,
        m.id AS match_id, m.filter, m.grade, m.class_name AS class, m.classifier, m.probability,
        m.mjd AS match_mjd, [mjd m.mjd] AS match_utc, m.band, m.mag,{_said("o")}
    FROM objects o LEFT JOIN matches m ON m.id = (SELECT x.id FROM matches x
        WHERE x.survey = o.survey AND x.object_id = o.object_id
        ORDER BY x.mjd DESC NULLS LAST, x.id DESC LIMIT 1)""",
    # Joined with objects, whose index finds an object without its survey being named.
    "v_light_curves": """
    SELECT o.survey, o.object_id, 'detection' AS kind, [mjd d.mjd] AS time_utc, d.mjd, d.band,
        d.mag, d.e_mag, CAST(NULL AS DOUBLE PRECISION) AS limit_mag, d.mag_corr, d.e_mag_corr,
        d.flux AS flux_njy, d.e_flux AS e_flux_njy, d.positive, d.dubious, d.real_bogus, d.ra, d.dec, d.alert_id
    FROM objects o JOIN detections d ON d.survey = o.survey AND d.object_id = o.object_id
    UNION ALL
    SELECT o.survey, o.object_id, 'non-detection', [mjd d.mjd], d.mjd, d.band,
        NULL, NULL, d."limit", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM objects o JOIN non_detections d ON d.survey = o.survey AND d.object_id = o.object_id
    UNION ALL
    SELECT o.survey, o.object_id, 'forced', [mjd d.mjd], d.mjd, d.band,
        NULL, NULL, NULL, NULL, NULL, d.flux, d.e_flux, NULL, NULL, NULL, NULL, NULL, NULL
    FROM objects o JOIN forced_photometry d ON d.survey = o.survey AND d.object_id = o.object_id""",
    "v_verdicts": """
    SELECT v.id AS verdict_id, v.filter, v.survey, v.object_id, v.alert_id, v.stream,
        [mjd v.mjd] AS time_utc, v.mjd, v.result, v.grade, [clock v.judged_at] AS judged_utc,
        [place] AS place, [field name] AS criterion, [field outcome] AS outcome, [field value] AS value,
        [field threshold] AS threshold, [field unit] AS unit, [yes required] AS required, [field note] AS note
    FROM verdicts v [criteria v.criteria]
    WHERE v.filter <> 'followed'""",
    "v_labels": """
    SELECT l.id AS label_id, l.survey, l.object_id, l.label, l.reason, l."by" AS said_by, l.via,
        [clock l.added_at] AS said_utc
    FROM labels l""",
    "v_tags": """
    SELECT t.survey, t.object_id, t.tag, t."by" AS said_by, [clock t.added_at] AS said_utc FROM tags t""",
    "v_notes": """
    SELECT n.id AS note_id, n.survey, n.object_id, n.text, n."by" AS said_by, [clock n.added_at] AS said_utc
    FROM notes n""",
    "v_deliveries": """
    SELECT d.id AS delivery_id, d.subscription, d.channel, d.kind, d.title, d.state, d.urgent, d.attempts,
        d.error, [clock d.created_at] AS created_utc, [clock d.sent_at] AS sent_utc,
        o.survey, o.object_id, o.alert_id, o.filter, o.match_id, i.reason
    FROM deliveries d
    LEFT JOIN delivery_items i ON i.delivery_id = d.id
    LEFT JOIN outbox o ON o.id = i.outbox_id""",
}
