"""``alertwatch offsets``: how far each partition was read, and how far behind that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from alertwatch import registry
from alertwatch.commands import Session, has_database
from alertwatch.console import Column, Format, Row, clock, count, date, format_option, show
from alertwatch.errors import AlertwatchError
from alertwatch.settings import SourceSettings

if TYPE_CHECKING:
    from alertwatch.store.gaps import Gap
    from alertwatch.store.positions import Position

COLUMNS = [
    Column("source", "SOURCE"),
    Column("topic", "TOPIC", style="bold"),
    Column("partition", "PART", right=True),
    Column("position", "POSITION", count, right=True),
    Column("end", "END", count, right=True),
    Column("lag", "LAG", count, right=True),
    Column("updated_at", "UPDATED (UTC)"),
    Column("note", "NOTE"),
]
GAPS = [
    Column("source", "SOURCE"),
    Column("topic", "TOPIC", style="bold"),
    Column("partition", "PART", right=True),
    Column("from_offset", "FROM", right=True),
    Column("to_offset", "TO", right=True),
    Column("from_time", "FROM (UTC)", date),
    Column("to_time", "TO (UTC)", date),
    Column("reason", "WHY"),
]


@click.command()
@click.option("--source", metavar="NAME", help="Only of this source.")
@click.option("--gaps", "only_gaps", is_flag=True, help="Instead: what was gone before it could be read.")
@format_option
@click.pass_obj
def command(session: Session, source: str | None, only_gaps: bool, format_: Format) -> None:
    """Show position and lag of each topic and partition.

    Positions are those in the database; where a partition ends is asked of the broker.
    """
    sources = session.settings.sources
    if source is not None and source not in sources:
        raise AlertwatchError(f"no source {source!r} is configured{registry.nearest(source, sources)}")
    stored, missed = _stored(session)
    if only_gaps:
        rows = [vars(gap) for gap in missed if source in (None, gap.source)]
        show(rows, GAPS, format_, "nothing was missed")
        return
    rows, silent = [], []
    for name, settings in sources.items():
        if source in (None, name):
            try:
                rows += _of_source(name, settings, [p for p in stored if p.source == name])
            except AlertwatchError as error:
                rows += [_row(p, None, "the broker was not asked") for p in stored if p.source == name]
                silent.append(error)
    show(rows, COLUMNS, format_, "nothing has been read yet, and none of the topics exists")
    if missed:
        click.echo(f"{count(len(missed))} gaps are on record; --gaps shows them", err=True)
    if silent:
        raise silent[0]


def _stored(session: Session) -> tuple[list[Position], list[Gap]]:
    if not has_database(session.settings):
        return [], []
    from alertwatch.store import gaps, positions

    with session.store() as store, store.read() as tx:
        return positions.all(tx), gaps.all(tx)


def _of_source(name: str, settings: SourceSettings, stored: Iterable[Position]) -> Iterator[Row]:
    """Stored positions with the ends that the broker tells, then partitions that were not read yet."""
    from consumer.kafka.cluster import Cluster, Place
    from consumer.kafka.topics import Topics

    cluster = Cluster(name, settings)
    existing = cluster.partitions()
    topics = Topics(name, settings.topics, settings.retention_hours).followed(existing, datetime.now(UTC))
    ids = cluster.incarnations(topics | {p.key.topic for p in stored if p.key.topic in existing})
    here = [
        p
        for p in stored
        if (p.key.cluster_id, p.key.group_id, p.key.incarnation)
        == (cluster.id, settings.group_id, ids.get(p.key.topic))
    ]
    read = {Place(p.key.topic, p.key.partition): p for p in here}
    unread = [Place(t, n) for t in topics for n in range(existing[t]) if Place(t, n) not in read]
    ends = cluster.extents([*read, *unread])
    for place in sorted({*read, *unread}):
        end = ends[place].high if place in ends else None
        position = read.get(place)
        yield _row(position, end) if position else _unread(name, place.topic, place.partition, end)


def _row(position: Position, end: int | None, note: str = "") -> Row:
    return {
        "source": position.source,
        "topic": position.key.topic,
        "partition": position.key.partition,
        "position": position.next_offset,
        "end": end,
        "lag": None if end is None else max(0, end - position.next_offset),
        "updated_at": clock(position.updated_at),
        "note": note,
    }


def _unread(source: str, topic: str, partition: int, end: int | None) -> Row:
    row = {"source": source, "topic": topic, "partition": partition, "position": None, "end": end}
    return row | {"lag": None, "updated_at": None, "note": "not read yet"}
