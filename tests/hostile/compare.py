"""The cases that may run without containment, graded here and by ``nbgrader autograde``.

``python -m tests.hostile.compare [CASE…]`` prints a table for the record; it takes several seconds
for each case, since nbgrader starts anew each time. It is not part of the tests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory, open_course
from autograder.demo.handed_in import Released
from autograder.grading.grade import Options, grade
from autograder.grading.journal import Journal
from autograder.init import init_course
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, SOLUTION
from tests.hostile.case import Case
from tests.hostile.graded import LIMITS, laid_out
from tests.hostile.table import CASES

POINTS = points_of(ASSIGNMENT)
CELL_SECONDS = 10
SECONDS = 120
LAST_WORDS = 70


def main(names: list[str]) -> None:
    """Grade both ways and print a row for each case."""
    cases = [case for case in CASES if case.there and (not names or case.name in names)]
    with tempfile.TemporaryDirectory(prefix="compare-") as place:
        here, there = (_course(Path(place) / name, cases) for name in ("here", "there"))
        grade(here, ASSIGNMENT, Options(workers=2, limits=LIMITS))
        print("| kind | case | what it does | due | here | nbgrader autograde |")
        print("|---|---|---|---|---|---|")
        for case in cases:
            row = (case.kind, case.name, case.what, _due(case), _ours(here, case))
            print(f"| {' | '.join(row)} | {_theirs(there, case)} |", flush=True)


def _course(root: Path, cases: list[Case]) -> CourseDirectory:
    course = init_course(root)
    build(course, SOLUTION, POINTS)
    released = Released.read(course, ASSIGNMENT)
    with laid_out(course, root.parent) as laid:
        Path(laid.ground.socket).unlink()  # the other course lays out its own
        for case in cases:
            folder = course.submitted(case.name, ASSIGNMENT)
            folder.mkdir(parents=True)
            case.hand_in(released, laid.ground, folder)
    return open_course(root)


def _due(case: Case) -> str:
    if case.expect == "listed":
        return "a reason, no score"
    return f"{_most(case) if case.expect == 'right' else 0:g} of {_most(case):g}"


def _asked(case: Case) -> tuple[str, ...]:
    """The exercises that a case is about: those that it attacks, or all."""
    return case.attacks or tuple(POINTS)


def _most(case: Case) -> float:
    return sum(POINTS[name] for name in _asked(case))


def _ours(course: CourseDirectory, case: Case) -> str:
    record = Journal(course.journal(ASSIGNMENT)).read(case.name)
    assert record is not None
    if record.status in ("missing", "unreadable"):
        return record.status
    scores = {verdict.exercise: verdict.score for verdict in record.verdicts}
    return _points(scores, case)


def _theirs(course: CourseDirectory, case: Case) -> str:
    status, told = _nbgrader(course, "autograde", ASSIGNMENT, "--student", case.name)
    try:
        with Gradebook(course.db_url, course.course_id) as book:
            submission = book.find_submission_notebook(NOTEBOOK, ASSIGNMENT, case.name)
            scores = {grade.name: grade.auto_score for grade in submission.grades}
    except MissingEntry:
        scores = {}
    if status != 0 or not scores:
        return f"failed: {told}"
    if any(scores.get(name) is None for name in _asked(case)):
        return "no score"
    return _points(scores, case)


def _points(scores: dict[str, float], case: Case) -> str:
    return f"{sum(scores.get(name, 0) for name in _asked(case)):g} of {_most(case):g}"


def _nbgrader(course: CourseDirectory, *arguments: str) -> tuple[int, str]:
    """Run nbgrader, with all that it starts in a group of their own; return its last words."""
    limit = f"--ExecutePreprocessor.timeout={CELL_SECONDS}"
    process = subprocess.Popen(
        [sys.executable, "-m", "nbgrader", *arguments, limit],
        cwd=course.root,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        told, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return 1, f"not done after {SECONDS} s"
    return process.returncode, next(_errors(told), "no reason given")[:LAST_WORDS]


def _errors(told: str) -> Iterator[str]:
    """Yield what nbgrader says is wrong, the last first."""
    for line in reversed(told.splitlines()):
        if "error" in line.lower() and "Please see" not in line:
            yield line.split("] ")[-1].replace("|", "/").strip()


if __name__ == "__main__":
    main(sys.argv[1:])
