"""Scores for another program: nbgrader's columns, and the status nbgrader does not have."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from autograder.grading.database import open_gradebook
from autograder.grading.journal import Journal
from autograder.grading.record import Record

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory

__all__ = ["COLUMNS", "as_csv"]

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "needs_manual_grade",
    "status",
)


def as_csv(course: CourseDirectory) -> str:
    """Return the scores of everybody in every assignment.

    A student without a grade has an empty score, never 0: who handed in nothing, and whose
    submission could not be read.

    Raises
    ------
    GradebookLocked, NothingDone
        The gradebook cannot be read.
    JournalEntryDamaged
        A file of the journal is not a record.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    with open_gradebook(course) as book:
        for assignment in book.assignments:
            records = {
                record.student: record
                for record in Journal(course.journal(assignment.name)).records()
            }
            writer.writerows(_rows(book, assignment, records))
    return text.getvalue()


def _rows(book: Any, assignment: Any, records: Mapping[str, Record]) -> Iterator[dict[str, Any]]:
    submissions = {each.student_id: each for each in assignment.submissions}
    for student in book.students:
        row = {
            "assignment": assignment.name,
            "duedate": assignment.duedate,
            "student_id": student.id,
            "last_name": student.last_name,
            "first_name": student.first_name,
            "email": student.email,
            "max_score": assignment.max_score,
            "status": "missing",
        }
        if submission := submissions.get(student.id):
            row |= _submission_row(submission, records.get(student.id))
        yield row


def _submission_row(submission: Any, record: Record | None) -> dict[str, Any]:
    row = {
        "timestamp": submission.timestamp,
        "needs_manual_grade": submission.needs_manual_grade,
        # A submission that `nbgrader autograde` graded has no record here.
        "status": record.status if record else "graded",
    }
    by_hand = any(
        grade.manual_score is not None
        for notebook in submission.notebooks
        for grade in notebook.grades
    )
    if record is None or any(verdict.checks for verdict in record.verdicts) or by_hand:
        penalty = submission.late_submission_penalty
        row |= {
            "raw_score": submission.score,
            "late_submission_penalty": penalty,
            "score": max(0.0, submission.score - penalty),
        }
    return row
