"""What the gradebook adds to the journal: the roster, manual points and late penalties."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.course_directory import CourseDirectory

__all__ = ["Grade", "Grades", "read_grades"]


@dataclass(frozen=True)
class Grade:
    """One student's grade for one assignment.

    Attributes
    ----------
    score, max_score : float
        With manual points and after the late penalty.
    late_penalty : float
        Points taken off.
    needs_manual_grade : bool
        Whether a person has still to read an answer.
    """

    score: float
    max_score: float
    late_penalty: float
    needs_manual_grade: bool


@dataclass(frozen=True)
class Grades:
    """What the report reads from the gradebook.

    Attributes
    ----------
    roster : dict
        Student to full name; "" where the gradebook has none.
    grades : dict
        (assignment, student) to `Grade`.
    """

    roster: dict[str, str] = field(default_factory=dict)
    grades: dict[tuple[str, str], Grade] = field(default_factory=dict)


def read_grades(course: CourseDirectory, assignments: list[str]) -> Grades:
    """Read the grades of some assignments from the gradebook.

    Parameters
    ----------
    course : CourseDirectory
    assignments : list of str

    Raises
    ------
    GradebookLocked, NothingDone
        The database is locked, or cannot be read.
    """
    # nbgrader takes two seconds to import; a report of plain records does without.
    from nbgrader.api import Assignment, Student, SubmittedAssignment

    from autograder.grading.database import PATIENCE, open_gradebook, patiently

    with open_gradebook(course) as gradebook:

        def read() -> tuple[list[Any], list[Any], dict[tuple[str, str], Any]]:
            query = gradebook.db.query
            people = query(Student.id, Student.first_name, Student.last_name).all()
            penalties = (
                query(
                    Assignment.name,
                    SubmittedAssignment.student_id,
                    SubmittedAssignment.late_submission_penalty,
                )
                .join(SubmittedAssignment, SubmittedAssignment.assignment_id == Assignment.id)
                .filter(Assignment.name.in_(assignments))
                .all()
            )
            submissions = {
                (name, row["student"]): row
                for name in assignments
                for row in gradebook.submission_dicts(name)
            }
            return people, penalties, submissions

        people, penalties, submissions = patiently(read, PATIENCE, gradebook.db.rollback)
    taken = {(name, student): float(penalty or 0.0) for name, student, penalty in penalties}
    return Grades(
        {student: " ".join(filter(None, (first, last))) for student, first, last in people},
        {key: _grade(row, taken.get(key, 0.0)) for key, row in submissions.items()},
    )


def _grade(row: dict[str, Any], penalty: float) -> Grade:
    # nbgrader keeps the penalty beside the score; it never takes a grade below 0.
    score = max(0.0, float(row["score"]) - penalty)
    return Grade(score, float(row["max_score"]), penalty, bool(row["needs_manual_grade"]))
