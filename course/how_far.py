"""How far a student is: read from the notebooks themselves, from what `check` has shown in them.

Nothing is run and nothing is kept elsewhere: a check that was passed and saved counts, until its
cell is run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from course.exercises import Exercise, assignments, load

__all__ = ["AssignmentProgress", "NoNotebooks", "Progress", "progress"]


class NoNotebooks(Exception):
    """There is no notebook of the course here; the message says where to look for them."""


@dataclass(frozen=True)
class AssignmentProgress:
    """How far one assignment is.

    Attributes
    ----------
    assignment : str
    path : Path or None
        The notebook; None if it is not there.
    exercises : tuple of Exercise
        All of them, in order.
    passed, tried : frozenset of str
        Names of the exercises whose check was passed, or was run at all.
    problem : str
        Why the notebook could not be read, or "".
    """

    assignment: str
    path: Path | None
    exercises: tuple[Exercise, ...]
    passed: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def next(self) -> Exercise | None:
        """The first exercise that is not passed."""
        return next((each for each in self.exercises if each.name not in self.passed), None)

    @property
    def points(self) -> float:
        """Points of the exercises passed."""
        return sum(each.points for each in self.exercises if each.name in self.passed)

    @property
    def of(self) -> float:
        """Points of all exercises."""
        return sum(each.points for each in self.exercises)


@dataclass(frozen=True)
class Progress:
    """How far all assignments are; a notebook shows it as a table."""

    assignments: tuple[AssignmentProgress, ...] = field(default_factory=tuple)

    @property
    def next(self) -> tuple[AssignmentProgress, Exercise] | None:
        """What to do next: something that was begun, else the first that is not done."""
        open_ones = [each for each in self.assignments if each.path and each.next]
        begun = [each for each in open_ones if each.tried]
        for each in (*begun, *open_ones):
            if each.next is not None:
                return each, each.next
        return None

    def __str__(self) -> str:
        """Return the table as text."""
        width = max((len(each.assignment) for each in self.assignments), default=0)
        return "\n".join([*(_line(each, width) for each in self.assignments), "", self._advice()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cell = "padding:2px 12px 2px 0;text-align:left"
        head = "".join(
            f"<th scope='col' style='{cell}'>{each}</th>"
            for each in ("assignment", "passed", "points", "next")
        )
        rows = "".join(
            "<tr>"
            + "".join(f"<td style='{cell}'>{escape(text)}</td>" for text in _row(each))
            + "</tr>"
            for each in self.assignments
        )
        return (
            f"<table><caption style='text-align:left'>{escape(self._advice())}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )

    def _advice(self) -> str:
        if self.next is None:
            return "Everything that can be checked is passed."
        at, exercise = self.next
        return f"Next: {exercise.name} in {at.assignment}, under “{exercise.read}”."


def progress(folder: str | Path = ".") -> Progress:
    """Read how far the notebooks below a folder are.

    Parameters
    ----------
    folder : str or Path
        Where the assignments' folders are, or one of them, or a folder that holds ``notebooks``.

    Raises
    ------
    NoNotebooks
        If no notebook of the course is found there.
    """
    folder = Path(folder)
    found = tuple(_read(name, _notebook(folder, name)) for name in assignments())
    if not any(each.path for each in found):
        raise NoNotebooks(
            f"there is no notebook of the course in {folder.resolve()}: go to the folder that holds"
            f" {assignments()[0]}, or name it."
        )
    return Progress(found)


def _notebook(folder: Path, assignment: str) -> Path | None:
    name = f"{assignment.partition('_')[2]}.ipynb"
    folder = folder.resolve()
    here, above = (folder / assignment, folder / "notebooks" / assignment), folder.parent
    places = [*here, folder, above / assignment]
    return next((place / name for place in places if (place / name).is_file()), None)


def _read(assignment: str, path: Path | None) -> AssignmentProgress:
    exercises = tuple(load(assignment).values())
    if path is None:
        return AssignmentProgress(assignment, None, exercises)
    try:
        kept = list(_verdicts(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        return AssignmentProgress(assignment, path, exercises, problem=f"cannot be read: {error}")
    latest = {each["exercise"]: bool(each["passed"]) for each in kept}
    passed = frozenset(name for name, done in latest.items() if done)
    return AssignmentProgress(assignment, path, exercises, passed, frozenset(latest))


def _verdicts(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            kept = output.get("metadata", {}).get("verdict")
            if kept:
                yield kept


def _row(each: AssignmentProgress) -> Sequence[str]:
    if each.path is None:
        return (each.assignment, "not here", "", "")
    if each.problem:
        return (each.assignment, each.problem, "", "")
    upcoming = each.next.name if each.next else "done"
    count = f"{len(each.passed)} of {len(each.exercises)}"
    return (each.assignment, count, f"{each.points:g} of {each.of:g}", upcoming)


def _line(each: AssignmentProgress, width: int) -> str:
    name, count, points, upcoming = _row(each)
    if not points:
        return f"{name:<{width}}  {count}"
    done = round(20 * len(each.passed) / max(len(each.exercises), 1))
    bar = "#" * done + "." * (20 - done)
    return f"{name:<{width}}  [{bar}] {count:>8}  {points:>10} points  next: {upcoming}"
