"""Matches as they arrive: a thread looks at the database now and then, and sleeps in between."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from alertwatch.errors import TryAgainLater
from alertwatch.query import words
from alertwatch.query.arrivals import Arrivals
from alertwatch.query.given import number, read
from alertwatch.query.known import refuse_unknown_filter
from alertwatch.query.opened import Opened, opened
from alertwatch.query.selection import Selection

if TYPE_CHECKING:
    from typing import Unpack

    from alertwatch.query.live_view import View
    from alertwatch.query.questions import Words

SLOWEST_SECONDS = 60.0
"""How seldom a database that is away is tried again, s."""


def live(
    filter: str | None = None,  # noqa: A002 - the word of the settings file and the command line
    *,
    every: float = 2.0,
    plots: int = 3,
    **more: Unpack[Words],
) -> Live:
    """Matches as they arrive, to be shown in Jupyter or looped over.

    In a notebook, as the last line of a cell, it shows a table that grows, and the light curves of the newest
    ``plots`` objects, until ``.stop()``, an interrupt of the kernel, or the same cell run again. In a script,
    ``for match in alertwatch.live("young_sn"):`` waits for the next one; to leave the loop stops it.

    ``every``: seconds between two looks. The rest is what `matches` takes, and raises; with ``since`` or
    ``night``, matches that are there already come first, without them only what arrives from now on. All of
    them come, the oldest first and then as they are stored, whatever ``limit`` and ``order`` say.
    """
    place = opened(more.pop("config", None), more.pop("database", None))
    try:
        pause = read("every", _seconds, every)
        longitude = place.settings.site.longitude
        selection = words.selection(longitude=longitude, filter=filter, **more)
        with place.reader.read() as tx:
            refuse_unknown_filter(tx, place.settings, filter)
        found = Live(place, selection, pause, plots)
    except BaseException:
        place.reader.close()
        raise
    if "IPython" in sys.modules:
        from alertwatch.query import live_view  # noqa: PLC0415 - Jupyter's own, and only there

        live_view.claim(found)
    return found


def _seconds(value: float) -> float:
    if (found := number(value)) <= 0:
        raise ValueError("is no pause between two looks; give seconds")
    return found


class Live:
    """What `live` gives: looks at the database until it is stopped."""

    def __init__(self, place: Opened, selection: Selection, every: float, plots: int) -> None:
        self.place, self.selection, self.plots = place, selection, plots
        self.trouble: str | None = None
        """Why the database cannot be asked at the moment; it is tried again."""
        self.on_change: Callable[[], None] = lambda: None
        self._every = every
        self._arrivals = Arrivals(selection)
        self._tables: list[pd.DataFrame] = []
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._view: View | None = None
        self._begin()
        context = contextvars.copy_context()  # the cell that made us, to which our output belongs
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="live", daemon=True)
        self._thread.start()

    @property
    def matches(self) -> pd.DataFrame:
        """What has arrived, in that order, with the columns of `alertwatch.matches`."""
        with self._changed:
            tables = [table for table in self._tables if len(table)] or self._tables[:1]
        found = pd.concat(tables, ignore_index=True)
        found.attrs = tables[0].attrs
        return found

    @property
    def running(self) -> bool:
        """Whether it still looks."""
        return not self._stop.is_set()

    def halt(self) -> None:
        """`stop` without waiting for the thread: what a signal handler may do."""
        self._stop.set()

    def stop(self) -> None:
        """Look no more; what has arrived stays."""
        self.halt()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __iter__(self) -> Iterator[Any]:
        """Each match as a named tuple with the columns of `matches`; waits for the next one.

        Ends when it is stopped; leaving the loop, also by an interrupt, stops it. Raises what ended it.
        """
        told = 0
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: len(self._tables) > told or not self.running)  # noqa: B023
                    new, told = self._tables[told:], len(self._tables)
                for table in new:
                    yield from table.itertuples(name="Match", index=False)
                if not new:
                    break
        finally:
            self.stop()
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "watching" if self.running else "stopped"
        count = sum(map(len, self._tables))
        return f"<live matches of {self.selection.filter or 'all filters'}: {count} so far, {state}>"

    def _ipython_display_(self) -> None:
        from alertwatch.query import live_view  # noqa: PLC0415 - Jupyter's own, and only there

        if self._view is None:
            self._view = live_view.View(self)
            self.on_change = self._view.update
        self._view.show()

    # -- the thread ------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        with self.place.reader.read() as tx:
            self._tables.append(self._arrivals.begin(tx))

    def _run(self) -> None:
        pause = self._every
        try:
            while not self._stop.wait(pause):
                pause = self._look(pause)
        except Exception as error:
            self._error = error
            self.trouble = f"{type(error).__name__}: {error}"
        finally:
            self._stop.set()
            with self._changed:
                self._changed.notify_all()
            self.on_change()
            self.place.reader.close()

    def _look(self, pause: float) -> float:
        """Look once; the seconds until the next time."""
        try:
            with self.place.reader.read() as tx:
                new = self._arrivals.look(tx)
        except TryAgainLater as error:
            self._say(str(error))
            return min(2 * pause, SLOWEST_SECONDS)
        if new:
            with self._changed:
                self._tables += new
                self._changed.notify_all()
            self.on_change()
        self._say(None)
        return self._every

    def _say(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self.on_change()
