"""Whatever ends the grader, the next run goes on: no score twice, none missing."""

from __future__ import annotations

import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from autograder.course_directory import CourseDirectory
from autograder.errors import GradebookLocked, NothingDone, Stopped
from autograder.grading.grade import Options, grade
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.journal import Journal
from tests.autograder.courses import ASSIGNMENT, copy_of, hand_in
from tests.autograder.watching import Watching
from tests.processes import children, is_running, wait_until

STUDENTS = tuple(f"student-{number}" for number in range(5))


def a_class(course: CourseDirectory, notebook: str) -> CourseDirectory:
    for student in STUDENTS:
        hand_in(course, student, notebook)
    return course


@pytest.fixture
def classroom(course: CourseDirectory) -> CourseDirectory:
    """Students who handed in an empty notebook, which is soon graded."""
    return a_class(course, '{"cells": []}')


@pytest.fixture
def busy_classroom(course: CourseDirectory) -> CourseDirectory:
    """Students who handed in what was released, which takes a second each."""
    return a_class(course, (course.release(ASSIGNMENT) / "gate_patterns.ipynb").read_text())


@pytest.fixture(scope="module")
def graded_template(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = copy_of(template, tmp_path_factory.mktemp("graded") / "course")
    grade(a_class(course, '{"cells": []}'), ASSIGNMENT, Options(workers=2))
    return course.root


@pytest.fixture
def graded(graded_template: Path, tmp_path: Path) -> CourseDirectory:
    """A class that was graded."""
    return copy_of(graded_template, tmp_path / "course")


def in_gradebook(course: CourseDirectory) -> set[str]:
    records = list(Journal(course.journal(ASSIGNMENT)).records())
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        return {record.student for record in records if book.holds(record)}


def attempts(course: CourseDirectory) -> dict[str, int]:
    return {r.student: r.attempt for r in Journal(course.journal(ASSIGNMENT)).records()}


def test_a_killed_grader_leaves_nothing_running_and_goes_on_where_it_was(
    busy_classroom: CourseDirectory,
) -> None:
    command = [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, "--workers", "2"]
    journal = busy_classroom.journal(ASSIGNMENT)
    with subprocess.Popen(
        command, cwd=busy_classroom.root, stdout=subprocess.DEVNULL, start_new_session=True
    ) as grader:
        wait_until(lambda: len(list(journal.glob("*.json"))) >= 2, "nothing is graded")
        workers = children(grader.pid)
        grader.send_signal(signal.SIGKILL)
    assert workers
    wait_until(lambda: not any(map(is_running, workers)), "workers are left")
    kept = set(attempts(busy_classroom))
    assert 2 <= len(kept) < len(STUDENTS)

    watching = Watching()
    summary = grade(busy_classroom, ASSIGNMENT, Options(), watching)
    assert set(watching.students) == set(STUDENTS) - kept
    assert summary.done == len(kept)
    assert in_gradebook(busy_classroom) == set(STUDENTS)
    assert set(attempts(busy_classroom).values()) == {1}


def test_a_gradebook_locked_meanwhile_loses_nothing(classroom: CourseDirectory) -> None:
    classroom.db_url += "?timeout=0.05"
    with closing(sqlite3.connect(classroom.root / "gradebook.db")) as other:
        watching = Watching(lambda: other.execute("BEGIN IMMEDIATE"))
        summary = grade(classroom, ASSIGNMENT, Options(patience=0.2), watching)
    assert sorted(watching.students) == list(STUDENTS)
    assert len(summary.not_entered) == len(STUDENTS) - 1

    again = Watching()
    assert grade(classroom, ASSIGNMENT, Options(), again).not_entered == {}
    assert again.students == []
    assert in_gradebook(classroom) == set(STUDENTS)


def test_a_gradebook_locked_from_the_start_grades_nothing(classroom: CourseDirectory) -> None:
    classroom.db_url += "?timeout=0.05"
    with closing(sqlite3.connect(classroom.root / "gradebook.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GradebookLocked) as caught:
            grade(classroom, ASSIGNMENT, Options(patience=0.2))
    assert caught.value.exit_status == 2
    assert attempts(classroom) == {}


@pytest.fixture
def file_size_limit() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("file_size_limit")
def test_a_disk_that_fills_up_stops_the_run_and_keeps_what_was_done(
    classroom: CourseDirectory,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    filling = Watching(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard)))
    with pytest.raises(Stopped, match=r"stopped after 1: .*run this again to go on"):
        grade(classroom, ASSIGNMENT, Options(), filling)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    kept = set(attempts(classroom))
    assert len(kept) == 1
    watching = Watching()
    grade(classroom, ASSIGNMENT, Options(), watching)
    assert set(watching.students) == set(STUDENTS) - kept
    assert in_gradebook(classroom) == set(STUDENTS)


def test_a_lost_gradebook_is_filled_again_from_the_journal(
    graded: CourseDirectory, template: Path
) -> None:
    (graded.root / "gradebook.db").write_bytes((template / "gradebook.db").read_bytes())
    watching = Watching()
    grade(graded, ASSIGNMENT, Options(), watching)
    assert watching.students == []
    assert in_gradebook(graded) == set(STUDENTS)


def test_a_lost_autograded_notebook_is_made_again(graded: CourseDirectory) -> None:
    path = graded.autograded(STUDENTS[1], ASSIGNMENT) / "gate_patterns.ipynb"
    path.unlink()
    watching = Watching()
    grade(graded, ASSIGNMENT, Options(), watching)
    assert watching.students == [STUDENTS[1]]
    assert path.is_file()


def test_a_damaged_journal_entry_is_graded_afresh(graded: CourseDirectory) -> None:
    journal = Journal(graded.journal(ASSIGNMENT))
    journal.path(STUDENTS[0]).write_text("{}")
    watching = Watching()
    grade(graded, ASSIGNMENT, Options(), watching)
    assert watching.students == [STUDENTS[0]]
    record = journal.read(STUDENTS[0])
    assert record is not None
    assert "is damaged" in record.notes[0].text


def test_two_graders_do_not_work_at_one_assignment(classroom: CourseDirectory) -> None:
    def begin_another() -> None:
        with pytest.raises(NothingDone, match="another `autograder grade`"):
            grade(classroom, ASSIGNMENT, Options())

    first = Watching(begin_another)
    grade(classroom, ASSIGNMENT, Options(students=STUDENTS[:1]), first)
    assert first.students == [STUDENTS[0]]


def test_a_grader_that_was_interrupted_ends_its_workers(busy_classroom: CourseDirectory) -> None:
    # What was started in the background ignores the interrupt, and so does what that starts.
    begin = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    begin += "runpy.run_module('autograder', run_name='__main__')"
    with subprocess.Popen(
        [sys.executable, "-c", begin, "grade", ASSIGNMENT, "--workers", "2"],
        cwd=busy_classroom.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as grader:
        journal = busy_classroom.journal(ASSIGNMENT)
        wait_until(lambda: list(journal.glob("*.json")), "nothing is graded")
        workers = children(grader.pid)
        os.killpg(grader.pid, signal.SIGINT)
        _, told = grader.communicate(timeout=30)
    assert grader.returncode == 1
    assert re.fullmatch(r"autograder: interrupted after \d+; .*run this again to go on.\n", told)
    wait_until(lambda: not any(map(is_running, workers)), "workers are left")
