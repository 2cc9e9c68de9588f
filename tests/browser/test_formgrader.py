"""nbgrader's formgrader on a submission that we graded, used as by a person who reads answers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory
from autograder.export import Score, read_scores
from autograder.grading.database import open_gradebook
from autograder.init import init_course
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, SOLUTION, hand_in, solved

from .chromium import Watched
from .conftest import Shoot
from .jupyter import serving

QUESTION = "explain_routing"
FULL = sum(points_of(ASSIGNMENT).values())
# Formgrader takes MathJax from its usual place on the web and begins when that has drawn. Here it
# draws nothing, at once.
MATHJAX = """window.MathJax = { Hub: {
  Config() {}, Queue() {}, Startup: { signal: { Interest(hear) { setTimeout(hear, 0, "End"); } } },
} };"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> CourseDirectory:
    """Ada's submission, graded: all right, and her written answer waits for a person."""
    course = init_course(tmp_path_factory.mktemp("formgrader") / "course")
    build(course, SOLUTION, points_of(ASSIGNMENT))
    hand_in(course, "ada", solved(course))
    grade(course)
    return course


def grade(course: CourseDirectory, *options: str) -> None:
    command = [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, "--workers=1", *options]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True, timeout=60)


def score_of_ada(course: CourseDirectory) -> Score:
    with open_gradebook(course) as book:
        (score,) = read_scores(course, book, students=["ada"])
    return score


@pytest.fixture(scope="module")
def formgrader(browser: Browser, course: CourseDirectory) -> Iterator[Page]:
    """Her submission, opened in formgrader."""
    with open_gradebook(course) as book:
        submission = book.find_submission_notebook(NOTEBOOK, ASSIGNMENT, "ada").id
    watched = Watched(browser, viewport={"width": 1200, "height": 900})
    script = {"body": MATHJAX, "content_type": "text/javascript"}
    watched.context.route("**/mathjax/**", lambda route: route.fulfill(**script))
    with serving(Path(course.root)) as server:
        page = watched.context.new_page()
        path = f"/formgrader/submissions/{submission}/"
        page.goto(f"{server.address}/login?token={server.token}&next={path}")
        page.wait_for_function("formgrader.grades.loaded && formgrader.comments.loaded")
        yield page
    watched.context.close()
    assert watched.errors == []
    assert [url for url in watched.outside if "mathjax" not in url] == []


def saved(kind: str) -> Callable[[Response], bool]:
    """Whether an answer of the server says that a grade or comment was saved."""
    return lambda answer: (
        answer.request.method == "PUT" and f"/api/{kind}/" in answer.url and answer.ok
    )


def test_formgrader_shows_what_was_graded(formgrader: Page) -> None:
    points = f"{points_of(ASSIGNMENT)['mul_backward']:g}"
    expect(formgrader.locator("#mul_backward")).to_have_attribute("placeholder", points)
    verdict = re.compile(rf"mul_backward: (\d) of \1 checks passed, {points} of {points} point")
    expect(formgrader.get_by_text(verdict)).to_be_visible()
    expect(formgrader.locator(f"#{QUESTION}")).to_have_class("score tabbable needs_manual_grade")


def test_points_and_comment_of_a_person_are_kept_on_regrade(
    formgrader: Page, course: CourseDirectory, shoot: Shoot
) -> None:
    points, comment = (formgrader.locator(f"#{QUESTION}{end}") for end in ("", "-comment"))
    for field, given, kind in ((points, "2.5", "grade"), (comment, "Say why.", "comment")):
        with formgrader.expect_response(saved(kind)):
            field.fill(given)
            field.blur()
    shoot(formgrader, "formgrader")
    assert score_of_ada(course).raw == FULL + 2.5

    grade(course, "--regrade")
    assert score_of_ada(course).raw == FULL + 2.5
    formgrader.reload()
    expect(points).to_have_value("2.5")
    expect(comment).to_have_value("Say why.")
