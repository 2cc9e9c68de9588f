"""nbgrader's exchange, databases and grades around our grading, by its own commands."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import nbgrader.dbutil
import nbgrader.tests.apps.files
import pytest

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory, open_course
from autograder.errors import NothingDone
from autograder.export import Score, read_scores
from autograder.feedback import write_feedback
from autograder.grading.database import open_gradebook
from autograder.grading.grade import Options, grade
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.record import Record
from course.checking.verdict import CheckResult, Verdict
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, SOLUTION

BIN = Path(sys.executable).parent
OLD_GRADEBOOK = Path(nbgrader.tests.apps.files.__file__).parent / "gradebook.db"
RECORD = Record(
    "ada",
    ASSIGNMENT,
    NOTEBOOK,
    "graded",
    verdicts=(Verdict("mul_backward", 2.0, 1, (CheckResult("numbers", 1, True),)),),
)


@dataclass(frozen=True)
class User:
    """Somebody with a home and Jupyter folders of their own; of another uid where we are root."""

    home: Path
    name: str

    def runs(self, place: Path, *arguments: str) -> str:
        """Run one of nbgrader's commands, and return what it says."""
        environment = {
            "HOME": str(self.home),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "OPENBLAS_NUM_THREADS": "1",
        }
        command = [*self._become(), sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    def _become(self) -> tuple[str, ...]:
        them = pwd.getpwnam(self.name)
        if them.pw_uid == os.getuid():
            return ()
        # Root's own Python may be out of others' reach: they may read everything, write nothing.
        reading = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
        return ("setpriv", f"--reuid={them.pw_uid}", "--clear-groups", *reading)


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A place that other users can get to, which pytest's own is not."""
    with tempfile.TemporaryDirectory(prefix="exchange-") as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def instructor(tmp_path: Path) -> User:
    (tmp_path / "instructor").mkdir()
    return User(tmp_path / "instructor", pwd.getpwuid(os.getuid()).pw_name)


@pytest.fixture
def student(reachable: Path) -> User:
    home = reachable / "student"
    home.mkdir()
    name = pwd.getpwuid(os.getuid()).pw_name
    if os.getuid() == 0:
        name = "nobody"
        shutil.chown(home, name)
    return User(home, name)


def test_an_assignment_goes_round_by_the_exchange_between_two_users(
    course: CourseDirectory, instructor: User, student: User, reachable: Path
) -> None:
    exchange = reachable / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    there = (f"--Exchange.root={exchange}", f"--course={course.course_id}")
    instructor.runs(course.root, "release_assignment", ASSIGNMENT, *there)
    student.runs(student.home, "fetch_assignment", ASSIGNMENT, *there)

    answered = student.home / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    assert answered.stat().st_uid == pwd.getpwnam(student.name).pw_uid
    shutil.copyfile(course.source(ASSIGNMENT) / answered.name, answered)
    student.runs(student.home, "submit", ASSIGNMENT, *there)
    said = instructor.runs(course.root, "collect", ASSIGNMENT, *there)
    assert "cheating attempt" not in said

    summary = grade(course, ASSIGNMENT, Options(workers=1))
    assert summary.students == (student.name,)
    (page,) = write_feedback(course, ASSIGNMENT, [])
    instructor.runs(course.root, "release_feedback", ASSIGNMENT, *there)
    student.runs(student.home, "fetch_feedback", ASSIGNMENT, *there)
    (fetched,) = (student.home / ASSIGNMENT / "feedback").rglob("*.html")
    assert fetched.read_text() == page.read_text()


def score_of(course: CourseDirectory) -> Score:
    with open_gradebook(course) as book:
        (score,) = read_scores(course, book, students=["ada"])
    return score


def set_grade(course: CourseDirectory, cell: str, **given: float) -> None:
    """Do what formgrader does when a person gives points."""
    with open_gradebook(course) as book:
        graded = book.find_grade(cell, NOTEBOOK, ASSIGNMENT, "ada")
        for name, value in given.items():
            setattr(graded, name, value)
        graded.needs_manual_grade = False
        book.db.commit()


def test_manual_points_and_extra_credit_are_kept_on_regrade(course: CourseDirectory) -> None:
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        book.enter(RECORD)
        set_grade(course, "explain_routing", manual_score=2.5)
        set_grade(course, "mul_backward", extra_credit=0.5)
        book.enter(RECORD)
    assert score_of(course).raw == 2.0 + 2.5 + 0.5


def test_a_late_penalty_takes_extra_credit_too_and_manual_points_are_kept(
    course: CourseDirectory,
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c.LateSubmissionPlugin.penalty_method = "zero"\n')
    course = open_course(course.root)
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        book.enter(RECORD)
        set_grade(course, "mul_backward", extra_credit=0.5)
        book.enter(replace(RECORD, late_seconds=60.0), datetime(2026, 3, 2))
    score = score_of(course)
    assert (score.raw, score.penalty, score.value) == (2.5, 2.5, 0.0)


@pytest.fixture
def old_course(empty_course: CourseDirectory) -> CourseDirectory:
    """A course with a gradebook of nbgrader's before there were courses, tasks or extra credit."""
    shutil.copyfile(OLD_GRADEBOOK, empty_course.root / "gradebook.db")
    with closing(sqlite3.connect(empty_course.root / "gradebook.db")) as database:
        database.execute("INSERT INTO student (id, first_name) VALUES ('ada', 'Ada')")
        database.commit()
    return empty_course


def test_an_old_gradebook_is_graded_into_once_nbgrader_has_upgraded_it(
    old_course: CourseDirectory, instructor: User
) -> None:
    instructor.runs(old_course.root, "db", "upgrade")
    build(old_course, SOLUTION, points_of(ASSIGNMENT))
    with AssignmentGradebook(old_course, ASSIGNMENT) as book:
        assert book.students() == ("ada",)
        book.enter(RECORD)
    assert (score_of(old_course).first_name, score_of(old_course).raw) == ("Ada", 2.0)


REVISIONS = {
    "before extra credit": "50a4d84c131a",
    "before tasks": "724cde206c17",
    "before courses": "282d30a0218e",
}


@pytest.mark.parametrize("revision", REVISIONS.values(), ids=REVISIONS)
def test_a_gradebook_of_an_earlier_nbgrader_is_refused_with_what_to_do(
    old_course: CourseDirectory, monkeypatch: pytest.MonkeyPatch, revision: str
) -> None:
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    nbgrader.dbutil.upgrade(old_course.db_url, revision)
    before = (old_course.root / "gradebook.db").read_bytes()
    with pytest.raises(NothingDone, match=r"earlier nbgrader .* run `nbgrader db upgrade` in /"):
        open_gradebook(old_course)
    assert (old_course.root / "gradebook.db").read_bytes() == before


def test_a_gradebook_older_than_revisions_is_refused_in_one_line(
    old_course: CourseDirectory,
) -> None:
    with pytest.raises(NothingDone) as caught:
        AssignmentGradebook(old_course, ASSIGNMENT)
    assert "`nbgrader db upgrade`" in str(caught.value)
    assert "\n" not in str(caught.value)
