"""Grading an assignment: plan, workers, journal, one writer.

Each outcome goes to the autograded notebook, then to the journal, then to the gradebook. Whatever
stops it in between, the next run finds the journal and goes on from there: nothing is graded twice
that was journalled, and nothing journalled is left out of the gradebook.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.build import points_of
from autograder.durable import write_durably
from autograder.errors import GradebookLocked, NothingDone, Stopped
from autograder.grading.database import PATIENCE
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.job import Job, Outcome, SandboxUnavailable, ungraded
from autograder.grading.journal import Journal
from autograder.grading.plan import Plan, Submitted, choose_students, require_same_points
from autograder.grading.pool import WorkerPool
from autograder.grading.record import Record
from autograder.grading.submission import Unreadable, read_bytes
from autograder.grading.workers import Workers
from autograder.init import course_secret
from autograder.sandbox import Limits
from course.exercises import UnknownExercise

if TYPE_CHECKING:
    from datetime import datetime

    from autograder.course_directory import CourseDirectory

__all__ = ["Observer", "Options", "Summary", "grade"]

ENTER_SECONDS = 1.0
"""How long a record waits for others to be entered with it."""


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes
    ----------
    students : tuple of str
        Only these; empty for all.
    workers : int
    regrade : bool
        Also what is graded already, with fresh probes.
    unsafe : bool
        Without a sandbox.
    limits : Limits
    patience : float
        Seconds to wait for a locked gradebook.
    scheduler : str
        Address of a Dask scheduler whose workers grade; "" to grade here.
    """

    students: tuple[str, ...] = ()
    workers: int = 1
    regrade: bool = False
    unsafe: bool = False
    limits: Limits = field(default_factory=Limits)
    patience: float = PATIENCE
    scheduler: str = ""


class Observer:
    """Who is told how far grading is; this one does nothing with it."""

    def planned(self, to_grade: int, done: int) -> None:
        """Take note of how many submissions there are to grade, and how many are done already."""

    def graded(self, record: Record) -> None:
        """Take note that a submission was graded."""


@dataclass
class Summary:
    """What a run came to.

    Attributes
    ----------
    students : tuple of str
        Whose submissions were looked at; the journal has their records.
    graded, done : int
        How many were graded now, and before.
    not_entered : dict of str to str
        Students whose records are in the journal but could not be put into the gradebook, and why.
    left_out : dict of str to str
        Workers of the cluster that were given nothing, and why.
    """

    students: tuple[str, ...]
    graded: int = 0
    done: int = 0
    not_entered: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def grade(
    course: CourseDirectory,
    assignment: str,
    options: Options,
    observer: Observer | None = None,
) -> Summary:
    """Grade the submissions of an assignment.

    Raises
    ------
    NothingDone
        Wrong name, no submissions, no gradebook, no sandbox, or another run is at it.
    Stopped
        It could not go on; what was done is kept.
    """
    students = choose_students(course, assignment, options.students)
    with (
        AssignmentGradebook(course, assignment, options.patience) as book,
        _alone(course.journal(assignment)),
    ):
        book.assert_writable()
        require_same_points(book.released, _points(assignment))
        run = _Run(course, book, options, observer or Observer(), Summary(students))
        try:
            run.everything(Plan.make(course, book, students, regrade=options.regrade))
        except KeyboardInterrupt:
            raise Stopped(
                f"interrupted after {run.summary.graded}; what was graded is kept: "
                "run this again to go on."
            ) from None
        except OSError as error:
            raise Stopped(
                f"stopped after {run.summary.graded}: {error}. What was graded is kept; make room "
                "or mend it, then run this again to go on."
            ) from error
        return run.summary


class _Run:
    """One run of the grader; the only one that writes."""

    def __init__(
        self,
        course: CourseDirectory,
        book: AssignmentGradebook,
        options: Options,
        observer: Observer,
        summary: Summary,
    ) -> None:
        self.course, self.book, self.options = course, book, options
        self.observer, self.summary = observer, summary
        self.journal = Journal(course.journal(book.assignment))
        self.submitted: dict[str, Submitted] = {}
        self.waiting: list[Record] = []
        self.enter_next = 0.0
        self.locked = ""

    def everything(self, plan: Plan) -> None:
        """Do what is planned."""
        self.submitted = {each.student: each for each in (*plan.grade, *plan.enter)}
        self.observer.planned(len(plan.grade), len(plan.enter) + len(plan.done))
        self.summary.done = len(plan.enter) + len(plan.done)
        try:
            for each in plan.enter:
                record = self.journal.read(each.student)
                if record is not None:
                    self.enter_soon(record)
            if plan.grade:
                self.grade(plan.grade)
        finally:
            self.enter_waiting()
        self.enter_what_was_left()

    def grade(self, submissions: tuple[Submitted, ...]) -> None:
        """Grade in worker processes; keep each outcome as it comes."""
        secret = course_secret(self.course)
        with self.workers(len(submissions)) as pool:
            try:
                pool.prepare()
            except (SandboxUnavailable, BrokenProcessPool) as error:
                raise NothingDone(f"nothing was graded: {error}") from error
            self.summary.left_out = pool.refusals()
            try:
                for outcome in pool.grade(self.jobs(submissions, secret)):
                    self.keep(outcome)
            except SandboxUnavailable as error:
                raise Stopped(f"stopped after {self.summary.graded}: {error}") from error

    def workers(self, submissions: int) -> Workers:
        """Start the workers of this machine, or reach those of a cluster."""
        options, released, hidden = self.options, self.book.released, _hidden(self.course)
        limits, unsafe = options.limits, options.unsafe
        if not options.scheduler:
            count = max(1, min(options.workers, submissions))
            return WorkerPool(count, released, limits, unsafe=unsafe, hidden=hidden)
        # Dask takes half a second to import.
        from autograder.grading.cluster import Cluster

        return Cluster(options.scheduler, released, limits, unsafe=unsafe, hidden=hidden)

    def jobs(self, submissions: tuple[Submitted, ...], secret: bytes) -> Iterator[Job]:
        """Yield the jobs that need a worker; keep the outcomes of the others at once."""
        for each in submissions:
            status, reason, data = each.status, each.reason, b""
            try:
                if each.path is not None and not status:
                    data = read_bytes(each.path)
            except Unreadable as error:  # it was there when the plan was made
                status, reason = "unreadable", str(error)
            job = each.job(self.book.released, secret, data)
            if status:
                self.keep(ungraded(job, self.book.released, status, reason))
            else:
                yield job

    def keep(self, outcome: Outcome) -> None:
        """Write an outcome down: notebook, journal, gradebook."""
        record = outcome.record
        folder = self.course.autograded(record.student, record.assignment)
        write_durably(folder / f"{record.notebook}.ipynb", outcome.notebook)
        self.copy_exchange_files(record, folder)
        self.journal.write(record)
        self.summary.graded += 1
        self.enter_soon(record)
        self.observer.graded(record)

    def copy_exchange_files(self, record: Record, folder: Path) -> None:
        """Date the folder as the submission, by which formgrader sees that it is current."""
        timestamp = self.timestamp(record)
        if timestamp is not None:
            write_durably(folder / "timestamp.txt", f"{timestamp.isoformat(' ')} UTC\n")
        else:
            (folder / "timestamp.txt").unlink(missing_ok=True)
        # By this the exchange gives feedback back; its own commands look for it here.
        secret = self.course.exchange_secret(record.student, record.assignment)
        if secret is not None:
            write_durably(folder / "submission_secret.txt", secret, mode=0o600)

    def enter_soon(self, record: Record) -> None:
        """Enter a journalled record with others: to commit each would cost more than to grade it.

        If it comes to nothing the next run finds it in the journal.
        """
        self.waiting.append(record)
        if time.monotonic() >= self.enter_next:
            self.enter_waiting()
            self.enter_next = time.monotonic() + ENTER_SECONDS

    def enter_waiting(self) -> None:
        """Enter what waits into the gradebook; leave it for the end when that cannot be done."""
        records, self.waiting = self.waiting, []
        if not records:
            return
        if not self.locked:
            try:
                self.book.enter_all([(each, self.timestamp(each)) for each in records])
                return
            except GradebookLocked as error:
                # Do not wait again for each submission of the class.
                self.locked = str(error)
            except NothingDone:
                self.enter_one_by_one(records)
                return
        self.summary.not_entered.update((each.student, self.locked) for each in records)

    def enter_one_by_one(self, records: list[Record]) -> None:
        """Find out which of some records cannot be entered."""
        for record in records:
            try:
                self.book.enter(record, self.timestamp(record))
            except (GradebookLocked, NothingDone) as error:
                self.summary.not_entered[record.student] = str(error)

    def timestamp(self, record: Record) -> datetime | None:
        """Return when a record's submission was handed in."""
        return self.submitted[record.student].timestamp

    def enter_what_was_left(self) -> None:
        """Try once more to enter what was kept out."""
        left, self.summary.not_entered = self.summary.not_entered, {}
        self.locked = ""
        for student in left:
            record = self.journal.read(student)
            if record is not None:
                self.waiting.append(record)
        self.enter_waiting()


def _points(assignment: str) -> dict[str, float]:
    try:
        return points_of(assignment)
    except UnknownExercise as error:
        raise NothingDone(f"{error}: this course package does not know it; update it.") from error


def _hidden(course: CourseDirectory) -> tuple[Path, ...]:
    """List what no submission may see: the course, and a database that lies elsewhere."""
    database = course.db_url.removeprefix("sqlite:///")
    elsewhere = (Path(database),) if course.db_url.startswith("sqlite:////") else ()
    return (course.root, course.submissions, *elsewhere)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the assignment for this run; the system lets go of it however the run ends."""
    if sys.platform == "win32":
        raise NothingDone(
            "student code cannot be contained on Windows: grade on a Linux machine or in a Linux "
            "container."
        )
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise NothingDone(f"{folder} cannot be written: {error}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NothingDone(
                "another `autograder grade` is at this assignment: wait for it to end."
            ) from None
        Journal(folder).sweep()
        yield
