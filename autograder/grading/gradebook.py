"""nbgrader's gradebook: what was released is read from it, and records are entered into it.

One process writes. A record is entered in one go, with the meaning nbgrader's own steps give to
scores, comments and penalties, so that formgrader and every nbgrader command read it as theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import insert, select

from autograder.errors import NothingDone
from autograder.grading.database import PATIENCE, open_gradebook, patiently
from autograder.grading.expected import expected_comments, expected_grades
from autograder.grading.released import Released, ReleasedCell, lay_out
from autograder.nearest import nearest
from autograder.source import notebook_name

if TYPE_CHECKING:
    from datetime import datetime

    from autograder.course_directory import CourseDirectory
    from autograder.grading.record import Record

    Entry = tuple[Record, datetime | None]

__all__ = ["AssignmentGradebook"]

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
        # What others may change meanwhile is read once, when it is first asked for.
        self._due: tuple[datetime | None, dict[str, timedelta | None]] | None = None
        self._entered: dict[str, dict[str, float | None]] | None = None
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
        if self._due is None:
            self._due = self._do(self._read_due)
        due, extensions = self._due
        if due is None or timestamp is None:
            return 0.0
        due += extensions.get(student) or timedelta()
        return max(0.0, (timestamp - due).total_seconds())

    def holds(self, record: Record) -> bool:
        """Return whether the gradebook says what a record says."""
        if self._entered is None:
            self._entered = self._do(self._read_entered)
        entered = self._entered.get(record.student)
        wanted = expected_grades(record, self.released)
        return entered is not None and all(
            entered.get(self._ids[name]) == wanted[name][0] for name in wanted
        )

    def students(self) -> tuple[str, ...]:
        """Return every student in the gradebook."""
        return self._do(lambda: tuple(student.id for student in self._book.students))

    def enter(self, record: Record, timestamp: datetime | None = None) -> None:
        """Enter one record; as `enter_all`."""
        self.enter_all([(record, timestamp)])

    def enter_all(self, entries: Sequence[Entry]) -> None:
        """Enter records, all or none; whatever stood there for a submission is replaced.

        What a person gave stays, and is marked to be looked at again, as nbgrader does.

        Parameters
        ----------
        entries : sequence of (Record, datetime or None)
            With when it was handed in, UTC, of different students.

        Raises
        ------
        GradebookLocked, NothingDone
            They could not be entered; the gradebook is as it was.
        """
        self._entered = None
        self._do(lambda: self._enter(entries))

    def _enter(self, entries: Sequence[Entry]) -> None:
        """Enter records in a number of statements that does not grow with theirs."""
        session = self._book.db
        wanted = [record.student for record, _ in entries]
        known = select(api.Student.id).where(api.Student.id.in_(wanted))
        new = set(wanted).difference(session.scalars(known))
        if new:
            session.execute(insert(api.Student), [{"id": student} for student in sorted(new)])
        there = select(api.SubmittedAssignment).where(
            api.SubmittedAssignment.assignment_id == self._assignment_id,
            api.SubmittedAssignment.student_id.in_(wanted),
        )
        submissions = {each.student_id: each for each in session.scalars(there)}
        rows: dict[type[Any], list[dict[str, Any]]] = {
            api.SubmittedAssignment: [],
            api.SubmittedNotebook: [],
            api.Grade: [],
            api.Comment: [],
        }
        late = []
        for record, timestamp in entries:
            if record.student in submissions:
                notebook = self._replace(submissions[record.student], record, timestamp)
            else:
                notebook = self._add(rows, record, timestamp)
            if record.late_seconds > 0:
                late.append((record, notebook))
        for table, added in rows.items():
            if added:
                session.execute(insert(table), added)
        for record, notebook in late:
            self._enter_penalty(record, notebook)
        session.commit()

    def _add(
        self,
        rows: dict[type[Any], list[dict[str, Any]]],
        record: Record,
        timestamp: datetime | None,
    ) -> str:
        """Add the rows of a first submission; return its notebook's id."""
        submission, notebook = api.new_uuid(), api.new_uuid()
        rows[api.SubmittedAssignment].append(
            {
                "id": submission,
                "assignment_id": self._assignment_id,
                "student_id": record.student,
                "timestamp": timestamp,
            }
        )
        rows[api.SubmittedNotebook].append(
            {"id": notebook, "assignment_id": submission, "notebook_id": self._notebook_id}
        )
        for name, (score, needs_person) in expected_grades(record, self.released).items():
            rows[api.Grade].append(
                {
                    "notebook_id": notebook,
                    "cell_id": self._ids[name],
                    "auto_score": score,
                    "needs_manual_grade": needs_person,
                }
            )
        comments = expected_comments(record, self.released)
        for name, cell_id in self._commented.items():
            rows[api.Comment].append(
                {
                    "notebook_id": notebook,
                    "cell_id": cell_id,
                    "auto_comment": comments.get(name),
                }
            )
        return notebook

    def _replace(self, submission: Any, record: Record, timestamp: datetime | None) -> str:
        """Bring an earlier submission's rows up to date; return its notebook's id."""
        if timestamp is not None:
            submission.timestamp = timestamp
        notebook = next(
            each for each in submission.notebooks if each.notebook_id == self._notebook_id
        )
        notebook.late_submission_penalty = None
        wanted = expected_grades(record, self.released)
        by_id = {self._ids[name]: grade for name, grade in wanted.items()}
        for grade in notebook.grades:
            grade.auto_score, needs_person = by_id[grade.cell_id]
            grade.needs_manual_grade = needs_person or grade.manual_score is not None
        comments = expected_comments(record, self.released)
        said = {self._commented[name]: text for name, text in comments.items()}
        for comment in notebook.comments:
            comment.auto_comment = said.get(comment.cell_id)
        return str(notebook.id)

    def _enter_penalty(self, record: Record, notebook_id: str) -> None:
        """Ask nbgrader's plugin for what lateness costs, of the score as the database has it."""
        session = self._book.db
        session.flush()
        notebook = session.get(api.SubmittedNotebook, notebook_id)
        session.refresh(notebook)
        penalty = self._penalty(record.student, notebook.score, record.late_seconds)
        if penalty is not None:
            notebook.late_submission_penalty = min(max(penalty, 0.0), notebook.score)

    def _read_due(self) -> tuple[datetime | None, dict[str, timedelta | None]]:
        """Read the due date, and the extensions of it."""
        extensions = select(
            api.SubmittedAssignment.student_id, api.SubmittedAssignment.extension
        ).where(api.SubmittedAssignment.assignment_id == self._assignment_id)
        due = self._book.find_assignment(self.assignment).duedate
        return due, dict(self._book.db.execute(extensions).all())

    def _read_entered(self) -> dict[str, dict[str, float | None]]:
        """Read every score that was given without a person, by student and cell."""
        query = (
            select(api.SubmittedAssignment.student_id, api.Grade.cell_id, api.Grade.auto_score)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == api.Grade.notebook_id)
            .join(
                api.SubmittedAssignment,
                api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id,
            )
            .where(api.SubmittedNotebook.notebook_id == self._notebook_id)
        )
        entered: dict[str, dict[str, float | None]] = {}
        for student, cell, score in self._book.db.execute(query):
            entered.setdefault(student, {})[cell] = score
        return entered

    def _read_released(self) -> Released:
        try:
            notebook = self._book.find_notebook(self.notebook, self.assignment)
        except api.MissingEntry:
            raise NothingDone(self._unknown()) from None
        graded = {cell.name: cell for cell in (*notebook.grade_cells, *notebook.task_cells)}
        solutions = {cell.name for cell in notebook.solution_cells}
        tasks = {cell.name for cell in notebook.task_cells}
        self._assignment_id, self._notebook_id = notebook.assignment_id, notebook.id
        self._ids = {name: cell.id for name, cell in graded.items()}
        commented = (*notebook.solution_cells, *notebook.task_cells)
        self._commented = {cell.name: cell.id for cell in commented}
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
        return Released(self.assignment, self.notebook, lay_out(path, recorded))

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
