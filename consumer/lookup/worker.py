"""The workers: claim candidates from the database, have them completed and judged, settle them.

A candidate's verdicts, its matches and its removal are one transaction. A process that dies loses nothing: what
it had claimed is due again when the lease runs out.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import structlog
from sqlalchemy import Connection

from alertwatch.alert import Alert
from alertwatch.errors import StoreUnavailable
from alertwatch.settings import Settings
from alertwatch.store import Store, candidates, cutouts, verdicts
from alertwatch.store.candidates import Candidate
from alertwatch.store.verdicts import NewMatch
from consumer.judging import Judges
from consumer.lookup import apis
from consumer.lookup.attempt import Attempts, GiveUp, Later, Ready, Result
from consumer.lookup.stamps import Stamps, source_id
from consumer.notify.notices import Notices

POLL_SECONDS = 0.5
TELL_EVERY_SECONDS = 60.0
STOP_SECONDS = 6.0
GIVE_BACK_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 15.0

T = TypeVar("T")
log = structlog.get_logger(__name__)


class LookupTally(NamedTuple):
    """What was done since the start: counters only."""

    looked_up: int = 0
    judged: int = 0
    matches: int = 0
    postponed: int = 0
    given_up: int = 0

    def plus(self, **counts: int) -> LookupTally:
        """The sum, counter by counter."""
        return self._replace(**{name: getattr(self, name) + count for name, count in counts.items()})


class LookupWorkers:
    """Threads that work on due candidates until ``stop`` is set.

    ``tally``, ``requests`` (by API), ``busy`` and ``failure`` (what stopped a worker, and with it the service)
    are for other threads to look at. ``notices`` writes down what subscriptions may have to be told. ``stamps``
    (without it: none) is asked for images of matches, and closed by whoever made it. ``clock``: epoch seconds.
    """

    def __init__(
        self,
        store: Store,
        judges: Judges,
        settings: Settings,
        stop: threading.Event,
        clock: Callable[[], float] = time.time,
        notices: Notices | None = None,
        stamps: Stamps | None = None,
    ) -> None:
        self.tally = LookupTally()
        self.failure: BaseException | None = None
        self._store = store
        self._judges = judges
        self._settings = settings.lookups
        self._stop = stop
        self._clock = clock
        self._notices = notices or Notices()
        self._lookups = apis.build(settings.apis, clock)
        self._stamps = stamps or Stamps({}, clock)
        self._attempts = Attempts(self._lookups, judges, settings.lookups, clock)
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._threads = [
            threading.Thread(target=self._run, name=f"lookup-{n}", daemon=True)
            for n in range(settings.lookups.workers)
        ]
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._claimed: deque[Candidate] = deque()
        self._in_hand: set[int] = set()
        self._claiming = False
        self._told = False
        self._tell_next = 0.0
        self._store_away = False

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop within ten seconds and give back what is not settled; a request under way is abandoned."""
        self._stop.set()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        giving_back = threading.Thread(target=self._give_back, daemon=True)
        giving_back.start()
        giving_back.join(GIVE_BACK_SECONDS)
        for lookup in self._lookups.values():
            lookup.close()

    @property
    def busy(self) -> bool:
        """Whether a candidate is claimed and not settled yet."""
        return self._claiming or bool(self._claimed) or bool(self._in_hand)

    @property
    def requests(self) -> dict[str, int]:
        """Requests sent since the start, by API."""
        clients = [client for lookup in self._lookups.values() for client in lookup.clients]
        return {client.name: client.requests for client in (*clients, *self._stamps.clients)}

    def _give_back(self) -> None:
        """Let others have what is claimed at once; without the database, when the lease ends."""
        try:
            with self._store.write() as tx:
                candidates.release(tx, self._owner, self._clock())
        except StoreUnavailable as error:
            log.warning("candidates not given back; they are due when their lease ends", error=str(error))

    def _run(self) -> None:
        try:
            while (candidate := self._next()) is not None:
                self._work_on(candidate)
        except BaseException as error:
            log.exception("a look-up worker stopped, and with it the service")
            self.failure = error
            self._stop.set()

    def _next(self) -> Candidate | None:
        """The next candidate; ``None`` when told to stop. One worker at a time waits for the database's."""
        with self._turn:
            while not self._stop.is_set():
                if self._claimed:
                    self._in_hand.add(self._claimed[0].id)
                    return self._claimed.popleft()
                self._claim()
                if not self._claimed:
                    self._stop.wait(POLL_SECONDS)
        return None

    def _claim(self) -> None:
        self._claiming = True
        self._claimed.extend(self._patiently(self._claim_due) or ())
        self._claiming = False

    def _claim_due(self, tx: Connection) -> list[Candidate]:
        now = self._clock()
        self._tell(tx, now)
        limit, lease = self._settings.workers, self._settings.lease_seconds
        return list(candidates.claim(tx, self._owner, limit, now, lease))

    def _tell(self, tx: Connection, now: float) -> None:
        """Say once when candidates begin to wait too long."""
        if now < self._tell_next:
            return
        self._tell_next = now + TELL_EVERY_SECONDS
        counts = candidates.count(tx, now)
        long = counts.oldest_wait_s > self._settings.tell_after_minutes * 60
        if long and not self._told:
            log.warning(
                "candidates wait long for their look-up",
                waiting=counts.waiting,
                longest_minutes=round(counts.oldest_wait_s / 60),
                advice="alertwatch candidates lists them, and why",
            )
        self._told = long

    def _work_on(self, candidate: Candidate) -> None:
        result = self._attempts.make(candidate)
        try:
            self._finish(candidate, result)
        except Exception as error:  # what cannot be stored of one alert must not come back for ever
            self._finish(candidate, self._attempts.unforeseen(candidate, error))
        finally:
            self._in_hand.discard(candidate.id)

    def _finish(self, candidate: Candidate, result: Result) -> None:
        matches = self._patiently(lambda tx: self._settle(tx, candidate, result))
        if matches is None:
            return
        if isinstance(result, Ready):
            self._notices.committed([result.judged])
        self._count(candidate, result, matches)
        if matches and isinstance(result, Ready) and result.judged.cutouts is None:
            self._add_images(result.judged.alert)

    def _add_images(self, alert: Alert) -> None:
        """Those that the message did not bring; the match is stored by now, since it must not wait for them.

        Whatever goes wrong with them is no word on the candidate, which is done.
        """
        wanted = source_id(alert.alert_id, alert.detections)
        try:
            images = self._stamps.cutouts(alert.survey, alert.object_id, wanted) if wanted else None
            if images is not None:
                key = alert.survey, alert.object_id, alert.alert_id
                self._patiently(lambda tx: cutouts.save(tx, *key, images, self._clock()))
        except Exception:
            log.exception("images of a match are not kept", object=alert.object_id)

    def _settle(self, tx: Connection, candidate: Candidate, result: Result) -> list[NewMatch]:
        """Everything that comes of one attempt, in one transaction."""
        matches: list[NewMatch] = []
        next_time: Later | GiveUp | None
        if isinstance(result, Ready):
            matches = verdicts.save(tx, [result.judged], self._clock())
            self._notices.record(tx, [result.judged], matches, self._clock())
            self._judges.sync(tx, self._clock())
            next_time = self._attempts.again(candidate, result.off) if result.off else None
        else:
            next_time = result
        match next_time:
            case None:
                candidates.remove(tx, candidate)
            case GiveUp(reason):
                candidates.give_up(tx, candidate, reason, self._clock())
            case Later(reason, due, attempts, api_down):
                candidates.postpone(tx, candidate, reason, due, attempts)
                if api_down:
                    candidates.hold(tx, candidate.survey, reason, due, self._clock())
        return matches

    def _count(self, candidate: Candidate, result: Result, matches: list[NewMatch]) -> None:
        for new in matches:
            log.info(
                "match",
                filter=new.verdict.filter,
                object=new.alert.object_id,
                alert=new.alert.alert_id,
                grade=new.verdict.grade,
            )
        if isinstance(result, GiveUp):
            log.warning("candidate given up", object=candidate.object_id, reason=result.reason)
        with self._counting:
            self.tally = self.tally.plus(
                looked_up=1,
                judged=isinstance(result, Ready),
                matches=len(matches),
                postponed=isinstance(result, Later),
                given_up=isinstance(result, GiveUp),
            )

    def _patiently(self, write: Callable[[Connection], T]) -> T | None:
        """One transaction, however long the database is away; ``None`` when told to stop before it was back."""
        wait = 0.2
        while True:
            try:
                with self._store.write() as tx:
                    done = write(tx)
            except StoreUnavailable as error:
                self._note_store(away=True, error=str(error))
            else:
                self._note_store(away=False)
                return done
            if self._stop.wait(wait):
                return None
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    def _note_store(self, *, away: bool, error: str = "") -> None:
        if away and not self._store_away:
            log.warning("look-ups wait: the database does not answer", error=error)
        elif self._store_away and not away:
            log.info("look-ups go on: the database is back")
        self._store_away = away
