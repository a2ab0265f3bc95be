"""Runs filters on alerts, so that a filter that raises harms nobody but itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection, event

from alertwatch.alert import Alert
from alertwatch.filter import Criterion, Filter, Judged, Outcome, Result, Verdict
from alertwatch.store import filter_state

log = structlog.get_logger(__name__)


class Judges:
    """The configured filters and their health; one instance serves all threads of a process.

    An error is one alert's *unknown* verdict with the error as its criterion, so that `explain` shows it. After
    ``max_errors`` in a row a filter is switched off, for all processes that share the database, until a person
    resets it.
    """

    def __init__(self, filters: Mapping[str, Filter[Any]], max_errors: int) -> None:
        self.filters = dict(filters)
        self._max_errors = max_errors
        self._in_a_row = dict.fromkeys(filters, 0)
        self._off: frozenset[str] = frozenset()
        self._news: dict[str, str] = {}
        self._lock = threading.Lock()

    def is_on(self, name: str) -> bool:
        """Whether the filter is configured and not switched off."""
        return name in self.filters and name not in self._off

    def wants(self, filter_: Filter[Any], alert: Alert) -> bool:
        """The filter's cheap cut. A cut that raises lets the alert through to be judged, and so recorded."""
        try:
            return filter_.wants(alert)
        except Exception as error:
            self._failed(filter_, alert, error)
            return True

    def judge(self, filters: Iterable[Filter[Any]], alert: Alert) -> Judged:
        """The alert with one verdict for each filter."""
        return Judged(alert, tuple(self._verdict(filter_, alert) for filter_ in filters))

    def sync(self, tx: Connection, now: float) -> None:
        """Write new errors, read who is switched off: once per transaction that stores verdicts.

        An error stays new until a transaction that holds it is committed. A filter that was reset starts anew.
        """
        with self._lock:
            news = dict(self._news)
        for name, error in news.items():
            self._record(tx, name, error, now)
        if news:
            event.listen(tx, "commit", lambda _: self._recorded(news))
        off = frozenset(filter_state.switched_off(tx))
        self._in_a_row.update(dict.fromkeys(self._off - off, 0))
        self._off = off

    def _record(self, tx: Connection, name: str, error: str, now: float) -> None:
        in_a_row = self._in_a_row[name]
        off = in_a_row >= self._max_errors
        filter_state.record_error(tx, name, error, now, in_a_row, switch_off=off)
        if off and self.is_on(name):
            log.error(
                "filter switched off",
                filter=name,
                errors_in_a_row=in_a_row,
                last_error=error,
                advice=f"mend it, then: alertwatch filters reset {name}",
            )

    def _recorded(self, news: Mapping[str, str]) -> None:
        with self._lock:
            for name, error in news.items():
                if self._news.get(name) is error:
                    del self._news[name]

    def _verdict(self, filter_: Filter[Any], alert: Alert) -> Verdict:
        try:
            verdict = filter_.judge(alert)
        except Exception as error:
            return self._failed(filter_, alert, error)
        self._in_a_row[filter_.name] = 0
        return verdict

    def _failed(self, filter_: Filter[Any], alert: Alert, error: Exception) -> Verdict:
        text = f"{type(error).__name__}: {error}"
        log.warning(
            "filter raised", filter=filter_.name, object=alert.object_id, alert=alert.alert_id, error=text
        )
        with self._lock:
            self._in_a_row[filter_.name] += 1
            self._news[filter_.name] = text
        return Verdict(
            filter=filter_.name,
            result=Result.UNKNOWN,
            criteria=(Criterion(name="error", outcome=Outcome.UNKNOWN, note=f"the filter raised {text}"),),
            parameters_hash=filter_.parameters_hash,
        )
