from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.course_directory import CourseDirectory
from autograder.errors import NothingDone
from autograder.explain import explain
from autograder.grading.grade import Options, grade
from tests.autograder.courses import ASSIGNMENT, copy_of, hand_in, solved, with_stub


@pytest.fixture(scope="module")
def graded(template: Path, tmp_path_factory: pytest.TempPathFactory) -> CourseDirectory:
    course = copy_of(template, tmp_path_factory.mktemp("graded") / "course")
    wrong = "def mul_backward(x, y, upstream):\n    return y, x"
    hand_in(course, "ada", with_stub(solved(course), "mul_backward", wrong))
    hand_in(course, "cut", "{")
    grade(course, ASSIGNMENT, Options())
    return course


@pytest.mark.parametrize("exercise", ["add_backward", "mul_backward"])
def test_a_score_is_reproduced_from_its_seed(graded: CourseDirectory, exercise: str) -> None:
    explained = explain(graded, "ada", exercise)
    assert explained.is_reproduced
    assert explained.again.checks == explained.recorded.checks
    assert explained.recorded.passed is (exercise == "add_backward")


def test_a_score_that_was_edited_in_the_journal_is_not_reproduced(
    graded: CourseDirectory,
) -> None:
    path = graded.journal(ASSIGNMENT) / "ada.json"
    before = path.read_text()
    content = json.loads(before)
    for verdict in content["record"]["verdicts"]:
        for check in verdict["checks"]:
            check["passed"] = True
    path.write_text(json.dumps(content))
    try:
        assert not explain(graded, "ada", "mul_backward").is_reproduced
    finally:
        path.write_text(before)


@pytest.mark.parametrize(
    ("student", "exercise", "told"),
    [
        ("zoe", "mul_backward", "has no record"),
        ("ada", "mul_bakward", "mul_backward"),
        ("cut", "mul_backward", "was not run: unreadable"),
    ],
)
def test_what_cannot_be_explained_says_why(
    graded: CourseDirectory, student: str, exercise: str, told: str
) -> None:
    with pytest.raises(NothingDone, match=told):
        explain(graded, student, exercise)


def test_another_file_than_the_one_graded_is_refused(
    graded: CourseDirectory, tmp_path: Path
) -> None:
    course = copy_of(graded.root, tmp_path / "course")
    hand_in(course, "ada", solved(course))
    with pytest.raises(NothingDone, match="another file since"):
        explain(course, "ada", "mul_backward")
