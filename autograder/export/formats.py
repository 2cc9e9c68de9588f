"""The tables that other programs read. Each format is one function from scores to rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograder.export.scores import Score

__all__ = ["FORMATS", "as_text", "canvas", "moodle", "nbgrader"]

Row = Sequence[Any]


def nbgrader(scores: Sequence[Score]) -> Iterator[Row]:
    """Give nbgrader's columns, and two that it does not have: who still waits, and the status."""
    yield (
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
    for score in scores:
        yield (
            score.assignment,
            score.due,
            score.handed_in,
            score.student,
            score.last_name,
            score.first_name,
            score.email,
            score.raw,
            score.penalty,
            score.value,
            score.max_score,
            score.needs_person,
            score.status,
        )


def canvas(scores: Sequence[Score]) -> Iterator[Row]:
    """Give what Canvas's gradebook imports: a row for each student, a column for each assignment.

    The five columns about a student are required, in this order (Canvas Instructor Guide, "How do
    I import grades in the Gradebook?"). nbgrader's student is the login; Canvas finds its own
    number for it, so ``ID`` stays empty.
    """
    assignments = _assignments(scores)
    yield ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *assignments)
    yield ("    Points Possible", "", "", "", "", *assignments.values())
    for student, finals in _by_student(scores):
        name = ", ".join(filter(None, (student.last_name, student.first_name)))
        yield (name or student.student, "", "", student.student, "", *map(finals.get, assignments))


def moodle(scores: Sequence[Score]) -> Iterator[Row]:
    """Give what Moodle's CSV import maps: the columns of its export, then the grade items.

    Its import page asks which column names the student: "ID number", or "Email address"
    (MoodleDocs, "Grade import").
    """
    assignments = _assignments(scores)
    yield ("First name", "Last name", "ID number", "Email address", *assignments)
    for student, finals in _by_student(scores):
        who = (student.first_name, student.last_name, student.student, student.email)
        yield (*who, *map(finals.get, assignments))


FORMATS: dict[str, Callable[[Sequence[Score]], Iterator[Row]]] = {
    "csv": nbgrader,
    "canvas": canvas,
    "moodle": moodle,
}


def as_text(name: str, scores: Sequence[Score]) -> str:
    """Write scores in a format.

    Parameters
    ----------
    name : str
        One of `FORMATS`.
    scores : sequence of Score

    Returns
    -------
    str
        CSV; every cell quoted, so that any name is one cell.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([_inert(cell) for cell in row] for row in FORMATS[name](scores))
    return text.getvalue()


def _inert(cell: Any) -> Any:
    """Keep a text from being run as a formula: students choose their names, not we."""
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return cell


def _assignments(scores: Sequence[Score]) -> dict[str, float]:
    """Return the assignments and what each gives at most."""
    return {score.assignment: score.max_score for score in scores}


def _by_student(scores: Sequence[Score]) -> Iterator[tuple[Score, dict[str, float | None]]]:
    """Give, for each student, one of their scores (for the name) and the final ones.

    These two programs show students whatever is imported, so a score that waits for a person
    stays out until it is complete.
    """
    grouped: dict[str, list[Score]] = {}
    for score in scores:
        grouped.setdefault(score.student, []).append(score)
    for each in grouped.values():
        yield each[0], {score.assignment: score.final for score in each}
