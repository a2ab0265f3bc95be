"""What people do with messages (buttons) becomes labels of objects; a thread for each channel that listens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog

from alertwatch.sink import Action, Sink
from alertwatch.store import Store, labels
from alertwatch.store.labels import Label

RETRY_SECONDS = 30.0

log = structlog.get_logger(__name__)


class Listener:
    """Its ``thread`` listens to one channel until ``stop`` is set, however often that fails."""

    def __init__(
        self, sink: Sink[Any], store: Store, stop: threading.Event, clock: Callable[[], float]
    ) -> None:
        self._sink = sink
        self._store = store
        self._stop = stop
        self._clock = clock
        self.thread = threading.Thread(target=self._run, name=f"listen-{sink.name}", daemon=True)

    def act(self, action: Action) -> None:
        """Keep what a person said. Raises `BadInput` or `StoreUnavailable`, which the person should know."""
        label = Label(
            survey=action.survey,
            object_id=action.object_id,
            label=action.label,
            reason=action.reason,
            by=action.by,
            via=self._sink.name,
            added_at=self._clock(),
        )
        with self._store.write() as tx:
            labels.add(tx, label)
        log.info("label", object=action.object_id, label=action.label, by=action.by, via=self._sink.name)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                return self._sink.listen(self.act, self._stop)
            except Exception as error:  # the messages go on; only the answers wait
                log.warning(
                    "a channel cannot be listened to; trying again", channel=self._sink.name, error=str(error)
                )
            self._stop.wait(RETRY_SECONDS)
        return None
