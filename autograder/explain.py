"""One score, made again from what the journal kept: the same file, the same probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.errors import NothingDone
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.job import Job, SandboxUnavailable, Worker
from autograder.grading.journal import Journal
from autograder.grading.plan import look_at
from autograder.grading.record import Record
from autograder.grading.released import Released
from autograder.grading.submission import digest, read_bytes
from autograder.sandbox import Limits
from course.checking.verdict import Verdict
from course.exercises import UnknownExercise, find

if TYPE_CHECKING:
    from autograder.course_directory import CourseDirectory

__all__ = ["Explained", "explain"]


@dataclass(frozen=True)
class Explained:
    """A recorded verdict, and the one its probes give now.

    Attributes
    ----------
    record : Record
    recorded, again : Verdict
    """

    record: Record
    recorded: Verdict
    again: Verdict

    @property
    def is_reproduced(self) -> bool:
        """Whether every check came out as it did."""
        passed = [
            [(check.title, check.passed) for check in verdict.checks]
            for verdict in (self.recorded, self.again)
        ]
        return passed[0] == passed[1] and self.recorded.status == self.again.status


def explain(
    course: CourseDirectory, student: str, exercise: str, *, unsafe: bool = False
) -> Explained:
    """Grade a submission once more with the seeds on record; nothing is written.

    Raises
    ------
    NothingDone
        Unknown names, no record, another file than the one graded, or no sandbox.
    """
    try:
        assignment = find(exercise).assignment
    except UnknownExercise as error:
        raise NothingDone(f"{error}.") from error
    journal = Journal(course.journal(assignment))
    record = journal.read(student)
    verdicts = {each.exercise: each for each in record.verdicts} if record else {}
    if record is None or exercise not in verdicts:
        raise NothingDone(f"{student!r} has no record in {assignment}: grade it first.")
    with AssignmentGradebook(course, assignment) as book:
        released = book.released
    data = _graded_file(course, released, journal, record)
    seeds = {name: each.seed for name, each in verdicts.items()}
    job = Job(student, record.submission, data, record.attempt, seeds)
    worker = Worker(released, Limits(), unsafe=unsafe, hidden=(course.root, course.submissions))
    try:
        outcome = worker.grade(job)
    except SandboxUnavailable as error:
        raise NothingDone(f"nothing was run: {error}") from error
    finally:
        worker.close()
    again = next(each for each in outcome.record.verdicts if each.exercise == exercise)
    return Explained(record, verdicts[exercise], again)


def _graded_file(
    course: CourseDirectory, released: Released, journal: Journal, record: Record
) -> bytes:
    """Return the file that was graded.

    Raises
    ------
    NothingDone
        It could not be read then, or is another one now.
    """
    submitted = look_at(course, released, journal, record.student)
    if submitted.path is None or submitted.status or record.status == "unreadable":
        raise NothingDone(
            f"{record.student} was not run: {record.status}. "
            + " ".join(note.text for note in record.notes)
        )
    data = read_bytes(submitted.path)
    if digest(data) != record.submission:
        raise NothingDone(
            f"{record.student} has handed in another file since: run "
            f"`autograder grade {record.assignment} --student {record.student}`."
        )
    return data
