"""The health of each configured filter, shared by all processes: errors in a row, switched off or not."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from alertwatch.store.tables import filter_state as table
from alertwatch.store.upsert import insert, printable


@dataclass(frozen=True)
class FilterState:
    """One filter's health. Times are seconds since 1970; ``off_since`` ``None``: the filter runs."""

    filter: str
    errors: int = 0
    errors_in_row: int = 0
    last_error: str | None = None
    last_error_at: float | None = None
    off_since: float | None = None
    off_reason: str | None = None


_COLUMNS = [table.c[name] for name in FilterState.__dataclass_fields__]


def all(tx: Connection) -> dict[str, FilterState]:  # noqa: A001 - read as filter_state.all
    """The state of every filter that ever had an error or was switched off; the others are well."""
    return {row.filter: FilterState(*row) for row in tx.execute(select(*_COLUMNS).order_by(table.c.filter))}


def switched_off(tx: Connection) -> set[str]:
    """Names of the filters that are switched off."""
    return set(tx.scalars(select(table.c.filter).where(table.c.off_since.is_not(None))))


def record_error(
    tx: Connection, name: str, error: str, now: float, in_a_row: int, *, switch_off: bool = False
) -> None:
    """Count an error of the filter, its ``in_a_row``-th on end, and switch it off if that is too many."""
    values = {"errors_in_row": in_a_row, "last_error": printable(error), "last_error_at": now}
    off = {"off_since": now, "off_reason": f"{in_a_row} errors in a row"} if switch_off else {}
    statement = insert(tx, table).values(filter=name, errors=1, **values, **off)
    kept = {column: func.coalesce(table.c[column], value) for column, value in off.items()}
    update_ = {**values, **kept, "errors": table.c.errors + 1}
    tx.execute(statement.on_conflict_do_update(index_elements=["filter"], set_=update_))


def reset(tx: Connection, name: str) -> bool:
    """Let the filter run again, its errors in a row forgotten; ``False`` when it was not switched off."""
    on = {"off_since": None, "off_reason": None, "errors_in_row": 0}
    off_now = update(table).where(table.c.filter == name, table.c.off_since.is_not(None))
    return tx.execute(off_now.values(on)).rowcount > 0
