"""The planner: takes what is new or due from the outbox and decides what becomes of it.

One plans at a time, of all threads and processes that share the database. What is due stands in the tables
only, so a run that was missed is caught up by the next one, and a kill at any point changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile

import structlog
from sqlalchemy import Connection, text

from alertwatch.errors import AlertwatchError
from alertwatch.settings import Settings
from alertwatch.store import Store, outbox
from alertwatch.subscriptions import Subscription
from consumer.notify.floods import Budgets
from consumer.notify.round import Round
from consumer.notify.waits import Waits

CHUNK = 500
PUT_OFF_SECONDS = 600.0  # a row that cannot be decided is tried again
_ADVISORY_LOCK = 0x706C616E  # "plan": the same number in every process that shares the database

log = structlog.get_logger(__name__)


class Planner:
    """Plans the outbox. ``subscriptions`` gives all that a transaction sees, ``budgets`` each channel's."""

    def __init__(
        self,
        store: Store,
        subscriptions: Callable[[Connection], Mapping[str, Subscription]],
        budgets: Budgets,
        settings: Settings,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._budgets = budgets
        self._waits = Waits(settings.site)
        self._clock = clock

    def foresee(self, subscriptions: Iterable[Subscription]) -> None:
        """Compute when their next digests are due, so that no transaction waits while astropy is loaded."""
        self._waits.foresee(subscriptions, self._clock())

    def plan(self) -> int:
        """Look at all rows that are new or due, in transactions of at most `CHUNK`; gives how many they were.

        Raises `StoreUnavailable`; what was planned until then is kept, the rest is for the next time.
        """
        total = 0
        while number := self._chunk():
            total += number
        return total

    def _chunk(self) -> int:
        try:
            return self._planned(CHUNK)
        except AlertwatchError:
            raise
        except Exception:  # one row must not hold up all others for ever
            log.exception("rows of the outbox cannot be decided together; they are looked at one by one")
        return sum(takewhile(bool, (self._one() for _ in range(CHUNK))))

    def _planned(self, most: int) -> int:
        with self._store.write() as tx:
            _alone(tx)
            now = self._clock()
            rows = outbox.take(tx, now, most)
            if rows:
                known = self._subscriptions(tx)  # after the rows: those of a new one come after it
                Round(tx, known, self._budgets, self._waits, now).run(rows)
            return len(rows)

    def _one(self) -> int:
        try:
            return self._planned(1)
        except AlertwatchError:
            raise
        except Exception as error:
            return self._put_off(f"cannot be decided: {type(error).__name__}: {error}")

    def _put_off(self, reason: str) -> int:
        """Let the row that is next wait for somebody to mend what keeps it from being decided."""
        with self._store.write() as tx:
            _alone(tx)
            now = self._clock()
            rows = outbox.take(tx, now, 1)
            outbox.settle(tx, [row.id for row in rows], "waiting", reason, due=now + PUT_OFF_SECONDS)
        for row in rows:
            log.error("a row of the outbox waits", row=row.id, subscription=row.subscription, reason=reason)
        return len(rows)


def _alone(tx: Connection) -> None:
    """Keep other processes from planning meanwhile; on SQLite the transaction itself does that."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
