"""The demo: a course, a sample class, and the commands that an instructor types."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.course_directory import CourseDirectory, open_course
from autograder.demo.handed_in import Released
from autograder.demo.sample_class import ASSIGNMENT, SAMPLE_CLASS
from autograder.errors import NothingDone
from autograder.grading.journal import Journal
from autograder.grading.record import Record
from autograder.report.outcome import has_score
from course.checking.diagnose import UNKNOWN

__all__ = ["run_demo"]

MARK = ".made-by-autograder-demo"
"""In a directory that the demo made, and so may clear."""

SHORT_LIMITS = ("--wall", "20", "--cell", "3", "--call", "2")
"""A minute is right for a class; nobody should watch an endless loop for that long."""


def run_demo(directory: Path, console: Console | None = None) -> CourseDirectory:
    """Grade the sample class in a new course directory, and show what came of it.

    Parameters
    ----------
    directory : Path
        Cleared first, if an earlier demo made it.
    console : rich.console.Console, optional
        Where to print.

    Raises
    ------
    NothingDone
        The directory holds something else, or a command could do nothing.
    """
    console = console or Console()
    started = time.monotonic()
    _clear(directory)
    _autograder(console, "init", str(directory))
    (directory / MARK).touch()
    course = open_course(directory)
    _hand_in(course)
    console.print(f"{len(SAMPLE_CLASS)} submissions are in {course.submissions}.")

    here = ("--course-dir", str(directory))
    _autograder(console, "grade", ASSIGNMENT, "--workers", "2", *SHORT_LIMITS, *here)
    console.print(_result(course))
    _autograder(console, "feedback", ASSIGNMENT, *here)
    _autograder(console, "report", ASSIGNMENT, *here)
    _autograder(console, "export", "--format", "csv", "--to", str(directory / "scores.csv"), *here)
    _show_places(console, course)
    console.print(f"{time.monotonic() - started:.0f} seconds in all.")
    return course


def _clear(directory: Path) -> None:
    if (directory / MARK).is_file():
        shutil.rmtree(directory)
    elif directory.exists() and any(directory.iterdir()):
        raise NothingDone(
            f"{directory} is not empty and no earlier demo made it:"
            " name another, as in `python -m autograder.demo DIR`."
        )


def _hand_in(course: CourseDirectory) -> None:
    released = Released.read(course, ASSIGNMENT)
    for student in SAMPLE_CLASS:
        folder = course.submitted(student.name, ASSIGNMENT)
        folder.mkdir(parents=True)
        (folder / f"{released.name}.ipynb").write_bytes(student.hand_in(released))
        # As nbgrader's exchange leaves it.
        (folder / "timestamp.txt").write_text("2026-03-02 09:00:00 UTC\n", encoding="utf-8")


def _autograder(console: Console, *arguments: str) -> None:
    """Run a command as it would be typed; 1 says that submissions need a person, as some do."""
    console.print(
        f"\n[bold]$ autograder {' '.join(arguments)}[/bold]", highlight=False, soft_wrap=True
    )
    done = subprocess.run([sys.executable, "-m", "autograder", *arguments], check=False)
    if done.returncode not in (0, 1):
        raise NothingDone(f"`autograder {arguments[0]}` ended with status {done.returncode}.")


def _result(course: CourseDirectory) -> Table:
    """Show each student with what was handed in and what came of it."""
    records = {record.student: record for record in Journal(course.journal(ASSIGNMENT)).records()}
    table = Table("student", "handed in", title=f"{ASSIGNMENT}: the sample class")
    table.add_column("score", justify="right")
    table.add_column("status")
    table.add_column("mistakes named")
    for student in SAMPLE_CLASS:
        record = records[student.name]
        score = f"{record.score:g} / {record.max_score:g}" if has_score(record) else "–"
        table.add_row(student.name, student.what, score, record.status, _mistakes(record))
    return table


def _mistakes(record: Record) -> str:
    """Say where which mistake was found; one that is the same everywhere is said once."""
    found = {v.exercise: v.mistakes for v in record.verdicts if v.checks and not v.passed}
    if len(found) == len(record.verdicts) and len(set(found.values())) == 1:
        return f"everywhere: {_names(next(iter(found.values())))}"
    return "\n".join(f"{exercise}: {_names(mistakes)}" for exercise, mistakes in found.items())


def _names(mistakes: Iterable[str]) -> str:
    return ", ".join("not one I know" if name == UNKNOWN else name for name in mistakes)


def _show_places(console: Console, course: CourseDirectory) -> None:
    """Say where to look."""
    notebook = next(course.release(ASSIGNMENT).glob("*.ipynb"))
    example = course.feedback(SAMPLE_CLASS[3].name, ASSIGNMENT)
    places = {
        "what students get": notebook,
        "a student's feedback": example / f"{notebook.stem}.html",
        "the class report": course.root / "reports" / f"{ASSIGNMENT}.html",
        "the scores": course.root / "scores.csv",
        "nbgrader's gradebook": course.db_url,
    }
    console.print("\n[bold]Where to look[/bold]")
    for what, where in places.items():
        # Not in a table: a path that is cut or broken is no use.
        console.print(f"{what:>20}  {where}", soft_wrap=True, highlight=False)
