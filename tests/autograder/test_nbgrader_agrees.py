"""nbgrader's own commands on the same course: same scores, and our files read as theirs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course_directory import CourseDirectory, open_course
from autograder.grading.grade import Options, grade
from tests.autograder.courses import ASSIGNMENT, hand_in, solved, with_stub

FORGETS_UPSTREAM = "def mul_backward(x, y, upstream):\n    return y, x"
STUDENTS = ("all-right", "forgets-upstream", "released")


def nbgrader(course: CourseDirectory, *arguments: str) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OPENBLAS_NUM_THREADS": "1",
    }
    subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env=environment,
        check=True,
        capture_output=True,
        timeout=110,
    )


def scores(course: CourseDirectory) -> dict[str, dict[str, float]]:
    with Gradebook(course.db_url, course.course_id) as book:
        return {
            student: {
                grade.name: grade.auto_score
                for notebook in book.find_submission(ASSIGNMENT, student).notebooks
                for grade in notebook.grades
            }
            for student in STUDENTS
        }


def test_honest_submissions_get_the_same_scores_from_nbgraders_autograde_and_feedback(
    course: CourseDirectory, tmp_path: Path
) -> None:
    hand_in(course, "all-right", solved(course))
    hand_in(course, "released", (course.release(ASSIGNMENT) / "gate_patterns.ipynb").read_text())
    wrong = with_stub(solved(course), "mul_backward", FORGETS_UPSTREAM)
    hand_in(course, "forgets-upstream", wrong)
    theirs = open_course(shutil.copytree(course.root, tmp_path / "theirs"))

    grade(course, ASSIGNMENT, Options(workers=2))
    nbgrader(theirs, "autograde", ASSIGNMENT)
    assert scores(course) == scores(theirs)

    nbgrader(course, "generate_feedback", ASSIGNMENT)
    for student in STUDENTS:
        page = course.feedback(student, ASSIGNMENT) / "gate_patterns.html"
        assert "mul_backward" in page.read_text()
        # The course's settings have nbgrader's command write the page that we write.
        assert re.search(r"<h1>[\d.]+ of [\d.]+ points</h1>", page.read_text())
