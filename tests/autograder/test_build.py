from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder.build import build, find_sources
from autograder.course_directory import CourseDirectory
from autograder.errors import AuthorError, NothingDone
from autograder.grading.database import open_gradebook
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.record import Record
from autograder.source import read_source, to_notebook
from tests.autograder.courses import SMALL, copy_of

POINTS = {"add_backward": 2.0}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "03_small.py"
    path.write_text(SMALL)
    return path


def problems(course: CourseDirectory, source: Path, points: dict[str, float] = POINTS) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        build(course, source, points, check=True)
    return [problem.partition("03_small.py:")[2] for problem in caught.value.problems]


def test_the_released_notebook_has_stubs_and_no_solutions(
    empty_course: CourseDirectory, source: Path
) -> None:
    text = build(empty_course, source, POINTS).path.read_text()
    assert "raise NotImplementedError()" in text
    assert "YOUR ANSWER HERE" in text
    assert "return upstream" not in text
    assert "The max gate" not in text


def test_nbgrader_accepts_what_is_released(empty_course: CourseDirectory, source: Path) -> None:
    notebook = nbformat.read(build(empty_course, source, POINTS).path, as_version=4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)


def test_points_of_a_check_are_its_exercises(empty_course: CourseDirectory, source: Path) -> None:
    build(empty_course, source, POINTS)
    with AssignmentGradebook(empty_course, "03_small") as book:
        cells = book.released.cells
    assert {name: cell.points for name, cell in cells.items()} == {
        "add_backward-stub": 0.0,
        "add_backward": 2.0,
        "explain": 3.0,
    }


def test_building_again_gives_the_same_bytes(
    empty_course: CourseDirectory, source: Path, tmp_path: Path
) -> None:
    first = build(empty_course, source, POINTS)
    before = first.path.read_bytes()
    again = build(empty_course, source, POINTS)
    assert first.changed
    assert not again.changed
    assert again.path.read_bytes() == before
    elsewhere = copy_of(empty_course.root, tmp_path / "elsewhere")
    assert build(elsewhere, source, POINTS).path.read_bytes() == before


def test_editing_one_cell_keeps_the_ids_of_all_others(source: Path) -> None:
    before = [cell.id for cell in to_notebook(read_source(source), POINTS).cells]
    source.write_text(SMALL.replace("# # Small", "# # Smaller"))
    after = [cell.id for cell in to_notebook(read_source(source), POINTS).cells]
    assert before[1:] == after[1:]
    assert before[0] != after[0]


def test_check_writes_and_records_nothing(empty_course: CourseDirectory, source: Path) -> None:
    assert build(empty_course, source, POINTS, check=True).changed
    assert not empty_course.release("03_small").exists()
    with open_gradebook(empty_course) as book:
        assert book.assignments == []


def test_check_sees_a_release_edited_by_hand(empty_course: CourseDirectory, source: Path) -> None:
    path = build(empty_course, source, POINTS).path
    assert not build(empty_course, source, POINTS, check=True).changed
    path.write_text(path.read_text().replace("Small", "small"))
    assert build(empty_course, source, POINTS, check=True).changed


def test_nothing_of_the_machine_is_released(empty_course: CourseDirectory, source: Path) -> None:
    released = json.loads(build(empty_course, source, POINTS).path.read_text())
    assert released["metadata"] == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("check(add_backward)", "check(add)", "15: check cell 'add_backward' must be exactly"),
        ("    ### BEGIN SOLUTION\n", "", "8: ### BEGIN SOLUTION and ### END SOLUTION must come"),
        ("### BEGIN SOLUTION", "# begin", "8: ### BEGIN SOLUTION and"),
        ("def add_backward", "def add", "8: stub 'add_backward-stub' does not define"),
        ('"add_backward-stub"', '"add-stub"', "8: unknown grade_id 'add-stub'"),
        ('"add_backward", "grade"', '"sub_backward", "grade"', "15: check cell 'sub_backward' has"),
        ('"grade": true}', '"grade": true, "points": 5}', "15: check cell 'add_backward' says 5"),
        ('"points": 3', '"locked": false', "21: manual question 'explain' has no points"),
        ('"explain"', '"add_backward"', "21: grade_id 'add_backward' is used 2 times"),
        ('"grade_id": "explain"', "grade_id: explain", "21: the cell header is not understood"),
        ('"grade": true}', '"grade": true, "hidden": 1}', "15: unknown nbgrader key 'hidden'"),
        ("import numpy as np", "### BEGIN SOLUTION", "4: ### BEGIN SOLUTION in a plain cell"),
    ],
)
def test_an_authors_mistake_is_named_with_its_line(
    empty_course: CourseDirectory, source: Path, right: str, wrong: str, told: str
) -> None:
    source.write_text(SMALL.replace(right, wrong, 1))
    assert any(problem.startswith(told) for problem in problems(empty_course, source))


def test_an_exercise_without_cells_is_named(empty_course: CourseDirectory, source: Path) -> None:
    told = problems(empty_course, source, {**POINTS, "mul_backward": 1.0})
    assert told == [
        "1: exercise 'mul_backward' has no check cell: add one, `check(mul_backward)`.",
        "1: exercise 'mul_backward' has no stub: add a cell 'mul_backward-stub'.",
    ]


def test_an_unknown_name_suggests_the_nearest(source: Path) -> None:
    with pytest.raises(NothingDone, match="did you mean 03_small"):
        find_sources(source.parent, ("03_smal",))


def test_cells_cannot_change_under_submissions_that_are_graded(
    empty_course: CourseDirectory, source: Path
) -> None:
    build(empty_course, source, POINTS)
    with AssignmentGradebook(empty_course, "03_small") as book:
        book.enter(Record("ada", "03_small", "small", "missing"))
    source.write_text(SMALL.replace('"explain"', '"explain_more"'))
    with pytest.raises(NothingDone, match="there are submissions associated"):
        build(empty_course, source, POINTS)
