"""Pictures come from a process of their own, which may fail, hang or die, and never outlives us."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alertwatch.alert import Detection, LightCurve
from alertwatch.notification import Picture
from consumer.notify.drawing import Drawing
from tests.notify.programs import start

CURVE = LightCurve((Detection(mjd=60_000.0, band="g", mag=18.5, e_mag=0.1, alert_id="1"),))


@pytest.fixture(scope="module")
def drawing() -> Iterator[Drawing]:
    one = Drawing()
    yield one
    one.stop()


def drawn(drawing: Drawing, title: str, curve: LightCurve = CURVE) -> tuple[Picture, ...]:
    return drawing.pictures(title, curve, None, "ztf", 60_000.0)


def test_a_light_curve_is_drawn(drawing: Drawing) -> None:
    (picture,) = drawn(drawing, "ZTF21aaaaaaa")
    assert picture.png.startswith(b"\x89PNG")


def test_the_same_object_at_the_same_state_is_drawn_once(drawing: Drawing) -> None:
    first = drawn(drawing, "ZTF21aaaaaab")
    assert drawn(drawing, "ZTF21aaaaaab") is first
    assert drawn(drawing, "ZTF21aaaaaab", LightCurve(CURVE.detections * 2)) is not first


def test_what_cannot_be_drawn_gives_no_pictures_and_the_next_one_does(drawing: Drawing) -> None:
    assert drawn(drawing, "ZTF21aaaaaac", LightCurve(("no detection",))) == ()  # type: ignore[arg-type]
    assert drawn(drawing, "ZTF21aaaaaac")


def test_a_process_that_died_is_replaced(drawing: Drawing) -> None:
    drawn(drawing, "ZTF21aaaaaad")
    assert drawing.pid
    os.kill(drawing.pid, signal.SIGKILL)
    titles = (f"ZTF21aaaaa{n}" for n in range(3))
    assert any(drawn(drawing, title) for title in titles)


def test_drawing_that_takes_too_long_is_given_up() -> None:
    drawing = Drawing(draw_seconds=0.0)
    assert drawn(drawing, "ZTF21aaaaaae") == ()
    assert drawing.pid is None
    drawing.stop()


def test_nothing_is_drawn_after_a_stop(drawing: Drawing) -> None:
    stopped = Drawing()
    stopped.warm_up()
    pid = stopped.pid
    stopped.stop()
    assert pid is not None
    assert not _runs(pid)
    assert drawn(stopped, "ZTF21aaaaaaf") == ()


def test_the_process_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = start("draw", "", tmp_path)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert _runs(pid)
    parent.kill()
    parent.communicate()
    for _ in range(1_000):
        if not _runs(pid):
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} lives on")


def _runs(pid: int) -> bool:
    """Whether the process is there, and not as a zombie that nobody has looked after."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
