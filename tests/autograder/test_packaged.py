"""A course made from released notebooks is graded like one made from the sources."""

from __future__ import annotations

from autograder.course_directory import CourseDirectory
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.released import Released
from autograder.packaged import packaged_notebooks, release
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, SOLUTION


def released_in(course: CourseDirectory) -> Released:
    with AssignmentGradebook(course, ASSIGNMENT) as book:
        return book.released


def test_the_gradebook_records_the_same_cells_as_after_a_build(
    course: CourseDirectory, empty_course: CourseDirectory
) -> None:
    built = course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
    release(empty_course, ASSIGNMENT, built)
    assert released_in(empty_course) == released_in(course)


def test_releasing_again_changes_nothing(
    course: CourseDirectory, empty_course: CourseDirectory
) -> None:
    built = course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
    first = release(empty_course, ASSIGNMENT, built)
    first.write_text(first.read_text() + "\n")
    before = first.read_bytes()
    release(empty_course, ASSIGNMENT, built)
    assert first.read_bytes() == before


def test_every_assignment_that_has_a_source_comes_with_the_package() -> None:
    sources = sorted(path.stem for path in SOLUTION.parent.glob("[0-9][0-9]_*.py"))
    assert list(packaged_notebooks()) == sources
