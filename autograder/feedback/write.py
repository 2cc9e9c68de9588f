"""Writing feedback for a class, through nbgrader's converter."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory as NbgraderCourseDirectory
from traitlets import Type

from autograder.course_directory import CourseDirectory
from autograder.errors import AutograderError, NothingDone
from autograder.feedback.exporter import FeedbackExporter
from autograder.feedback.grades import ReadGrades
from autograder.grading.database import PATIENCE, open_gradebook, patiently

__all__ = ["FeedbackIncomplete", "write_feedback"]

EXCHANGE_FILES = ("timestamp.txt", "submission_secret.txt")
"""What nbgrader's exchange needs beside the page, to find whose it is."""


class FeedbackIncomplete(AutograderError):
    """Some students have no feedback; all others have theirs.

    Parameters
    ----------
    failures : dict
        Student to reason.
    """

    exit_status = 1

    def __init__(self, failures: dict[str, str]) -> None:
        reasons = "; ".join(f"{student}: {reason}" for student, reason in failures.items())
        super().__init__(f"No feedback for {len(failures)} ({reasons}). Grade them again.")
        self.failures = failures


class _Feedback(GenerateFeedback):
    """nbgrader's converter with our page."""

    exporter_class = Type(FeedbackExporter)

    def init_notebooks(self) -> None:
        """Find the one student's notebooks; nbgrader would take a name with a * for a pattern."""
        whose = self.coursedir
        folder = Path(self._format_source(whose.assignment_id, whose.student_id))
        self.assignments = {str(folder): [str(path) for path in sorted(folder.glob("*.ipynb"))]}

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Put what the exchange needs beside the page, and nothing that the student handed in."""
        source = self._format_source(assignment_id, student_id)
        target = self._format_dest(assignment_id, student_id)
        os.makedirs(target, exist_ok=True)
        for name in EXCHANGE_FILES:
            path = os.path.join(source, name)
            if os.path.isfile(path) and not os.path.islink(path):
                shutil.copy(path, target)


def write_feedback(
    course: CourseDirectory, assignment: str, students: Iterable[str] | None
) -> list[Path]:
    """Write students' feedback, over what was written before.

    Parameters
    ----------
    course : CourseDirectory
    assignment : str
    students : iterable of str or None
        None, or nobody, for everybody whose submission has been graded.

    Returns
    -------
    list of Path
        The pages, in the order of the students' names.

    Raises
    ------
    NothingDone
        Nothing has been graded, or not for a student who is named.
    FeedbackIncomplete
        It failed for some; everybody else's is written.
    """
    with open_gradebook(course) as gradebook:
        graded = _graded(course, assignment, gradebook)
        wanted = sorted(set(students or ())) or graded
        _refuse_ungraded(assignment, wanted, graded)
        failures = {
            student: reason
            for student in wanted
            if (reason := _convert(course, assignment, student, gradebook))
        }
    if failures:
        raise FeedbackIncomplete(failures)
    return [
        page
        for student in wanted
        for page in sorted(course.feedback(student, assignment).glob("*.html"))
    ]


def _graded(course: CourseDirectory, assignment: str, gradebook: Any) -> list[str]:
    """Return who has a submission in the gradebook and an autograded notebook, sorted."""

    def read() -> list[str]:
        known = [each.name for each in gradebook.assignments]
        if assignment not in known:
            names = ", ".join(known) or "none"
            raise NothingDone(
                f"There is no assignment {assignment!r} in the gradebook; it has: {names}."
            )
        return [row["student"] for row in gradebook.submission_dicts(assignment)]

    students = patiently(read, PATIENCE, gradebook.db.rollback)
    return sorted(
        student
        for student in students
        if any(course.autograded(student, assignment).glob("*.ipynb"))
    )


def _refuse_ungraded(assignment: str, wanted: list[str], graded: list[str]) -> None:
    ungraded = sorted(set(wanted) - set(graded))
    if ungraded or not wanted:
        whose = f" for {', '.join(ungraded)}" if ungraded else ""
        raise NothingDone(
            f"Nothing of {assignment} has been graded{whose}:"
            f" run `autograder grade {assignment}` first."
        )


def _convert(course: CourseDirectory, assignment: str, student: str, gradebook: Any) -> str | None:
    """Convert one student's notebooks; return what went wrong, or None."""
    coursedir = NbgraderCourseDirectory(
        config=course.config,
        root=str(course.root),
        db_url=course.db_url,
        assignment_id=assignment,
        student_id=student,
    )
    log = _Log()
    converter = _Feedback(coursedir=coursedir, config=course.config, log=log.logger, force=True)
    converter.preprocessors = [ReadGrades(gradebook)]
    try:
        converter.start()
    except NbGraderException:
        return log.reason
    return None


class _Log(logging.Handler):
    """Keeps what nbgrader logs as errors: it raises without a reason and logs the traceback."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.logger = logging.Logger("feedback", logging.ERROR)
        self.logger.addHandler(self)
        self._messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self._messages.append(record.getMessage())

    @property
    def reason(self) -> str:
        """The last line of the traceback, or else of the first message."""
        traces = [text for text in self._messages if text.startswith("Traceback")]
        lines = (traces or self._messages or ["nbgrader does not say why"])[0].strip().splitlines()
        return lines[-1]
