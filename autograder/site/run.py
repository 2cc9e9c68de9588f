"""What a released notebook shows before anybody has answered: its own cells, run in a kernel."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, v4

from autograder.errors import NothingDone

__all__ = ["Ran", "is_check", "run"]

CELL_SECONDS = 120

NOT_WRITTEN = "NotImplementedError"
FOLLOWS = ("NameError",)
"""What a cell ends with that uses what a cell before it could not make."""


@dataclass
class Ran:
    """A notebook after its run.

    Attributes
    ----------
    cells : list of NotebookNode
        All of its cells; those that ran have their outputs.
    waiting : set of str
        Ids of cells that need the reader's code: their outputs are left out.
    models : dict
        The state of each widget, by the id that outputs call it by.
    """

    cells: list[NotebookNode]
    waiting: set[str] = field(default_factory=set)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)


def is_check(cell: NotebookNode) -> bool:
    """Tell whether a cell is a graded check: before anything is written it only says so."""
    marks = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(marks.get("grade")) and not marks.get("solution")


def run(notebook: NotebookNode, assignment: str) -> Ran:
    """Run a released notebook's cells, except its checks, in a fresh kernel.

    Only for the course's own notebooks: nothing contains them.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Its cells are given their outputs.
    assignment : str
        To name it in an error.

    Raises
    ------
    NothingDone
        A cell fails, and not because something is still to be written.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and not is_check(cell)]
    running = v4.new_notebook(cells=code, metadata=notebook.metadata)
    with tempfile.TemporaryDirectory(prefix="autograder-site-") as place:
        client = NotebookClient(
            running,
            timeout=CELL_SECONDS,
            allow_errors=True,
            extra_arguments=["--log-level=ERROR"],  # it warns of TCP on loopback
            resources={"metadata": {"path": place}},
        )
        try:
            client.execute()
        except (CellTimeoutError, DeadKernelError) as error:
            raise NothingDone(f"{assignment} does not run: {error}. Repair its source.") from error
    ran = Ran(notebook.cells, models=client.widget_state)
    for cell in running.cells:
        _sort_out_errors(cell, ran, assignment)
    return ran


def _sort_out_errors(cell: NotebookNode, ran: Ran, assignment: str) -> None:
    """Leave out what a cell puts out that waits for the reader, and complain of any other error."""
    error = next((each for each in cell.outputs if each.output_type == "error"), None)
    if error is None:
        return
    is_waiting = error.ename == NOT_WRITTEN or (ran.waiting and error.ename in FOLLOWS)
    if not is_waiting:
        raise NothingDone(
            f"{assignment}: the cell that begins {cell.source.strip()[:60]!r} ends with "
            f"{error.ename}: {error.evalue}. Repair its source, and run `autograder build`."
        )
    ran.waiting.add(cell.id)
    cell.outputs = []
