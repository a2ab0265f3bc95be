"""One round of planning: what becomes of some rows of the outbox, within one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

import msgspec
from sqlalchemy import Connection

from alertwatch.facts import Facts
from alertwatch.filter import FOLLOWED
from alertwatch.store import labels, mutes, outbox
from alertwatch.store import told as told_store
from alertwatch.store.outbox import PAUSED, Row, State
from alertwatch.store.told import Told
from alertwatch.subscriptions import Subscription
from consumer.notify import policy, sources
from consumer.notify.floods import Budgets, Outgoing
from consumer.notify.messages import Entry, Release, messages
from consumer.notify.policy import NOTHING_NEW, Case, Skip, Tell
from consumer.notify.sources import Source
from consumer.notify.waits import Wait, Waits, Windows

REMOVED = "the subscription was removed"
LOOK_SECONDS = 3600.0  # rows of paused subscriptions are due when those go on; this often in any case

_Settled = tuple[State, str, float | None, bool]


class Round:
    """Decides on rows in their order, each knowing what the ones before it have told. ``now``: s since 1970."""

    def __init__(
        self,
        tx: Connection,
        subscriptions: Mapping[str, Subscription],
        budgets: Budgets,
        waits: Waits,
        now: float,
    ) -> None:
        self._tx = tx
        self._subscriptions = subscriptions
        self._waits = waits
        self._now = now
        self._windows: Windows = {}
        self._outgoing = Outgoing(tx, budgets, now)
        self._mutes = mutes.active(tx, now)
        self._entries: dict[tuple[str, int], Entry] = {}
        self._told: dict[tuple[str, int], Told] = {}
        self._changed: set[tuple[str, int]] = set()
        self._settled: dict[_Settled, list[int]] = {}

    def run(self, rows: Sequence[Row]) -> None:
        """Settle every row, and queue the messages."""
        open_rows = [row for row in rows if self._is_open(row)]
        found = sources.resolve(self._tx, {(row.survey, row.object_id) for row in open_rows})
        said = labels.of(self._tx, {key for source in found.values() for key in source.keys})
        self._load_told(open_rows, found)
        for row in open_rows:
            source = found[row.survey, row.object_id]
            self._decide(row, source, [label for key in source.keys for label in said.get(key, ())])
        self._write()

    def _is_open(self, row: Row) -> bool:
        """Whether there is something to decide; else the row is settled."""
        one = self._subscriptions.get(row.subscription)
        if one is None:
            self._settle(row, "skipped", REMOVED)
        elif one.problem is not None:
            self._settle(row, "waiting", "the subscription has to be mended", self._now + LOOK_SECONDS)
        elif one.paused_at is not None:
            self._settle(row, "waiting", PAUSED, self._now + LOOK_SECONDS)
        else:
            return True
        return False

    def _load_told(self, rows: Iterable[Row], found: Mapping[tuple[str, str], Source]) -> None:
        by_name = attrgetter("subscription")
        for name, group in groupby(sorted(rows, key=by_name), by_name):
            ids = {found[row.survey, row.object_id].id for row in group}
            for source_id, told in told_store.load(self._tx, name, ids).items():
                self._told[name, source_id] = told

    def _decide(self, row: Row, source: Source, said: Sequence[labels.Label]) -> None:
        one = self._subscriptions[row.subscription]
        case = self._case(one, row, source, said)
        decision = policy.decide(case)
        if isinstance(decision, Skip):
            self._skip(row, source, case, decision)
            return
        release = Release.AT_ONCE if decision.urgent else self._when(one, row)
        if isinstance(release, Wait):
            self._settle(row, "waiting", release.reason, release.due)
        else:
            self._tell(row, source, case, decision, release)

    def _when(self, one: Subscription, row: Row) -> Wait | Release:
        return self._waits.of(self._tx, one, row, self._now, self._windows)

    def _case(self, one: Subscription, row: Row, source: Source, said: Sequence[labels.Label]) -> Case:
        case = Case(
            asked=one.settings,
            filter=row.filter,
            facts=_facts(row, source),
            matched=source.filters,
            told=self._told.get((one.name, source.id)),
        )
        filters = case.filters if row.filter == FOLLOWED else [row.filter]
        why = policy.silenced(source.keys, case.facts, filters, self._mutes, said)
        return case if why is None else replace(case, silenced=why)

    def _skip(self, row: Row, source: Source, case: Case, decision: Skip) -> None:
        """Not worth a word; a row about what is being told already belongs to that message."""
        what = (row.subscription, source.id)
        entry = self._entries.get(what)
        if entry is not None and decision.reason == NOTHING_NEW:
            entry.items.append((row.id, entry.items[0][1]))
            self._settle(row, "told", entry.items[0][1])
            return
        self._settle(row, "skipped", decision.reason)
        noted = policy.noted(case.told, case.facts) if case.told and case.silenced is None else None
        if noted is not None:
            self._told[what] = noted
            self._changed.add(what)

    def _tell(self, row: Row, source: Source, case: Case, decision: Tell, release: Release) -> None:
        one, what = self._subscriptions[row.subscription], (row.subscription, source.id)
        entry = self._entries.get(what)
        if entry is None:
            entry = Entry(one, source.id, row.object_id, decision.kind, case.facts, release)
            self._entries[what] = entry
        entry.urgent = entry.urgent or decision.urgent
        why = "; ".join(decision.reasons)
        entry.items.append((row.id, why))
        self._settle(row, "told", why, urgent=decision.urgent)
        self._told[what] = policy.remember(case, one.name, source.id, self._now)
        self._changed.add(what)

    def _settle(
        self, row: Row, state: State, reason: str, due: float | None = None, *, urgent: bool = False
    ) -> None:
        self._settled.setdefault((state, reason, due, urgent), []).append(row.id)

    def _write(self) -> None:
        for (state, reason, due, urgent), ids in self._settled.items():
            outbox.settle(self._tx, ids, state, reason, due=due, urgent=urgent)
        told_store.save(self._tx, (self._told[what] for what in sorted(self._changed)))
        for name in dict.fromkeys(name for name, _ in self._entries):
            entries = [entry for (of, _), entry in self._entries.items() if of == name]
            for message in messages(self._subscriptions[name], entries):
                self._outgoing.add(message)
        self._outgoing.write()


def _facts(row: Row, source: Source) -> Facts:
    """Of a new row, what its alert says; of one that was held back, the newest; each fills the other's gaps."""
    if row.state == "new":
        return row.facts.over(source.newest)
    newest = source.newest.over(row.facts)
    return newest if row.facts.grade is None else msgspec.structs.replace(newest, grade=row.facts.grade)
