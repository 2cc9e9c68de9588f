"""One class of submissions through the real sandbox into a real gradebook."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator

from autograder.build import points_of
from autograder.course_directory import CourseDirectory
from autograder.export import as_text, read_scores
from autograder.grading.database import open_gradebook
from autograder.grading.grade import Options, grade
from autograder.grading.journal import Journal
from autograder.grading.record import Record
from autograder.results import as_json, reasons
from autograder.sandbox import Limits
from tests.autograder.courses import (
    ASSIGNMENT,
    NOTEBOOK,
    cell_named,
    copy_of,
    hand_in,
    keep_cells,
    solved,
    with_stub,
)
from tests.autograder.watching import Watching

POINTS = points_of(ASSIGNMENT)
FULL = sum(POINTS.values())
LIMITS = Limits(wall_seconds=30, cell_seconds=2, call_seconds=1)

LOOPS = """import numpy as np

def mul_backward(x, y, upstream):
    x, y, upstream = (np.asarray(each, dtype=float) for each in (x, y, upstream))
    dx, dy = np.zeros_like(upstream), np.zeros_like(upstream)
    for index in np.ndindex(upstream.shape):
        dx[index] = upstream[index] * y[index]
        dy[index] = upstream[index] * x[index]
    return dx, dy
"""
FORGERY = """import numpy, numpy.testing, course.checking.compare, course.checking.examine

class Always:
    def __eq__(self, other): return True
    def __array__(self, *_): return self
course.checking.examine.examine = lambda *_: Always()
numpy.allclose = numpy.array_equal = numpy.testing.assert_allclose = lambda *_, **__: True

def mul_backward(x, y, upstream):
    return Always(), Always()
"""


@dataclass
class Seen:
    """A class that was graded, and what the grader told of it."""

    course: CourseDirectory
    told: Watching

    def record(self, student: str) -> Record:
        record = Journal(self.course.journal(ASSIGNMENT)).read(student)
        assert record is not None
        return record

    def scores(self, student: str) -> dict[str, float]:
        return {verdict.exercise: verdict.score for verdict in self.record(student).verdicts}

    def lost(self, student: str) -> dict[str, float]:
        """What a student lost, by exercise."""
        scores = self.scores(student)
        return {name: POINTS[name] - scores[name] for name in POINTS if POINTS[name] > scores[name]}

    def gradebook_score(self, student: str) -> float:
        with Gradebook(self.course.db_url, self.course.course_id) as book:
            return float(book.find_submission(ASSIGNMENT, student).score)

    def autograded(self, student: str) -> Any:
        path = self.course.autograded(student, ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
        return nbformat.read(path, as_version=4)


def hand_in_the_class(course: CourseDirectory) -> None:
    right = solved(course)

    def again() -> Any:
        return copy.deepcopy(right)

    hand_in(course, "ada", again())
    hand_in(course, "bea-loops", with_stub(again(), "mul_backward", LOOPS))
    hand_in(course, "blank", (course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb").read_text())
    deleted = keep_cells(again(), lambda cell: not _is_check(cell))
    hand_in(course, "check-cells-deleted", deleted)
    doubled = again()
    doubled["cells"] = [c for cell in right["cells"] for c in [cell] * (1 + _is_check(cell))]
    hand_in(course, "check-cells-doubled", doubled)
    bare = again()
    for cell in bare["cells"]:
        cell["metadata"] = {"tags": ["skip-execution"]}
        cell["id"] = ""
    hand_in(course, "stripped", bare)
    cheat = json.loads((course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb").read_text())
    for cell in cheat["cells"]:
        cell["metadata"]["tags"] = ["skip-execution"]
    hand_in(course, "skips-everything", cheat)
    hand_in(course, "forger", with_stub(again(), "mul_backward", FORGERY))
    endless = with_stub(again(), "mul_backward", "def mul_backward(*_):\n    while True: pass")
    exits = "import os\ndef exp_backward(*_):\n    os._exit(0)"
    hand_in(course, "endless-and-exits", with_stub(endless, "exp_backward", exits))
    hand_in(course, "cell-kills", with_stub(again(), "mul_backward", "import os\nos._exit(1)"))
    hand_in(course, "gone", keep_cells(again(), lambda c: "def mul_backward" not in c["source"]))
    typo = "def mul_backward(x, y, upstream):\n    return upstream * (y"
    hand_in(course, "typo", with_stub(again(), "mul_backward", typo))
    warns = LOOPS + "\nimport sys\nprint('careful', file=sys.stderr)\n"
    hand_in(course, "warns", with_stub(again(), "mul_backward", warns))
    hand_in(course, "truncated", json.dumps(again())[:5000])
    hand_in(course, "renamed", again(), name="Copy of gates (2)")
    hand_in(course, "from-colab", as_colab_saves(again()))
    hand_in(course, "zz-last", again())
    course.submitted("nothing", ASSIGNMENT).mkdir(parents=True)


def as_colab_saves(notebook: Any) -> Any:
    """Format 4.0, ids in the metadata; and the cell that the student installed the course with."""
    for number, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] |= {
            "id": f"cell{number}",
            "colab": {"base_uri": "https://localhost:8080/"},
        }
    install = nbformat.v4.new_code_cell("%pip install -q ./backprop_course-0.1.0-py3-none-any.whl")
    del install["id"]
    notebook["cells"].insert(0, install)
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "accelerator": "GPU",
    }
    notebook["nbformat_minor"] = 0
    return notebook


def _is_check(cell: Any) -> bool:
    claims = cell["metadata"].get("nbgrader", {})
    return bool(claims.get("grade") and not claims.get("solution"))


@pytest.fixture(scope="module")
def seen(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    course = copy_of(template, tmp_path_factory.mktemp("class") / "course")
    hand_in_the_class(course)
    told = Watching()
    grade(course, ASSIGNMENT, Options(workers=2, limits=LIMITS), told)
    return Seen(course, told)


@pytest.mark.parametrize(
    "student",
    [
        "ada",
        "bea-loops",
        "check-cells-deleted",
        "check-cells-doubled",
        "stripped",
        "warns",
        "renamed",
        "from-colab",
        "zz-last",
    ],
)
def test_who_is_right_gets_full_marks(seen: Seen, student: str) -> None:
    assert seen.lost(student) == {}
    assert seen.gradebook_score(student) == FULL


def test_a_blank_notebook_gets_nothing_and_needs_nobody(seen: Seen) -> None:
    assert seen.gradebook_score("blank") == 0
    assert not seen.record("blank").needs_person


def test_skipping_every_cell_is_worth_what_a_blank_notebook_is(seen: Seen) -> None:
    assert seen.gradebook_score("skips-everything") == 0


def test_patching_the_checker_inside_changes_nothing_outside(seen: Seen) -> None:
    assert seen.lost("forger") == {"mul_backward": POINTS["mul_backward"]}


def test_an_exercise_that_never_ends_or_exits_costs_itself_alone(seen: Seen) -> None:
    student = "endless-and-exits"
    assert seen.lost(student) == {name: POINTS[name] for name in ("mul_backward", "exp_backward")}
    statuses = {verdict.exercise: verdict.status for verdict in seen.record(student).verdicts}
    assert statuses["mul_backward"] == "timeout"
    assert statuses["exp_backward"] == "crashed"
    assert {statuses[name] for name in statuses if name not in seen.lost(student)} == {"graded"}


def test_a_cell_that_ends_the_process_costs_its_exercise_alone(seen: Seen) -> None:
    assert seen.lost("cell-kills") == {"mul_backward": POINTS["mul_backward"]}
    outputs = cell_named(seen.autograded("cell-kills"), "mul_backward-stub")["outputs"]
    assert outputs[0]["ename"] == "Stopped"


def test_a_deleted_exercise_is_missing_and_needs_a_person(seen: Seen) -> None:
    record = seen.record("gone")
    assert {v.exercise for v in record.verdicts if v.status == "missing"} == {"mul_backward"}
    assert any("missing: mul_backward" in reason for reason in reasons(record))


def test_a_stub_that_does_not_parse_is_wrong_and_told_why(seen: Seen) -> None:
    (verdict,) = (v for v in seen.record("typo").verdicts if v.exercise == "mul_backward")
    assert (verdict.status, verdict.score) == ("graded", 0)
    assert "SyntaxError" in verdict.findings[0].sentence


@pytest.mark.parametrize(
    ("student", "status"), [("truncated", "unreadable"), ("nothing", "missing")]
)
def test_what_cannot_be_read_has_no_score_rather_than_zero(
    seen: Seen, student: str, status: str
) -> None:
    record = seen.record(student)
    assert record.status == status
    assert reasons(record)
    rows = [row for row in json.loads(as_json([record])) if row["student"] == student]
    assert {row["score"] for row in rows} == {None}
    assert {row["status"] for row in rows} == {status}
    with Gradebook(seen.course.db_url, seen.course.course_id) as book:
        grades = book.find_submission_notebook(NOTEBOOK, ASSIGNMENT, student).grades
        assert {grade.auto_score for grade in grades} == {None}


def test_csv_tells_missing_from_zero(seen: Seen) -> None:
    with open_gradebook(seen.course) as book:
        text = as_text("csv", read_scores(seen.course, book))
    lines = {line.split('","')[3]: line.split('","') for line in text.splitlines()}
    assert lines["blank"][9] == "0.0"
    assert lines["truncated"][9] == lines["nothing"][9] == ""
    assert lines["truncated"][12] == 'unreadable"'
    assert lines["nothing"][12] == 'missing"'


def test_everybody_is_told_of_once(seen: Seen) -> None:
    students = seen.told.students
    assert sorted(students) == sorted(set(students)) == list(seen.course.students(ASSIGNMENT))
    assert seen.told.plan == (len(students), 0)


def test_every_autograded_notebook_is_valid_for_nbgrader(seen: Seen) -> None:
    for student in seen.course.students(ASSIGNMENT):
        notebook = seen.autograded(student)
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
        graded = {c["metadata"]["nbgrader"]["grade_id"] for c in notebook.cells if _is_check(c)}
        assert graded == set(POINTS)


def test_a_verdict_stands_in_its_check_cell_as_the_student_would_see_it(seen: Seen) -> None:
    passed = cell_named(seen.autograded("ada"), "mul_backward")["outputs"]
    failed = cell_named(seen.autograded("forger"), "mul_backward")["outputs"]
    assert [output["output_type"] for output in passed] == ["display_data"]
    assert [output["output_type"] for output in failed] == ["display_data", "error"]
    assert failed[1]["ename"] == "CheckFailed"


def test_what_was_repaired_is_told_at_the_top(seen: Seen) -> None:
    first = seen.autograded("check-cells-deleted").cells[0]["source"]
    assert "deleted cells were put back" in first


def test_probes_differ_between_students_and_exercises(seen: Seen) -> None:
    seeds = [v.seed for student in ("ada", "zz-last") for v in seen.record(student).verdicts]
    assert len(set(seeds)) == len(seeds)


@pytest.fixture
def resubmitted(seen: Seen) -> Iterator[Seen]:
    """The class, with ada's notebook to be put back afterwards."""
    path = seen.course.submitted("ada", ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
    before = path.read_text()
    yield seen
    path.write_text(before)


def test_a_second_run_grades_nothing_again(seen: Seen) -> None:
    again = Watching()
    summary = grade(seen.course, ASSIGNMENT, Options(limits=LIMITS), again)
    assert again.students == []
    assert (summary.graded, summary.done) == (0, len(seen.course.students(ASSIGNMENT)))


def test_only_what_was_handed_in_anew_is_graded_again_with_fresh_probes(resubmitted: Seen) -> None:
    before = resubmitted.record("ada")
    hand_in(resubmitted.course, "ada", "{cut off")
    again = Watching()
    grade(resubmitted.course, ASSIGNMENT, Options(limits=LIMITS), again)
    assert again.students == ["ada"]
    assert resubmitted.gradebook_score("ada") == 0
    assert resubmitted.record("ada").attempt == before.attempt + 1
    assert resubmitted.record("ada").verdicts[0].seed != before.verdicts[0].seed
