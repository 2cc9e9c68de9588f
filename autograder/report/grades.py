"""What the gradebook adds to the journal: the roster, manual points and late penalties."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    by_hand : bool
        Whether a person has given points.
    """

    score: float
    max_score: float
    late_penalty: float
    needs_manual_grade: bool
    by_hand: bool = False


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
    # nbgrader takes a second to import; a report of plain records does without.
    from nbgrader.api import Student

    from autograder.grading.booked import booked
    from autograder.grading.database import PATIENCE, open_gradebook, patiently

    with open_gradebook(course) as gradebook:

        def read() -> Grades:
            people = gradebook.db.query(Student.id, Student.first_name, Student.last_name).all()
            grades = {}
            for assignment in gradebook.assignments:
                if assignment.name in assignments:
                    most = float(assignment.max_score)
                    for student, each in booked(gradebook, assignment.name).items():
                        grades[assignment.name, student] = Grade(
                            each.final, most, each.penalty, each.needs_person, each.by_hand
                        )
            names = {student: " ".join(filter(None, name)) for student, *name in people}
            return Grades(names, grades)

        return patiently(read, PATIENCE, gradebook.db.rollback)
