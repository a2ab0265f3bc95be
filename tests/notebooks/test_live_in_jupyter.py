"""What a person sees in Jupyter while matches arrive: a real kernel, and somebody else who writes."""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from alertwatch.report import environment
from alertwatch.settings import DatabaseSettings
from alertwatch.store import Store
from tests.query.test_live import arrive

pytestmark = pytest.mark.slow


class Jupyter:
    """A kernel and its front end. ``shown``: the HTML of each output that can be replaced, as it is now."""

    def __init__(self, folder: Path) -> None:
        self.manager, self._client = start_new_kernel(cwd=str(folder), env=environment())
        self.shown: dict[str, str] = {}
        self.texts: list[str] = []
        self.errors: list[str] = []

    def run(self, code: str, cell_id: str = "cell") -> str:
        """Run a cell to its end; what it printed."""
        message = self._client.session.msg("execute_request", {"code": code, "silent": False})
        message["metadata"]["cellId"] = cell_id
        self._client.shell_channel.send(message)
        printed = ""
        while True:
            said = self._next(60)
            own = said["parent_header"].get("msg_id") == message["header"]["msg_id"]
            if own and said["msg_type"] == "stream" and said["content"]["name"] == "stdout":
                printed += said["content"]["text"]
            if own and said["content"].get("execution_state") == "idle":
                return printed

    def wait_until(self, words: str) -> str:
        """Wait for an output that holds these words."""
        deadline = time.monotonic() + 30
        while not (found := [html for html in self.shown.values() if words in html]):
            assert time.monotonic() < deadline, f"{words!r} was never shown, but {self.shown}"
            self._next(30)
        return found[-1]

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def close(self) -> None:
        self._client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def _next(self, seconds: float) -> dict[str, Any]:
        try:
            said: dict[str, Any] = self._client.get_iopub_msg(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"Jupyter said nothing for {seconds} s; shown: {self.shown}") from None
        if said["msg_type"] == "error":
            self.errors.append("\n".join(said["content"]["traceback"]))
        if said["msg_type"] in {"display_data", "update_display_data"}:
            place = said["content"]["transient"]["display_id"]
            self.shown[place] = said["content"]["data"]["text/html"]
            self.texts.append(said["content"]["data"]["text/plain"])
        return said


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    made = Jupyter(tmp_path_factory.mktemp("jupyter"))
    made.run("import alertwatch")
    yield made
    made.close()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with Store.open(DatabaseSettings(url=sqlite_url)) as opened:
        yield opened


@pytest.fixture
def jupyter(kernel: Jupyter, store: Store, sqlite_url: str) -> Jupyter:
    kernel.shown.clear()
    kernel.run(f"url = {sqlite_url!r}")
    return kernel


LIVE = 'live = alertwatch.live("young_sn", database=url, every=0.05)\nlive'


def test_matches_and_their_light_curves_appear_while_nothing_runs(jupyter, store):
    jupyter.run(LIVE)
    assert "● watching" in jupyter.wait_until("no match yet")
    arrive(store, "ZTF26aaaaaaa")
    html = jupyter.wait_until("1 match")
    arrive(store, "ZTF26aaaaaab")
    later = jupyter.wait_until("2 matches")
    jupyter.run("live.stop()")

    assert "Light curve of ZTF26aaaaaaa" in html
    assert "https://alerce.online/object/ZTF26aaaaaaa" in html
    assert re.findall(r">(ZTF\w+)<", later) == ["ZTF26aaaaaab", "ZTF26aaaaaaa"], "the newest first"
    assert len(jupyter.shown) == 1, "all in one output, which is replaced"
    assert "■ stopped" in jupyter.wait_until("2 matches")


def test_other_cells_run_meanwhile(jupyter, store):
    jupyter.run(LIVE)
    arrive(store, "ZTF26aaaaaaa")
    jupyter.wait_until("1 match")

    assert jupyter.run("print(live.matches.object_id[0])", "another").strip() == "ZTF26aaaaaaa"
    jupyter.run("live.stop()")


def test_an_interrupt_stops_what_is_live_also_while_the_kernel_is_idle(jupyter, store):
    jupyter.run(LIVE)
    jupyter.wait_until("● watching")
    jupyter.interrupt()
    jupyter.wait_until("■ stopped")

    assert jupyter.run("print(live.running)", "another").strip() == "False"


def test_an_interrupt_ends_a_loop_that_waits_for_the_next_match(jupyter, store):
    jupyter.errors.clear()
    jupyter.run(LIVE)
    jupyter.run("import os, signal, threading", "another")
    jupyter.run("threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\nlist(live)", "loop")

    assert "KeyboardInterrupt" in jupyter.errors[-1]
    assert jupyter.run("print(live.running)", "another").strip() == "False"


def test_the_same_cell_run_again_stops_the_earlier_one(jupyter, store):
    jupyter.run(LIVE)
    jupyter.run("first = live", "another")
    jupyter.run(LIVE)
    assert jupyter.run("print(first.running, live.running)", "another").strip() == "False True"

    jupyter.run(LIVE.replace("live", "other", 1).replace("\nlive", "\nother"), "a third")
    assert jupyter.run("print(live.running, other.running)", "another").strip() == "True True"
    jupyter.run("live.stop(); other.stop()", "another")


def test_two_in_one_cell_live_side_by_side_until_it_is_run_again(jupyter, store):
    made = 'a, b = (alertwatch.live(name, database=url, every=0.05) for name in ("young_sn", "agn_flare"))'
    jupyter.run(f"{made}\ndisplay(a, b)")
    jupyter.wait_until("young_sn · no match yet")
    jupyter.wait_until("agn_flare · no match yet")
    jupyter.run("first = a, b", "another")
    jupyter.run(made)

    assert (
        jupyter.run("print(*(live.running for live in (*first, a, b)))", "another").strip()
        == "False False True True"
    )
    jupyter.run("a.stop(); b.stop()", "another")


def test_what_is_shown_twice_goes_on_in_both_places(jupyter, store):
    jupyter.run(LIVE)
    jupyter.run("live", "another")
    arrive(store, "ZTF26aaaaaaa")
    jupyter.wait_until("1 match")
    jupyter.run("live.stop()", "a third")

    assert len(jupyter.shown) == 1, "both are one output"
    assert jupyter.texts[-1] == "<live matches of young_sn: 1 so far, stopped>", "where only text can be shown"


COUNT = """
import os, threading
files = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
print(sum(thread.name == "live" for thread in threading.enumerate()), sum("alertwatch.db" in f for f in files))
"""


def test_no_thread_and_no_connection_stays_when_it_has_stopped(jupyter, store):
    for _ in range(3):
        jupyter.run(LIVE.removesuffix("live"))
    threads, files = jupyter.run(COUNT, "another").split()
    assert threads == "1"
    assert files != "0"
    jupyter.run("live.stop()", "another")

    assert jupyter.run(COUNT, "another").split() == ["0", "0"]


def test_it_sleeps_between_two_looks(jupyter, store):
    jupyter.run(LIVE.replace("0.05", "0.5"))
    used = jupyter.run(
        "import time; a = time.process_time(); time.sleep(2); print(time.process_time() - a)", "x"
    )
    jupyter.run("live.stop()")

    assert float(used) < 0.5, "seconds of the processor in two seconds"
