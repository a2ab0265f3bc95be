"""Executes a notebook: in a kernel of this very Python, so that it has what we have."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from alertwatch.report import environment, jupyter

_LOG = logging.getLogger("alertwatch.report.nbclient")
_LOG.setLevel(logging.CRITICAL)  # what goes wrong is raised

CELL_SECONDS = 120
"""The longest that a cell may take, s."""


Progress: TypeAlias = Callable[[int, int], None]
"""Told how many cells are done, of how many."""


def quiet(_: int, __: int) -> None:
    """Nobody wants to know."""


def execute(notebook: Any, folder: Path, progress: Progress = quiet) -> list[str]:
    """Run the cells in place, with ``folder`` as their own; a sentence for each cell that failed.

    A cell that fails says so in a line, and the others go on. Raises `RuntimeError` when the kernel cannot be
    started, dies or takes too long.
    """
    if all(cell.cell_type != "code" for cell in notebook.cells):
        return []
    nbclient = jupyter("nbclient")
    with TemporaryDirectory(prefix="alertwatch-") as place:
        client = nbclient.NotebookClient(
            notebook,
            kernel_manager_class=_kernel_class(),
            # sockets in a folder of ours: no port that others on this machine could reach
            config=jupyter("traitlets.config").Config(
                {"KernelManager": {"transport": "ipc", "ip": f"{place}/kernel"}}
            ),
            timeout=CELL_SECONDS,
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            log=_LOG,
            on_cell_executed=lambda cell_index, **_: progress(cell_index + 1, len(notebook.cells)),
        )
        try:
            client.execute(env=environment(), stdout=DEVNULL, stderr=DEVNULL)  # ours may carry an answer
        except nbclient.exceptions.CellTimeoutError:
            raise RuntimeError(f"a cell of the report took longer than {CELL_SECONDS} s") from None
        except nbclient.exceptions.DeadKernelError:
            raise RuntimeError("the report's kernel died; it may have run out of memory") from None
        except AssertionError:  # so nbclient ends when it is interrupted: its kernel is gone before it stops it
            raise KeyboardInterrupt from None
    return [said for n, cell in enumerate(notebook.cells, 1) if (said := _mended(n, cell)) is not None]


def _kernel_class() -> type[Any]:
    client = jupyter("jupyter_client")
    manager: Any = client.AsyncKernelManager

    class OwnKernel(manager):  # type: ignore[misc]
        """What other kernels are installed for this person, under whichever name, does not matter."""

        @property
        def kernel_spec(self) -> Any:
            arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return client.kernelspec.KernelSpec(argv=arguments, display_name="Python 3", language="python")

    return OwnKernel


def _mended(number: int, cell: Any) -> str | None:
    """Put a line in the place of a traceback; the sentence, or ``None`` if nothing failed."""
    failed = [output for output in cell.get("outputs", ()) if output.output_type == "error"]
    if not failed:
        return None
    line = cell.source.strip().splitlines()[0]
    said = f"{failed[0].ename}: {failed[0].evalue}".splitlines()[0]
    cell.outputs = [_line(f"This could not be shown: {said}") if o in failed else o for o in cell.outputs]
    return f"cell {number} ({line}): {said}"


def _line(text: str) -> Any:
    return jupyter("nbformat").v4.new_output("display_data", {"text/plain": text})
