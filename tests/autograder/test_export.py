"""What other programs are given, read back as they read it."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course_directory import CourseDirectory
from autograder.export import Score, as_text, read_scores
from autograder.grading.database import open_gradebook
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.journal import Journal
from autograder.grading.record import Record
from course.checking.verdict import CheckResult, Verdict
from tests.autograder.courses import ASSIGNMENT

ODD = 'o"neil, ada'

ADA = Score(
    "01_chain_rule",
    "ada",
    "Lovelace",
    "Ada",
    "ada@example.org",
    max_score=10.0,
    status="graded",
    raw=8.0,
    penalty=2.5,
    needs_person=False,
)
ADA_LATER = replace(ADA, assignment="02_computational_graphs", max_score=12.0, raw=0.0, penalty=0.0)
BOB = Score("01_chain_rule", "bob", "", "", "", max_score=10.0)
BOB_LATER = replace(BOB, assignment="02_computational_graphs", max_score=12.0)
CLASS = (ADA, BOB, ADA_LATER, BOB_LATER)


def rows(name: str, *scores: Score) -> list[dict[str, str]]:
    return list(csv.DictReader(as_text(name, scores).splitlines()))


def test_canvas_gets_the_five_columns_it_requires_first_and_then_the_assignments() -> None:
    header, points, ada, bob = csv.reader(as_text("canvas", CLASS).splitlines())
    required = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert header == [*required, "01_chain_rule", "02_computational_graphs"]
    assert points == ["    Points Possible", "", "", "", "", "10.0", "12.0"]
    assert ada == ["Lovelace, Ada", "", "", "ada", "", "5.5", "0.0"]
    assert bob == ["bob", "", "", "bob", "", "", ""]


def test_moodle_gets_its_exports_columns_about_the_student_and_then_the_grade_items() -> None:
    header, ada, bob = csv.reader(as_text("moodle", CLASS).splitlines())
    about = ["First name", "Last name", "ID number", "Email address"]
    assert header == [*about, "01_chain_rule", "02_computational_graphs"]
    assert ada == ["Ada", "Lovelace", "ada", "ada@example.org", "5.5", "0.0"]
    assert bob == ["", "", "bob", "", "", ""]


@pytest.mark.parametrize("name", ["csv", "canvas", "moodle"])
def test_nobody_without_a_grade_has_a_zero(name: str) -> None:
    assert "0.0" not in rows(name, BOB)[-1].values()


@pytest.mark.parametrize("name", ["canvas", "moodle"])
def test_a_score_that_waits_for_a_person_is_not_shown_to_students(name: str) -> None:
    waiting = replace(ADA, needs_person=True)
    assert rows(name, waiting)[-1]["01_chain_rule"] == ""
    assert rows("csv", waiting)[0]["score"] == "5.5"


def test_a_penalty_never_takes_a_score_below_zero() -> None:
    assert rows("csv", replace(ADA, penalty=9.0))[0]["score"] == "0.0"


@pytest.mark.parametrize("name", ["csv", "canvas", "moodle"])
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_that_is_a_formula_is_a_text(name: str, formula: str) -> None:
    named = replace(ADA, first_name=formula, last_name="", student=formula)
    cells = rows(name, named)[-1].values()
    assert f"'{formula}" in cells
    assert formula not in cells


@pytest.mark.parametrize("name", ["csv", "canvas", "moodle"])
def test_commas_quotes_and_lines_in_a_name_stay_in_their_cell(name: str) -> None:
    text = as_text(name, [replace(ADA, student=ODD)])
    assert ODD in list(csv.reader(text.splitlines()))[-1]


@pytest.fixture
def graded(course: CourseDirectory) -> CourseDirectory:
    """Ada has 2 of the points of one exercise, the odd one is on the roster only."""
    verdict = Verdict("mul_backward", 2.0, 1, (CheckResult("numbers", 1, True),))
    record = Record("ada", ASSIGNMENT, "gate_patterns", "graded", verdicts=(verdict,))
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        book.enter(record)
    Journal(course.journal(ASSIGNMENT)).write(record)
    with open_gradebook(course) as book:
        book.add_student(ODD, first_name="=cmd()")
    return course


@pytest.mark.parametrize(
    ("exporter", "name"),
    [("CsvExport", "csv"), ("CanvasExport", "canvas"), ("MoodleExport", "moodle")],
)
def test_nbgrader_finds_the_formats_and_writes_the_same(
    graded: CourseDirectory, tmp_path: Path, exporter: str, name: str
) -> None:
    to = tmp_path / "out.csv"
    plugin = f"--exporter=autograder.export.{exporter}"
    command = [sys.executable, "-m", "nbgrader", "export", plugin, "--to", str(to)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run(
        command, cwd=graded.root, env=environment, check=True, capture_output=True, timeout=60
    )
    with open_gradebook(graded) as book:
        assert to.read_text() == as_text(name, read_scores(graded, book))


def test_the_assignments_and_students_asked_for_are_those_exported(graded: CourseDirectory) -> None:
    with open_gradebook(graded) as book:
        book.add_assignment("08_other")
        (score,) = read_scores(graded, book, assignments=[ASSIGNMENT], students=["ada"])
        assert (score.student, score.raw) == ("ada", 2.0)
        assert len(read_scores(graded, book)) == 4
