"""A small graded course: real nbgrader database, real autograded notebooks."""

import shutil
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.course_directory import open_course
from autograder.grading.database import open_gradebook, patiently
from course.checking.render import as_html, as_text
from tests.report.sample import ASSIGNMENT, wrong

NOTEBOOK = "gate_patterns"


class GradedCourse:
    """A course with one assignment: a stub, its check, and a question read by a person."""

    def __init__(self, root):
        self.course = open_course(root)
        self.gradebook = open_gradebook(self.course)
        self.gradebook.add_assignment(ASSIGNMENT)
        self.gradebook.add_notebook(NOTEBOOK, ASSIGNMENT)
        where = (NOTEBOOK, ASSIGNMENT)
        self.gradebook.add_solution_cell("mul_backward-stub", *where)
        self.gradebook.add_grade_cell("mul_backward", *where, max_score=2, cell_type="code")
        self.gradebook.add_solution_cell("explain", *where)
        self.gradebook.add_grade_cell("explain", *where, max_score=3, cell_type="markdown")

    def grade(
        self,
        student,
        *,
        cells=(),
        before=False,
        answer="Because.",
        manual=None,
        comment=None,
        late=0.0,
    ):
        """Enter a student's grades and write the autograded notebook, with more cells in it."""
        self.gradebook.update_or_create_student(student)
        when = datetime(2026, 3, 2)  # nbgrader wants it in UTC and naive
        submission = patiently(  # which keeps nbgrader's own warnings to itself
            lambda: self.gradebook.add_submission(ASSIGNMENT, student, timestamp=when), 1
        )
        (notebook,) = submission.notebooks
        notebook.late_submission_penalty = late
        for grade in notebook.grades:
            if grade.name == "mul_backward":
                grade.auto_score, grade.needs_manual_grade = 1.0, False
            else:
                grade.manual_score, grade.needs_manual_grade = manual, manual is None
        for each in notebook.comments:
            if each.name == "explain":
                each.manual_comment = comment
        self.gradebook.db.commit()
        ours = _assignment_cells(answer)
        self._write(student, [*cells, *ours] if before else [*ours, *cells])

    def _write(self, student, cells):
        folder = self.course.autograded(student, ASSIGNMENT)
        folder.mkdir(parents=True)
        book = new_notebook(cells=cells)
        nbformat.write(book, folder / f"{NOTEBOOK}.ipynb")
        (folder / "timestamp.txt").write_text("2026-03-02 00:00:00 UTC")
        (folder / "submission_secret.txt").write_text("secret")
        (folder / "own.html").write_text("<script>alert(1)</script>")

    def page(self, student) -> Path:
        return self.course.feedback(student, ASSIGNMENT) / f"{NOTEBOOK}.html"


def marked(cell, name, *, grade=False, solution=False, **more):
    cell.metadata.nbgrader = {
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "task": False,
        "locked": not solution,
        "schema_version": 3,
        **more,
    }
    return cell


def _assignment_cells(answer):
    verdict = wrong("mul_backward", "not-swapped")
    shown = new_output(
        "display_data", {"text/plain": as_text(verdict), "text/html": as_html(verdict)}
    )
    raised = new_output("error", ename="CheckFailed", evalue="x", traceback=["CheckFailed: again"])
    stub = "def mul_backward(x, y, upstream):\n    return upstream * x, upstream * y"
    return [
        new_markdown_cell("## 2. The multiply gate swaps\n\nThe slope is $\\frac{1}{x^2}$."),
        marked(new_code_cell(stub), "mul_backward-stub", solution=True),
        marked(
            new_code_cell("check(mul_backward)", outputs=[shown, raised]),
            "mul_backward",
            grade=True,
            points=2,
        ),
        marked(new_markdown_cell(answer), "explain", grade=True, solution=True, points=3),
    ]


@pytest.fixture(scope="session")
def empty_course(tmp_path_factory):
    """A course with an empty gradebook, which takes nbgrader two seconds to make."""
    root = tmp_path_factory.mktemp("courses") / "empty"
    root.mkdir()
    settings = "c = get_config()\nc.CourseDirectory.course_id = 'calculus'\n"
    (root / "nbgrader_config.py").write_text(settings)
    open_gradebook(open_course(root)).close()
    return root


@pytest.fixture
def graded(empty_course, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(empty_course, root)
    made = GradedCourse(root)
    yield made
    made.gradebook.close()
