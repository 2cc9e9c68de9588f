"""A large class after grading, made of a few submissions that were really graded.

Their verdicts and autograded notebooks are handed out to everybody in turn, and put where grading
puts them: notebook, journal, gradebook, by the same code and in the same batches.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, select, text

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory, open_course
from autograder.demo.handed_in import Released
from autograder.demo.sample_class import ASSIGNMENT, SAMPLE_CLASS
from autograder.durable import write_durably
from autograder.grading.database import open_gradebook
from autograder.grading.grade import Options, grade
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.journal import Journal
from autograder.grading.record import Record
from autograder.init import init_course
from tests.autograder.courses import NOTEBOOK, SOLUTION

BATCH = 100
SLOW = "lea"  # who waits for a limit of 20 s

Graded = tuple[Record, str]
"""A record and its autograded notebook."""


def graded_sample(root: Path, db_url: str = "") -> tuple[CourseDirectory, list[Graded]]:
    """Make a course and grade the demo's sample class in it, but for those who run into limits."""
    init_course(root)
    if db_url:
        config = root / "nbgrader_config.py"
        config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {db_url!r}\n")
    course = open_course(root)
    build(course, SOLUTION, points_of(ASSIGNMENT))
    released = Released.read(course, ASSIGNMENT)
    for student in SAMPLE_CLASS:
        if student.status == "graded" and student.name != SLOW:
            folder = course.submitted(student.name, ASSIGNMENT)
            folder.mkdir(parents=True)
            (folder / f"{NOTEBOOK}.ipynb").write_bytes(student.hand_in(released))
    grade(course, ASSIGNMENT, Options())
    records = Journal(course.journal(ASSIGNMENT)).records()
    return course, [(record, _notebook(course, record.student).read_text()) for record in records]


def _notebook(course: CourseDirectory, student: str) -> Path:
    return course.autograded(student, ASSIGNMENT) / f"{NOTEBOOK}.ipynb"


@dataclass(frozen=True)
class Filled:
    """What a class takes, in seconds and bytes for each submission.

    Attributes
    ----------
    entering, journalling, writing : float
        Seconds of the one writer: gradebook, journal, autograded notebook.
    rows, gradebook, journal, notebook : float
        Rows and bytes in the database; bytes of the two files.
    """

    entering: float
    journalling: float
    writing: float
    rows: float
    gradebook: float
    journal: float
    notebook: float


def fill(course: CourseDirectory, sample: Sequence[Graded], count: int) -> Filled:
    """Add students to the class until it has `count` more."""
    before = _size(course)
    seconds = dict.fromkeys(("entering", "journalling", "writing"), 0.0)
    journal = Journal(course.journal(ASSIGNMENT))
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            batch = [_somebody(sample, number) for number in numbers]
            started = time.perf_counter()
            for record, notebook in batch:
                write_durably(_notebook(course, record.student), notebook)
            written = time.perf_counter()
            for record, _ in batch:
                journal.write(record)
            journalled = time.perf_counter()
            book.enter_all([(record, None) for record, _ in batch])
            seconds["writing"] += written - started
            seconds["journalling"] += journalled - written
            seconds["entering"] += time.perf_counter() - journalled
    rows, size = (
        (after - earlier) / count for after, earlier in zip(_size(course), before, strict=True)
    )
    files = [path.stat().st_size for path in journal.folder.glob("[!.]*.json")]
    notebooks = [len(notebook.encode()) for _, notebook in sample]
    return Filled(
        **{name: spent / count for name, spent in seconds.items()},
        rows=rows,
        gradebook=size,
        journal=sum(files) / len(files),
        notebook=sum(notebooks) / len(notebooks),
    )


def _somebody(sample: Sequence[Graded], number: int) -> Graded:
    record, notebook = sample[number % len(sample)]
    return replace(record, student=f"student-{number:06d}"), notebook


def _size(course: CourseDirectory) -> tuple[int, int]:
    """Return rows and bytes of the gradebook."""
    from nbgrader.api import Base

    with open_gradebook(course) as book:
        rows = sum(
            book.db.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        )
        if book.engine.dialect.name == "sqlite":
            return rows, Path(book.engine.url.database).stat().st_size
        size = text("SELECT pg_database_size(current_database())")
        return rows, int(book.db.scalar(size))
