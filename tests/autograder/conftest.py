"""Real courses, made once; each test works on its own copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.build import build, points_of
from autograder.course_directory import CourseDirectory
from autograder.grading.database import open_gradebook
from autograder.init import init_course
from tests.autograder.courses import ASSIGNMENT, SOLUTION, copy_of


@pytest.fixture(scope="session")
def empty_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with no assignment; its gradebook is made, which takes nbgrader two seconds."""
    root = tmp_path_factory.mktemp("template") / "empty"
    open_gradebook(init_course(root)).close()
    return root


@pytest.fixture(scope="session")
def template(empty_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with assignment 03."""
    course = copy_of(empty_template, tmp_path_factory.mktemp("template") / "course")
    build(course, SOLUTION, points_of(ASSIGNMENT))
    return course.root


@pytest.fixture
def empty_course(empty_template: Path, tmp_path: Path) -> CourseDirectory:
    return copy_of(empty_template, tmp_path / "empty")


@pytest.fixture
def course(template: Path, tmp_path: Path) -> CourseDirectory:
    return copy_of(template, tmp_path / "course")
