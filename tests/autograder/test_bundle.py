"""The zip a student gets."""

from __future__ import annotations

import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from autograder.bundle import write_bundle
from autograder.course_directory import CourseDirectory
from autograder.errors import NothingDone
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK


def test_it_holds_the_released_notebooks_one_page_and_what_to_install(
    course: CourseDirectory, tmp_path: Path
) -> None:
    top = course.course_id
    names = write_bundle(course, tmp_path / "course.zip")
    notebook = f"{top}/{ASSIGNMENT}/{NOTEBOOK}.ipynb"
    page, needed = f"{top}/README.md", f"{top}/requirements.txt"
    assert names == [page, needed, f"{top}/environment.yml", notebook]
    with zipfile.ZipFile(tmp_path / "course.zip") as bundle:
        released = course.release(ASSIGNMENT) / f"{NOTEBOOK}.ipynb"
        assert bundle.read(notebook) == released.read_bytes()
        requirement = Requirement(bundle.read(needed).decode().strip())
        assert ASSIGNMENT in bundle.read(page).decode()
    assert (requirement.name, requirement.extras) == ("backprop-course", {"lab"})
    assert str(requirement.specifier) == f"=={version('backprop-course')}"


def test_a_wheel_put_in_is_what_is_installed(course: CourseDirectory, tmp_path: Path) -> None:
    wheel = tmp_path / "backprop_course-9-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    write_bundle(course, tmp_path / "course.zip", wheel)
    with zipfile.ZipFile(tmp_path / "course.zip") as bundle:
        assert bundle.read(f"{course.course_id}/{wheel.name}") == b"wheel"
        needed = bundle.read(f"{course.course_id}/requirements.txt").decode()
        page = bundle.read(f"{course.course_id}/README.md").decode()
    assert needed == f"./{wheel.name}[lab]\n"
    assert f"    %pip install -q ./{wheel.name}\n" in page


def test_the_same_course_gives_the_same_bytes(course: CourseDirectory, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        write_bundle(course, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_course_with_nothing_released_is_an_error_that_says_what_to_do(
    empty_course: CourseDirectory, tmp_path: Path
) -> None:
    with pytest.raises(NothingDone, match="autograder build"):
        write_bundle(empty_course, tmp_path / "course.zip")
    assert not (tmp_path / "course.zip").exists()
