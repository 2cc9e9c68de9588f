"""The gradebook in a PostgreSQL server, by nothing but ``CourseDirectory.db_url``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory, open_course
from autograder.export import read_scores
from autograder.grading.grade import Options, grade
from autograder.init import init_course
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, SOLUTION, hand_in, solved
from tests.autograder.watching import Watching

FULL = sum(points_of(ASSIGNMENT).values())


@pytest.fixture(scope="module")
def course(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> CourseDirectory:
    """A small class that was graded."""
    root = tmp_path_factory.mktemp("postgresql") / "course"
    init_course(root)
    config = root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.db_url = {postgresql!r}\n")
    course = open_course(root)
    build(course, SOLUTION, points_of(ASSIGNMENT))
    hand_in(course, "ada", solved(course))
    hand_in(course, "blank", (course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb").read_text())
    hand_in(course, "cut", '{"cells": [')
    grade(course, ASSIGNMENT, Options(workers=2))
    return course


def formgraders_view(course: CourseDirectory) -> dict[str, dict[str, Any]]:
    """What formgrader lists."""
    api = NbGraderAPI(open_course(course.root)._coursedir)
    return {each["student"]: each for each in api.get_submissions(ASSIGNMENT)}


def test_formgrader_reads_the_scores(course: CourseDirectory) -> None:
    seen = formgraders_view(course)
    assert {student: each["score"] for student, each in seen.items()} == {
        "ada": FULL,
        "blank": 0,
        "cut": 0,
    }
    assert seen["cut"]["needs_manual_grade"]
    assert all(each["autograded"] for each in seen.values())


def test_there_is_no_other_gradebook(course: CourseDirectory) -> None:
    assert course.db_url.startswith("postgresql")
    assert not list(Path(course.root).rglob("*.db"))


def test_a_second_run_finds_everything_entered(course: CourseDirectory) -> None:
    watching = Watching()
    summary = grade(course, ASSIGNMENT, Options(), watching)
    assert (summary.done, watching.students) == (3, [])


def test_a_regrade_keeps_what_a_person_gave(course: CourseDirectory) -> None:
    with Gradebook(course.db_url, course.course_id) as book:
        answer = book.find_grade("explain_routing", NOTEBOOK, ASSIGNMENT, "ada")
        answer.manual_score = 2.5
        book.db.commit()
    hand_in(course, "ada", (course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb").read_text())
    summary = grade(course, ASSIGNMENT, Options(students=("ada",)))
    assert summary.not_entered == {}
    assert formgraders_view(course)["ada"]["score"] == 2.5


def test_scores_are_exported_from_it(course: CourseDirectory) -> None:
    with Gradebook(course.db_url, course.course_id) as book:
        scores = read_scores(course, book)
    assert {each.student for each in scores} == {"ada", "blank", "cut"}
