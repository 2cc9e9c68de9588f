"""What there is to export: one score for every student and assignment, or the lack of one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from autograder.grading.journal import Journal

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory
    from autograder.grading.booked import Booked
    from autograder.grading.record import Record

__all__ = ["Score", "read_scores"]


@dataclass(frozen=True)
class Score:
    """A student's score for an assignment.

    Attributes
    ----------
    assignment, student, last_name, first_name, email : str
        Names are "" where the gradebook has none.
    max_score : float
    status : str
        As in `Record`; "missing" when nothing was handed in.
    due, handed_in : datetime or None
        UTC.
    raw, penalty : float or None
        None is no grade: nothing was handed in, or it could not be read. It is never 0.
    needs_person : bool or None
        Whether an answer still waits to be read; None when nothing was handed in.
    """

    assignment: str
    student: str
    last_name: str
    first_name: str
    email: str
    max_score: float
    status: str = "missing"
    due: datetime | None = None
    handed_in: datetime | None = None
    raw: float | None = None
    penalty: float | None = None
    needs_person: bool | None = None

    @property
    def value(self) -> float | None:
        """The score after the late penalty, never below 0; None is no grade."""
        if self.raw is None:
            return None
        return max(0.0, self.raw - (self.penalty or 0.0))

    @property
    def final(self) -> float | None:
        """The score, once nobody has to look at it any more: what a student may be shown."""
        return None if self.needs_person else self.value


def read_scores(
    course: CourseDirectory,
    book: Any,
    assignments: Collection[str] = (),
    students: Collection[str] = (),
) -> list[Score]:
    """Read the scores of a course, by assignment and then by student.

    Parameters
    ----------
    course : CourseDirectory
    book : nbgrader.api.Gradebook
    assignments, students : collection of str
        Only these; all when empty.

    Raises
    ------
    JournalEntryDamaged
        A file of the journal is not a record.
    """
    return [
        score
        for assignment in book.assignments
        if not assignments or assignment.name in assignments
        for score in _of_assignment(course, book, assignment)
        if not students or score.student in students
    ]


def _of_assignment(course: CourseDirectory, book: Any, assignment: Any) -> list[Score]:
    # nbgrader takes a second to import; who only writes scores out does without.
    from autograder.grading.booked import booked

    journal = Journal(course.journal(assignment.name))
    records = {record.student: record for record in journal.records()}
    submissions = booked(book, assignment.name)
    max_score, due = assignment.max_score, assignment.duedate
    return [
        Score(
            assignment=assignment.name,
            student=student.id,
            last_name=student.last_name or "",
            first_name=student.first_name or "",
            email=student.email or "",
            max_score=max_score,
            due=due,
            **_handed_in(submissions.get(student.id), records.get(student.id)),
        )
        for student in book.students
    ]


def _handed_in(submission: Booked | None, record: Record | None) -> dict[str, Any]:
    """Return what a submission adds to a score."""
    if submission is None:
        return {}
    facts: dict[str, Any] = {
        "handed_in": submission.handed_in,
        "needs_person": submission.needs_person,
        # A submission that `nbgrader autograde` graded has no record here.
        "status": record.status if record else "graded",
    }
    if record is None or any(v.checks for v in record.verdicts) or submission.by_hand:
        facts |= {"raw": submission.score, "penalty": submission.penalty}
    return facts
