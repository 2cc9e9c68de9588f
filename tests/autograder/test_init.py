from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autograder.errors import NothingDone
from autograder.init import course_secret, init_course


def test_a_new_course_has_what_the_first_grading_needs(tmp_path: Path) -> None:
    course = init_course(tmp_path / "course")
    assert course.submissions.is_dir()
    assert (course.root / "README.md").read_text().count("\n") < 30
    assert len(course_secret(course)) == 32


def test_the_secret_is_its_owners_alone_and_not_committed(tmp_path: Path) -> None:
    course = init_course(tmp_path / "course")
    assert course.secret.stat().st_mode & 0o777 == 0o600
    subprocess.run(["git", "init", "-q"], cwd=course.root, check=True)
    ignored = subprocess.run(["git", "check-ignore", course.secret], cwd=course.root, check=False)
    assert ignored.returncode == 0


def test_two_courses_have_different_secrets(tmp_path: Path) -> None:
    one, other = init_course(tmp_path / "one"), init_course(tmp_path / "other")
    assert course_secret(one) != course_secret(other)


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(NothingDone, match="not empty and not a course"):
        init_course(tmp_path)


def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    course = init_course(tmp_path)
    (tmp_path / "README.md").write_text("mine")
    secret = course_secret(course)
    assert course_secret(init_course(tmp_path)) == secret
    assert (tmp_path / "README.md").read_text() == "mine"


@pytest.mark.parametrize("content", ["", "not hex", "00"])
def test_a_spoilt_secret_stops_rather_than_being_replaced(tmp_path: Path, content: str) -> None:
    course = init_course(tmp_path)
    course.secret.write_text(content)
    with pytest.raises(NothingDone, match="course secret"):
        course_secret(course)
    assert course.secret.read_text() == content


def test_a_secret_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    course = init_course(tmp_path)
    course.secret.chmod(0o644)
    course_secret(course)
    assert course.secret.stat().st_mode & 0o777 == 0o600
