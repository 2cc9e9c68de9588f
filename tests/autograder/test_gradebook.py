"""Records in a real nbgrader database, read back as nbgrader reads them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.build import build
from autograder.course_directory import CourseDirectory, open_course
from autograder.errors import GradebookLocked, NothingDone
from autograder.grading.database import open_gradebook
from autograder.grading.gradebook import AssignmentGradebook
from autograder.grading.record import Record
from course.checking.verdict import CheckResult, Verdict
from tests.autograder.courses import SMALL, copy_of

RIGHT = Verdict("add_backward", 2.0, 1, (CheckResult("numbers", 1, True),))
HALF = Verdict(
    "add_backward", 2.0, 1, (CheckResult("a", 1, True), CheckResult("b", 1, False, "wrong"))
)
WRONG = Verdict("add_backward", 2.0, 1, (CheckResult("numbers", 1, False, "wrong"),))


def a_record(verdict: Verdict = RIGHT, **facts: object) -> Record:
    given = {"status": verdict.status, "verdicts": (verdict,), **facts}
    return replace(Record("ada", "03_small", "small", "graded"), **given)  # type: ignore[arg-type]  # fields by name


UNREADABLE = a_record(Verdict("add_backward", 2.0, 1, status="unreadable"))


@pytest.fixture(scope="module")
def small(empty_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("small")
    course = copy_of(empty_template, place / "course")
    (place / "03_small.py").write_text(SMALL)
    build(course, place / "03_small.py", {"add_backward": 2.0})
    return course.root


@pytest.fixture
def course(small: Path, tmp_path: Path) -> CourseDirectory:
    return copy_of(small, tmp_path / "course")


@pytest.fixture
def book(course: CourseDirectory) -> Iterator[AssignmentGradebook]:
    with AssignmentGradebook(course, "03_small", patience=0.3) as opened:
        yield opened


@contextmanager
def nbgraders_view(course: CourseDirectory) -> Iterator[Gradebook]:
    with Gradebook(course.db_url, course.course_id) as book:
        yield book


def grade_of(course: CourseDirectory, cell: str) -> tuple[float | None, bool]:
    with nbgraders_view(course) as book:
        grade = book.find_grade(cell, "small", "03_small", "ada")
        return grade.auto_score, grade.needs_manual_grade


def comment_on(course: CourseDirectory, cell: str) -> str | None:
    with nbgraders_view(course) as book:
        return book.find_comment(cell, "small", "03_small", "ada").auto_comment


def score_of(course: CourseDirectory) -> float:
    with nbgraders_view(course) as book:
        return book.find_submission("03_small", "ada").score


@contextmanager
def locked(course: CourseDirectory, how: str = "EXCLUSIVE") -> Iterator[None]:
    with closing(sqlite3.connect(course.root / "gradebook.db")) as other:
        other.execute(f"BEGIN {how}")
        yield


def test_partial_credit_is_nbgraders_auto_score(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(a_record(HALF))
    assert grade_of(course, "add_backward") == (1.0, False)


def test_a_written_answer_waits_for_a_person(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(a_record())
    assert grade_of(course, "explain") == (None, True)
    assert comment_on(course, "explain") is None


def test_an_answer_left_blank_is_zero_and_no_response(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(a_record(unanswered=("explain",)))
    assert grade_of(course, "explain") == (0.0, False)
    assert comment_on(course, "explain") == "No response."


def test_unreadable_is_no_score_and_needs_a_person(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(UNREADABLE)
    assert grade_of(course, "add_backward") == (None, True)
    assert "unreadable" in str(comment_on(course, "add_backward-stub"))


def test_a_crash_keeps_what_was_passed_and_needs_a_person(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(a_record(replace(HALF, status="crashed")))
    assert grade_of(course, "add_backward") == (1.0, True)


def test_an_unreadable_resubmission_leaves_no_old_score_standing(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(a_record())
    assert score_of(course) == 2.0
    book.enter(UNREADABLE)
    assert score_of(course) == 0.0
    assert grade_of(course, "add_backward") == (None, True)


def test_a_persons_score_survives_and_is_to_be_looked_at_again(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(a_record())
    with nbgraders_view(course) as view:
        grade = view.find_grade("explain", "small", "03_small", "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        view.db.commit()
    book.enter(a_record(WRONG))
    assert score_of(course) == 2.5
    assert grade_of(course, "explain") == (None, True)


def test_entering_twice_changes_nothing(course: CourseDirectory, book: AssignmentGradebook) -> None:
    book.enter(a_record())
    book.enter(a_record())
    assert score_of(course) == 2.0
    with nbgraders_view(course) as view:
        assert len(view.assignment_submissions("03_small")) == 1


def test_the_gradebook_holds_only_the_record_entered_last(book: AssignmentGradebook) -> None:
    assert not book.holds(a_record())
    book.enter(a_record())
    assert book.holds(a_record())
    assert not book.holds(a_record(WRONG))
    assert not book.holds(UNREADABLE)


def test_a_late_submission_is_penalised_by_nbgraders_plugin(
    course: CourseDirectory,
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace('"none"', '"zero"'))
    course = open_course(course.root)
    with nbgraders_view(course) as view:
        view.update_or_create_assignment("03_small", duedate="2026-01-01 12:00:00 UTC")
    with AssignmentGradebook(course, "03_small") as book:
        late = book.late_seconds("ada", datetime(2026, 1, 1, 13))
        book.enter(a_record(late_seconds=late), datetime(2026, 1, 1, 13))
    assert late == 3600
    with nbgraders_view(course) as view:
        submission = view.find_submission("03_small", "ada")
        assert submission.late_submission_penalty == 2.0
        assert submission.timestamp == datetime(2026, 1, 1, 13)


def test_an_extension_moves_the_due_date(
    course: CourseDirectory, book: AssignmentGradebook
) -> None:
    book.enter(a_record())
    with nbgraders_view(course) as view:
        view.update_or_create_assignment("03_small", duedate="2026-01-01 12:00:00 UTC")
        view.find_submission("03_small", "ada").extension = timedelta(hours=2)
        view.db.commit()
    assert book.late_seconds("ada", datetime(2026, 1, 1, 13)) == 0
    assert book.late_seconds("bob", datetime(2026, 1, 1, 13)) == 3600


def test_a_lock_that_is_let_go_in_time_is_waited_for(course: CourseDirectory) -> None:
    course.db_url = f"{course.db_url}?timeout=0.05"
    with (
        AssignmentGradebook(course, "03_small", patience=5) as book,
        closing(sqlite3.connect(course.root / "gradebook.db", check_same_thread=False)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(0.4, other.rollback)
        release.start()
        book.enter(a_record())
        release.join()
        assert book.holds(a_record())


@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_gradebook_is_an_error_that_says_what_to_do(
    course: CourseDirectory, how: str
) -> None:
    impatient = f"{course.db_url}?timeout=0.1"
    course.db_url = impatient
    with AssignmentGradebook(course, "03_small", patience=0.3) as book, locked(course, how):
        with pytest.raises(GradebookLocked, match="locked by another program: end it"):
            book.assert_writable()
        with pytest.raises(GradebookLocked):
            book.enter(a_record())
    with AssignmentGradebook(course, "03_small") as book:
        assert not book.holds(a_record())
        book.enter(a_record())
        assert book.holds(a_record())


def test_a_gradebook_that_nbgrader_made_gets_the_indexes_that_a_large_class_needs(
    course: CourseDirectory,
) -> None:
    with closing(sqlite3.connect(course.root / "gradebook.db")) as database:

        def indexes() -> list[str]:
            query = "SELECT name FROM sqlite_master WHERE name LIKE 'autograder_%' ORDER BY name"
            return [name for (name,) in database.execute(query)]

        ours = indexes()
        assert "autograder_grade" in ours
        for name in ours:
            database.execute(f"DROP INDEX {name}")
        open_gradebook(course).close()
        assert indexes() == ours


def test_an_unknown_assignment_suggests_the_nearest(course: CourseDirectory) -> None:
    with pytest.raises(NothingDone, match="did you mean 03_small"):
        AssignmentGradebook(course, "03_smal")


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/gradebook.db", "nonsense", "nosuchdatabase://host/x"]
)
def test_a_database_that_cannot_be_reached_is_one_line(course: CourseDirectory, url: str) -> None:
    course.db_url = url
    with pytest.raises(NothingDone) as caught:
        AssignmentGradebook(course, "03_small")
    assert "\n" not in str(caught.value)


def test_a_missing_release_is_an_error_that_says_what_to_do(course: CourseDirectory) -> None:
    (course.release("03_small") / "small.ipynb").unlink()
    with pytest.raises(NothingDone, match="run `autograder build`"):
        AssignmentGradebook(course, "03_small")
