from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course_directory import open_course
from autograder.errors import NothingDone


def a_course(root: Path, *settings: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / "nbgrader_config.py").write_text("\n".join(["c = get_config()", *settings]))
    return root


def test_a_folder_without_configuration_is_not_a_course(tmp_path: Path) -> None:
    with pytest.raises(NothingDone, match=r"not a course directory.*autograder init"):
        open_course(tmp_path)


def test_folders_are_where_nbgrader_has_them(tmp_path: Path) -> None:
    course = open_course(a_course(tmp_path))
    assert course.submitted("ada", "03") == tmp_path / "submitted/ada/03"
    assert course.release("03") == tmp_path / "release/03"
    assert course.db_url == f"sqlite:///{tmp_path}/gradebook.db"


def test_configured_folders_and_database_are_honoured(tmp_path: Path) -> None:
    course = open_course(
        a_course(
            tmp_path,
            "c.CourseDirectory.submitted_directory = 'handed_in'",
            "c.CourseDirectory.directory_structure = '{assignment_id}/{nbgrader_step}/'"
            "'{student_id}'",
            "c.CourseDirectory.db_url = 'sqlite:///scores/all.db'",
        )
    )
    assert course.submitted("ada", "03") == tmp_path / "03/handed_in/ada"
    assert course.db_url == f"sqlite:///{tmp_path}/scores/all.db"
    (tmp_path / "03/handed_in/ada").mkdir(parents=True)
    assert course.students("03") == ("ada",)


def test_configuration_of_the_shells_folder_does_not_leak_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(a_course(tmp_path / "other", "c.CourseDirectory.course_id = 'other'"))
    assert open_course(a_course(tmp_path / "meant")).course_id != "other"


def test_configuration_that_raises_is_reported_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(NothingDone, match=r"nbgrader_config\.py cannot be read.*ZeroDivision"):
        open_course(a_course(tmp_path, "1 / 0"))


def test_students_are_the_folders_with_that_assignment(tmp_path: Path) -> None:
    course = open_course(a_course(tmp_path))
    for path in ("zoe/03", "ada/03", "bob/04", ".ipynb_checkpoints/03"):
        (tmp_path / "submitted" / path).mkdir(parents=True)
    assert course.students("03") == ("ada", "zoe")
    assert course.assignments_handed_in() == ("03", "04")


@pytest.mark.parametrize(
    ("written", "hour"), [("2026-01-02 10:00:00 UTC", 10), ("2026-01-02T10:00:00+02:00", 8)]
)
def test_the_time_of_handing_in_is_read_as_utc(tmp_path: Path, written: str, hour: int) -> None:
    course = open_course(a_course(tmp_path))
    folder = course.submitted("ada", "03")
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(written)
    assert course.timestamp("ada", "03").hour == hour


@pytest.mark.parametrize("written", ["soon", "99999999999999999999", "2026-13-45", "\x00"])
def test_a_time_that_is_none_is_a_value_error(tmp_path: Path, written: str) -> None:
    course = open_course(a_course(tmp_path))
    folder = course.submitted("ada", "03")
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(written)
    with pytest.raises(ValueError, match=r"."):
        course.timestamp("ada", "03")
