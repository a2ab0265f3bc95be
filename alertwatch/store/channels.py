"""What each channel is like just now, shared by all processes: no row, and it takes messages."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from alertwatch.store.tables import channel_state as table
from alertwatch.store.upsert import insert, printable


@dataclass(frozen=True)
class ChannelState:
    """A channel that takes nothing just now. Times are seconds since 1970.

    ``refused_since``: it refuses everything until a person acts; ``None``: it is away or asked us to wait.
    """

    channel: str
    refused_since: float | None
    reason: str | None
    try_at: float | None


_COLUMNS = [table.c[name] for name in ChannelState.__dataclass_fields__]
_REFUSED = table.c.refused_since.is_not(None)


def states(tx: Connection) -> dict[str, ChannelState]:
    """The channels that take nothing just now."""
    return {row.channel: ChannelState(*row) for row in tx.execute(select(*_COLUMNS).order_by(table.c.channel))}


def state(tx: Connection, channel: str) -> ChannelState | None:
    """The state of one channel; ``None``: it takes messages."""
    row = tx.execute(select(*_COLUMNS).where(table.c.channel == channel)).first()
    return None if row is None else ChannelState(*row)


def refused(tx: Connection, channel: str, reason: str, now: float, try_at: float) -> bool:
    """It refuses everything; nothing is sent before ``try_at``. Whether that is news."""
    before = state(tx, channel)
    since = before.refused_since if before else None
    _save(tx, ChannelState(channel, now if since is None else since, printable(reason), try_at))
    return since is None


def hold(tx: Connection, channel: str, reason: str, try_at: float) -> None:
    """It does not answer or asked us to wait: nothing is sent before ``try_at``."""
    before = state(tx, channel)
    since = before.refused_since if before else None
    _save(tx, ChannelState(channel, since, printable(reason), try_at))


def _save(tx: Connection, new: ChannelState) -> None:
    values = {name: value for name, value in vars(new).items() if name != "channel"}
    statement = insert(tx, table).values(vars(new))
    tx.execute(statement.on_conflict_do_update(index_elements=["channel"], set_=values))


def works(tx: Connection, channel: str) -> None:
    """It took a message."""
    tx.execute(delete(table).where(table.c.channel == channel))


def begin(tx: Connection, channel: str, now: float) -> None:
    """A process starts: a channel that refused everything is tried at once, for it may have been mended."""
    tx.execute(update(table).where(table.c.channel == channel, _REFUSED).values(try_at=now))


def try_now(tx: Connection, channel: str | None, now: float) -> None:
    """A person wants this channel (``None``: every one) to be tried at once, whatever it said before."""
    which = () if channel is None else (table.c.channel == channel,)
    tx.execute(update(table).where(*which).values(try_at=now))
