"""Pictures are drawn in a process of its own: matplotlib would hold the interpreter that follows the stream.

A message goes out without pictures rather than late or not at all: drawing is given a few seconds, and what
fails in it is logged and no more.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import pickle
import signal
import threading
from collections import OrderedDict
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import structlog

from alertwatch.alert import Cutouts, LightCurve
from alertwatch.notification import Picture

START_SECONDS = 30.0  # the first drawing waits for matplotlib, which may have to look for its fonts
DRAW_SECONDS = 10.0
KEPT = 64  # drawings, of some 60 kB: what several channels show of one object is drawn once

log = structlog.get_logger(__name__)


class Drawing:
    """Draws in a child process, which is started when it is needed and ends with this one, however that ends.

    Threads may share it; they are served one after the other.
    """

    def __init__(self, draw_seconds: float = DRAW_SECONDS) -> None:
        self._draw_seconds = draw_seconds
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, tuple[Picture, ...]] = OrderedDict()
        self._child: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._ready = False
        self._stopped = False

    def pictures(
        self, title: str, curve: LightCurve, cutouts: Cutouts | None, survey: str, mark_mjd: float | None
    ) -> tuple[Picture, ...]:
        """What `alertwatch.plots.pictures` draws; nothing when that fails or takes too long."""
        request = pickle.dumps((title, curve, cutouts, survey, mark_mjd))
        key = hashlib.sha256(request).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            drawn = self._drawn(request)
            if drawn is None:
                return ()
            self._kept[key] = drawn
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return drawn

    def warm_up(self) -> None:
        """Start the child, which takes a while; waits for nothing."""
        with self._lock, suppress(OSError):
            self._start()

    def stop(self) -> None:
        """End the child; what is being drawn comes to nothing."""
        self._stopped = True
        child = self._child
        if child is not None:
            with suppress(ValueError):  # closed already
                child.kill()
        with self._lock:
            self._end()

    @property
    def pid(self) -> int | None:
        """The child's process id; ``None``: there is none."""
        return self._child.pid if self._child is not None else None

    def _drawn(self, request: bytes) -> tuple[Picture, ...] | None:
        try:
            pipe = self._start()
            pipe.send_bytes(request)
            answer = self._answer(pipe, self._draw_seconds)
        except (OSError, EOFError, TimeoutError) as error:
            if not self._stopped:
                log.warning("a message goes without pictures", reason=f"{type(error).__name__}: {error}")
            self._end()
            return None
        if isinstance(answer, str):
            log.warning("a message goes without pictures", reason=answer)
            return None
        return answer

    def _answer(self, pipe: Connection, seconds: float) -> tuple[Picture, ...] | str:
        if not self._ready:
            _wait(pipe, START_SECONDS)
            pipe.recv_bytes()
            self._ready = True
        _wait(pipe, seconds)
        answer: tuple[Picture, ...] | str = pickle.loads(pipe.recv_bytes())  # noqa: S301 - our own child's
        return answer

    def _start(self) -> Connection:
        if self._stopped:
            raise OSError("drawing has ended")
        if self._child is not None and self._pipe is not None and self._child.is_alive():
            return self._pipe
        self._end()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._child = context.Process(target=draw_for, args=(theirs,), name="drawing", daemon=True)
        self._child.start()
        theirs.close()  # so that each side notices when the other one is gone
        return self._pipe

    def _end(self) -> None:
        """Forget the child, and make sure that it is gone."""
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.kill()
            self._child.join(2.0)
            with suppress(ValueError):  # it is still there, in some system call; the system ends it
                self._child.close()
        self._child, self._pipe, self._ready = None, None, False


def _wait(pipe: Connection, seconds: float) -> None:
    if not pipe.poll(seconds):
        raise TimeoutError(f"drawing took longer than {seconds:g} s")


def draw_for(pipe: Connection) -> None:
    """The child: draws until the other end of the pipe is closed, which the system does when a process dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    from alertwatch.plots import pictures  # noqa: PLC0415 - matplotlib, which the parent does without

    with suppress(EOFError, OSError):
        pipe.send_bytes(b"ready")
        while True:
            title, curve, cutouts, survey, mjd = pickle.loads(pipe.recv_bytes())  # noqa: S301 - our own parent's
            try:
                drawn: object = pictures(title, curve, cutouts, survey, mark_mjd=mjd)
            except Exception as error:
                drawn = f"{type(error).__name__}: {error}"
            pipe.send_bytes(pickle.dumps(drawn))
