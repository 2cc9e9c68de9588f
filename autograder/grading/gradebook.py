"""nbgrader's gradebook: what was released is read from it, and records are entered into it.

One process writes. A record is entered in one go, with the meaning nbgrader's own steps give to
scores, comments and penalties, so that formgrader and every nbgrader command read it as theirs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties

from autograder.errors import NothingDone
from autograder.grading.database import PATIENCE, open_gradebook, patiently
from autograder.grading.released import PlainCell, Released, ReleasedCell
from autograder.nearest import nearest
from autograder.source import notebook_name

if TYPE_CHECKING:
    from datetime import datetime

    from autograder.course_directory import CourseDirectory
    from autograder.grading.record import Record

__all__ = ["AssignmentGradebook", "expected_grades"]

T = TypeVar("T")


class AssignmentGradebook:
    """The gradebook as far as one assignment goes.

    Parameters
    ----------
    course : CourseDirectory
    assignment : str
    patience : float
        Seconds to wait for a locked database.

    Raises
    ------
    GradebookLocked, NothingDone
        The database is locked or cannot be reached, or has no such assignment.
    """

    def __init__(
        self, course: CourseDirectory, assignment: str, patience: float = PATIENCE
    ) -> None:
        self.course, self.assignment, self.patience = course, assignment, patience
        self.notebook = notebook_name(assignment)
        self._book = open_gradebook(course, patience)
        self.released = self._do(self._read_released)
        penalties = AssignLatePenalties(config=course.config)
        penalties.init_plugin()
        self._penalty: Callable[..., float | None] = penalties.plugin_inst.late_submission_penalty

    def __enter__(self) -> AssignmentGradebook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._book.close()

    def assert_writable(self) -> None:
        """Make sure that nobody holds the database before work is spent on it.

        Raises
        ------
        GradebookLocked
            Somebody does.
        """

        def touch() -> None:
            course = self._book.db.get(api.Course, self.course.course_id)
            self._book.db.query(api.Course).filter_by(id=course.id).update({"id": course.id})
            self._book.db.rollback()

        self._do(touch)

    def late_seconds(self, student: str, timestamp: datetime | None) -> float:
        """Return how late a submission is, by the due date and the student's extension."""

        def read() -> float:
            due = self._book.find_assignment(self.assignment).duedate
            if due is None or timestamp is None:
                return 0.0
            with contextlib.suppress(api.MissingEntry):
                submission = self._book.find_submission(self.assignment, student)
                due += submission.extension or timedelta()
            return max(0.0, (timestamp - due).total_seconds())

        return self._do(read)

    def holds(self, record: Record) -> bool:
        """Return whether the gradebook says what a record says."""

        def compare() -> bool:
            try:
                notebook = self._book.find_submission_notebook(
                    self.notebook, self.assignment, record.student
                )
            except api.MissingEntry:
                return False
            entered = {grade.cell_id: grade.auto_score for grade in notebook.grades}
            wanted = expected_grades(record, self.released)
            return all(entered.get(self._ids[name]) == wanted[name][0] for name in wanted)

        return self._do(compare)

    def students(self) -> tuple[str, ...]:
        """Return every student in the gradebook."""
        return self._do(lambda: tuple(student.id for student in self._book.students))

    def enter(self, record: Record, timestamp: datetime | None = None) -> None:
        """Enter a record; whatever stood there for this submission is replaced.

        What a person gave stays, and is marked to be looked at again, as nbgrader does.

        Parameters
        ----------
        record : Record
        timestamp : datetime, optional
            When it was handed in, UTC.

        Raises
        ------
        GradebookLocked, NothingDone
            It could not be entered; the gradebook is as it was.
        """
        self._do(lambda: self._enter(record, timestamp))

    def _enter(self, record: Record, timestamp: datetime | None) -> None:
        self._book.update_or_create_student(record.student)
        given = {} if timestamp is None else {"timestamp": timestamp}
        submission = self._book.update_or_create_submission(
            self.assignment, record.student, **given
        )
        notebook = next(each for each in submission.notebooks if each.name == self.notebook)
        names = {cell_id: name for name, cell_id in self._ids.items()}
        wanted = expected_grades(record, self.released)
        for grade in notebook.grades:
            grade.auto_score, needs_person = wanted[names[grade.cell_id]]
            grade.needs_manual_grade = needs_person or grade.manual_score is not None
        comments = _comments(record, self.released)
        for comment in notebook.comments:
            comment.auto_comment = comments.get(comment.cell.name)
        self._enter_penalty(record, notebook)
        self._book.db.commit()

    def _enter_penalty(self, record: Record, notebook: Any) -> None:
        notebook.late_submission_penalty = None
        if record.late_seconds <= 0:
            return
        self._book.db.flush()
        self._book.db.refresh(notebook, ["score"])
        penalty = self._penalty(record.student, notebook.score, record.late_seconds)
        if penalty is not None:
            notebook.late_submission_penalty = min(max(penalty, 0.0), notebook.score)

    def _read_released(self) -> Released:
        try:
            notebook = self._book.find_notebook(self.notebook, self.assignment)
        except api.MissingEntry:
            raise NothingDone(self._unknown()) from None
        graded = {cell.name: cell for cell in (*notebook.grade_cells, *notebook.task_cells)}
        solutions = {cell.name for cell in notebook.solution_cells}
        tasks = {cell.name for cell in notebook.task_cells}
        self._ids = {name: cell.id for name, cell in graded.items()}
        recorded = {
            cell.name: ReleasedCell(
                name=cell.name,
                kind=cell.cell_type,
                source=cell.source or "",
                grade=cell.name in graded and cell.name not in tasks,
                solution=cell.name in solutions,
                locked=bool(cell.locked),
                task=cell.name in tasks,
                points=float(graded[cell.name].max_score) if cell.name in graded else 0.0,
                checksum=cell.checksum,
            )
            for cell in notebook.source_cells
        }
        path = self.course.release(self.assignment) / f"{self.notebook}.ipynb"
        return Released(self.assignment, self.notebook, _layout(path, recorded))

    def _unknown(self) -> str:
        known = [assignment.name for assignment in self._book.assignments]
        if near := nearest(self.assignment, known):
            return f"no assignment {self.assignment!r} in the gradebook: did you mean {near}?"
        return (
            f"no assignment {self.assignment!r} in the gradebook (it has: "
            f"{', '.join(known) or 'none'}): run `autograder build {self.assignment}`."
        )

    def _do(self, action: Callable[[], T]) -> T:
        return patiently(action, self.patience, self._book.db.rollback)


def expected_grades(record: Record, released: Released) -> dict[str, tuple[float | None, bool]]:
    """Return what a record comes to in the gradebook: score and need of a person, for each cell.

    A score of None is no score: for what a person has to score, and for a submission that could
    not be read, so that no earlier score goes on standing for it.
    """
    verdicts = {verdict.exercise: verdict for verdict in record.verdicts}
    grades: dict[str, tuple[float | None, bool]] = {}
    for name, cell in released.cells.items():
        if cell.is_check:
            verdict = verdicts.get(name)
            known = verdict is not None and record.status not in ("missing", "unreadable")
            grades[name] = (
                (verdict.score, verdict.status != "graded") if verdict and known else (None, True)
            )
        elif cell.grade or cell.task:
            blank = name in record.unanswered
            grades[name] = (0.0, False) if blank else (None, True)
    return grades


def _comments(record: Record, released: Released) -> dict[str, str]:
    """Say "No response." where nbgrader does, and what happened where there is no score."""
    said = dict.fromkeys(record.unanswered, "No response.")
    status = {verdict.exercise: verdict.status for verdict in record.verdicts}
    for name, cell in released.cells.items():
        outcome = status.get(cell.exercise, record.status)
        if cell.solution and outcome != "graded" and name not in said:
            said[name] = f"Not scored in full: {outcome}. Your instructor looks at it."
    return said


def _layout(path: Path, recorded: dict[str, ReleasedCell]) -> dict[str, ReleasedCell | PlainCell]:
    """Order the recorded cells as the released file has them, with the plain cells between."""
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
