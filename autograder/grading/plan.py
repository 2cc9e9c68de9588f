"""What there is to do: who handed in what, and which of it is already done."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import NothingDone
from autograder.grading.job import Job
from autograder.grading.journal import Journal, JournalEntryDamaged
from autograder.grading.record import Note, Record
from autograder.grading.released import Released
from autograder.grading.submission import Unreadable, digest, find_notebook, read_bytes
from autograder.nearest import nearest

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory
    from autograder.grading.gradebook import AssignmentGradebook

__all__ = ["Plan", "Submitted", "choose_students", "look_at", "probe_seed", "require_same_points"]


@dataclass(frozen=True)
class Submitted:
    """A submission as it lies there, before it is graded.

    Attributes
    ----------
    student : str
    path : pathlib.Path or None
        None when there is no notebook.
    digest : str
        SHA-256 of the file; "" when it is not there or cannot be read.
    timestamp : datetime or None
        When it was handed in, UTC.
    late_seconds : float
    status, reason : str
        ``"missing"`` or ``"unreadable"``, and why; "" for one that can be graded.
    notes : tuple of Note
    attempts : int
        How often it was graded before.
    is_journalled : bool
        Whether the journal has a verdict on this very file.
    """

    student: str
    path: Path | None
    digest: str
    timestamp: datetime | None
    late_seconds: float
    status: str
    reason: str
    notes: tuple[Note, ...]
    attempts: int
    is_journalled: bool

    def job(self, released: Released, secret: bytes, data: bytes) -> Job:
        """Make the job of grading it.

        Parameters
        ----------
        released : Released
        secret : bytes
            The course's.
        data : bytes
            The notebook file, as it is now.
        """
        attempt = 1 + self.attempts
        seeds = {
            name: probe_seed(secret, released.assignment, self.student, name, attempt)
            for name in released.checks
        }
        found = digest(data) if data else self.digest
        return Job(self.student, found, data, attempt, seeds, self.late_seconds, self.notes)


@dataclass(frozen=True)
class Plan:
    """What to do with the submissions of an assignment.

    Attributes
    ----------
    grade : tuple of Submitted
        To be graded.
    enter : tuple of Submitted
        Graded and journalled, but not in the gradebook.
    done : tuple of Submitted
        Graded and in the gradebook.
    """

    grade: tuple[Submitted, ...]
    enter: tuple[Submitted, ...]
    done: tuple[Submitted, ...]

    @classmethod
    def make(
        cls,
        course: CourseDirectory,
        book: AssignmentGradebook,
        students: tuple[str, ...],
        *,
        regrade: bool,
    ) -> Plan:
        """Look at every submission."""
        journal = Journal(course.journal(book.assignment))
        grade, enter, done = [], [], []
        for student in students:
            submitted = look_at(course, book.released, journal, student)
            late = book.late_seconds(student, submitted.timestamp)
            submitted = replace(submitted, late_seconds=late)
            autograded = course.autograded(student, book.assignment) / f"{book.notebook}.ipynb"
            if regrade or not submitted.is_journalled or not autograded.is_file():
                grade.append(submitted)
            elif (entry := journal.read(student)) is not None and book.holds(entry):
                done.append(submitted)
            else:
                enter.append(submitted)
        return cls(tuple(grade), tuple(enter), tuple(done))


def choose_students(
    course: CourseDirectory, assignment: str, wanted: tuple[str, ...]
) -> tuple[str, ...]:
    """Return whose submissions to look at: everybody's, or those of the students named.

    Raises
    ------
    NothingDone
        There is nothing to grade; the message says where it is looked for.
    """
    students = course.students(assignment)
    where = course.submissions
    if not where.is_dir():
        raise NothingDone(f"there is no {where}: put submissions in STUDENT/{assignment}/ there.")
    if not students:
        handed_in = course.assignments_handed_in()
        near = nearest(assignment, handed_in)
        hint = f"did you mean {near}?" if near else f"put them in STUDENT/{assignment}/ there."
        raise NothingDone(f"nobody in {where} handed in {assignment!r}: {hint}")
    for student in wanted:
        if student not in students:
            raise NothingDone(f"{student!r} handed in no {assignment} in {where}.")
    return tuple(student for student in students if not wanted or student in wanted)


def look_at(
    course: CourseDirectory, released: Released, journal: Journal, student: str
) -> Submitted:
    """Look at one student's folder without believing anything in it."""
    notes: list[Note] = []
    try:
        entry = journal.read(student)
    except JournalEntryDamaged as error:
        entry = None
        notes.append(Note("reported", f"graded afresh, since {error}"))
    try:
        timestamp = course.timestamp(student, released.assignment)
    except ValueError:
        timestamp = None
        text = "timestamp.txt holds no date, so that lateness is not known: correct it."
        notes.append(Note("person", text))
    path, found, status, reason = None, "", "", ""
    try:
        folder = course.submitted(student, released.assignment)
        there = find_notebook(folder, course.submissions, released.notebook)
        path = there.path
        notes += there.notes
        if path is None:
            status = "missing"
        else:
            found = digest(read_bytes(path))
    except Unreadable as error:
        status, reason = "unreadable", str(error)
    except OSError as error:
        status, reason = "unreadable", f"its folder cannot be read: {error}."
    attempts = entry.attempt if entry else 0
    known = entry is not None and _is_about(entry, found, status)
    return Submitted(
        student, path, found, timestamp, 0.0, status, reason, tuple(notes), attempts, known
    )


def _is_about(entry: Record, digest: str, status: str) -> bool:
    """Whether a record is a verdict on a submission as it is now."""
    return entry.submission == digest and (not status or entry.status == status)


def probe_seed(secret: bytes, assignment: str, student: str, exercise: str, attempt: int) -> int:
    """Return from which an exercise's probes are drawn at grading.

    Nobody without the course's secret can foretell it; with it, any score can be reproduced.

    Returns
    -------
    int
        48 bits, which JSON readers of every language keep exactly.
    """
    message = "\0".join((assignment, student, exercise, str(attempt))).encode()
    return int.from_bytes(hmac.digest(secret, message, hashlib.sha256)[:6], "big")


def require_same_points(released: Released, points: Mapping[str, float]) -> None:
    """Make sure that gradebook and exercises agree on what is graded, and for how much.

    Raises
    ------
    NothingDone
        They do not.
    """
    recorded = {name: cell.points for name, cell in released.checks.items()}
    for name in recorded.keys() | points.keys():
        if recorded.get(name) != points.get(name):
            raise NothingDone(
                f"{name} gives {recorded.get(name, 0):g} points in the gradebook and "
                f"{points.get(name, 0):g} by its exercise: run `autograder build "
                f"{released.assignment}`."
            )
