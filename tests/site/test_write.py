"""The command, on a small course: what it writes, what it leaves alone, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.cli import main
from autograder.errors import NothingDone
from autograder.init import init_course
from autograder.site.write import write_site

STUB = "def f(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"


def marked(cell: Any, **marks: Any) -> Any:
    cell.metadata["nbgrader"] = {"grade": False, "solution": False, **marks}
    return cell


def small() -> list[Any]:
    return [
        new_markdown_cell("# 01 Small\n\nAbout *little*."),
        new_code_cell("print('given')"),
        marked(new_code_cell(STUB), grade_id="f-stub", solution=True),
        marked(new_code_cell("check(f)"), grade_id="f", grade=True, points=2.0),
        new_code_cell("print('before')\ny = f(1)"),
        new_code_cell("print(y)"),
    ]


class Course:
    """A course directory with what was released in it."""

    def __init__(self, root: Path) -> None:
        self.directory = init_course(root / "course")
        self.to = root / "site"

    def release(self, cells: list[Any], notebook: str = "small") -> Course:
        folder = self.directory.release("01_small")
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(cells=cells), folder / f"{notebook}.ipynb")
        return self

    def page(self, name: str = "01_small") -> str:
        write_site(self.directory, self.to)
        return (self.to / f"{name}.html").read_text("utf-8")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def test_the_command_says_where_to_look(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    course.release(small())
    monkeypatch.chdir(course.directory.root)
    command = ["autograder", "site", "--no-lite", "--to", str(course.to), "--title", "Little"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert f"Open {course.to / 'index.html'}" in capsys.readouterr().out
    start = (course.to / "index.html").read_text("utf-8")
    assert "<h1>Little</h1>" in start
    assert "About <em>little</em>." in start
    assert "Run it in the browser" not in start
    assert not (course.to / "lite").exists()


def test_a_cell_that_waits_for_the_reader_says_so_and_shows_no_part_of_its_outputs(
    course: Course,
) -> None:
    page = course.release(small()).page()
    assert '<pre class="stdout">given' in page
    assert '<pre class="stdout">before' not in page
    assert page.count("It runs when your code above is there.") == 2


def test_a_cell_that_fails_otherwise_is_named_and_nothing_is_written(course: Course) -> None:
    course.release([*small(), new_code_cell("1 / 0")])
    with pytest.raises(NothingDone, match=r"01_small: the cell .*'1 / 0' ends with ZeroDivision"):
        course.page()
    assert sorted(path.name for path in course.to.parent.iterdir()) == ["course"]


def test_a_name_that_nothing_defines_is_a_failure_where_nobody_has_to_write(
    course: Course,
) -> None:
    course.release([new_markdown_cell("# 01 Small"), new_code_cell("undefined")])
    with pytest.raises(NothingDone, match="NameError"):
        course.page()


def test_an_old_site_is_replaced_as_a_whole(course: Course) -> None:
    course.release(small()).page()
    (course.to / "left.html").write_text("from last year")
    course.page()
    assert not (course.to / "left.html").exists()


def test_a_folder_that_holds_something_else_is_left_alone(course: Course) -> None:
    course.release(small())
    course.to.mkdir()
    (course.to / "thesis.txt").write_text("mine")
    with pytest.raises(NothingDone, match="holds something else"):
        course.page()
    assert (course.to / "thesis.txt").read_text() == "mine"


def test_without_a_release_the_message_says_how_to_make_one(course: Course) -> None:
    with pytest.raises(NothingDone, match="run `autograder build`"):
        course.page()


def test_an_assignment_of_two_notebooks_has_two_pages(course: Course) -> None:
    course.release(small()).release([new_markdown_cell("# 01 More")], "more").page()
    assert "01 More" in (course.to / "01_small-more.html").read_text("utf-8")
    assert sorted(p.name for p in course.to.glob("*.html")) == [
        "01_small-more.html",
        "01_small.html",
        "index.html",
    ]
    assert (course.to / "notebooks" / "01_small" / "more.ipynb").is_file()


def test_a_notebook_without_a_heading_is_refused(course: Course) -> None:
    course.release([new_code_cell("1")])
    with pytest.raises(NothingDone, match="does not begin with a heading"):
        course.page()
