"""What was released: nbgrader's record of the cells that matter, in the released order.

This is the truth a submission is repaired from. Text, points, type and lock of a cell are the
gradebook's; the order of cells, their ids and the plain cells between are the released file's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.errors import NothingDone

__all__ = ["PlainCell", "Released", "ReleasedCell", "lay_out"]


@dataclass(frozen=True)
class ReleasedCell:
    """A cell that nbgrader keeps a record of.

    Attributes
    ----------
    name : str
        nbgrader's ``grade_id``.
    kind : str
        ``"code"`` or ``"markdown"``.
    source : str
        Its text as released.
    grade, solution, locked, task : bool
        nbgrader's flags.
    points : float
        What it can give; 0 when it is not graded.
    checksum : str or None
        nbgrader's checksum of it as released.
    """

    name: str
    kind: str
    source: str
    grade: bool
    solution: bool
    locked: bool
    task: bool = False
    points: float = 0.0
    checksum: str | None = None

    @property
    def is_check(self) -> bool:
        """Whether it is scored without a person."""
        return self.grade and not self.solution

    @property
    def is_manual(self) -> bool:
        """Whether a person scores what the student wrote in it."""
        return (self.grade and self.solution) or self.task

    @property
    def exercise(self) -> str:
        """Name of the exercise that this cell is the stub of."""
        return self.name.removesuffix("-stub")

    def metadata(self) -> dict[str, Any]:
        """Return the cell's metadata as nbgrader released it."""
        nbgrader: dict[str, Any] = {
            "schema_version": 3,
            "grade_id": self.name,
            "grade": self.grade,
            "solution": self.solution,
            "locked": self.locked,
            "task": self.task,
            "cell_type": self.kind,
        }
        if self.grade or self.task:
            nbgrader["points"] = self.points
        if self.checksum:
            nbgrader["checksum"] = self.checksum
        metadata: dict[str, Any] = {"nbgrader": nbgrader, "deletable": False}
        if self.locked or self.is_check:
            metadata["editable"] = False
        return metadata


@dataclass(frozen=True)
class PlainCell:
    """A released cell that nbgrader keeps no record of: prose, or code that is only run."""

    kind: str
    source: str


@dataclass(frozen=True)
class Released:
    """A released notebook.

    Attributes
    ----------
    assignment, notebook : str
    layout : dict of str to (ReleasedCell or PlainCell)
        Every cell by its id, in the released order.
    """

    assignment: str
    notebook: str
    layout: dict[str, ReleasedCell | PlainCell]

    @cached_property
    def cells(self) -> dict[str, ReleasedCell]:
        """The recorded cells by name, in the released order."""
        return {c.name: c for c in self.layout.values() if isinstance(c, ReleasedCell)}

    @cached_property
    def checks(self) -> dict[str, ReleasedCell]:
        """The graded checks by name, which is their exercise's."""
        return {name: cell for name, cell in self.cells.items() if cell.is_check}

    @property
    def setup(self) -> dict[str, PlainCell]:
        """Plain code before the first recorded cell, by id: what every later cell may rely on."""
        found: dict[str, PlainCell] = {}
        for cell_id, cell in self.layout.items():
            if isinstance(cell, ReleasedCell):
                break
            if cell.kind == "code":
                found[cell_id] = cell
        return found


def lay_out(path: Path, recorded: dict[str, ReleasedCell]) -> dict[str, ReleasedCell | PlainCell]:
    """Order the recorded cells as the released file has them, with the plain cells between.

    Raises
    ------
    NothingDone
        The file cannot be read, or has not all of them.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError) as error:
        raise NothingDone(
            f"the released notebook {path} cannot be read ({error}): run `autograder build`."
        ) from error
    layout: dict[str, ReleasedCell | PlainCell] = {}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        layout[cell.id] = recorded.get(name) or PlainCell(cell.cell_type, cell.source)
    laid = {cell.name for cell in layout.values() if isinstance(cell, ReleasedCell)}
    if absent := sorted(set(recorded) - laid):
        raise NothingDone(
            f"{path} has no cell {absent[0]!r}, which the gradebook has: run `autograder build`."
        )
    return layout
