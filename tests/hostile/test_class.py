"""A class that attacks the grader, with honest students in between, graded in one run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.build import build, points_of
from autograder.init import init_course
from autograder.results import reasons, rows
from autograder.sandbox import cgroup, leftovers
from course.checking.render import as_text
from tests.autograder.courses import ASSIGNMENT, NOTEBOOK, SOLUTION
from tests.hostile import escaping
from tests.hostile.case import Case
from tests.hostile.graded import MIB, Graded, graded
from tests.hostile.table import BLANK, CASES, CLASS, HONEST

POINTS = points_of(ASSIGNMENT)
FULL = sum(POINTS.values())
WORKER_BYTES = 800 * MIB
"""A worker reads 32 MiB of JSON, whose items take more than ten times as much."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    place = tmp_path_factory.mktemp("hostile")
    course = init_course(place / "course")
    build(course, SOLUTION, points_of(ASSIGNMENT))
    return graded(course, place)


def student_of(case: Case) -> str:
    return next(student for student, each in CLASS.items() if each is case)


def lost(seen: Graded, student: str) -> dict[str, float]:
    """What a student did not get, by exercise."""
    scores = {verdict.exercise: verdict.score for verdict in seen.records[student].verdicts}
    return {name: most - scores[name] for name, most in POINTS.items() if scores[name] < most}


def of_kind(expectation: str) -> pytest.MarkDecorator:
    cases = [case for case in CASES if case.expect == expectation]
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def test_there_are_sixty_cases_and_more_under_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@of_kind("forger")
def test_a_forger_gets_what_a_blank_notebook_gets_and_only_there(seen: Graded, case: Case) -> None:
    assert lost(seen, student_of(case)) == {name: POINTS[name] for name in case.attacks}


@of_kind("vandal")
def test_a_vandal_gets_nothing_where_it_attacks(seen: Graded, case: Case) -> None:
    found = lost(seen, student_of(case))
    assert {name: found.get(name) for name in case.attacks} == {
        name: POINTS[name] for name in case.attacks
    }


@of_kind("evades")
def test_a_difference_as_exact_as_a_formula_is_taken_for_one(seen: Graded, case: Case) -> None:
    assert lost(seen, student_of(case)) == {}


@of_kind("right")
def test_who_is_right_but_unlucky_gets_every_point(seen: Graded, case: Case) -> None:
    assert lost(seen, student_of(case)) == {}


@of_kind("listed")
def test_what_cannot_be_graded_has_no_score_and_a_reason(seen: Graded, case: Case) -> None:
    record = seen.records[student_of(case)]
    assert record.status in ("missing", "unreadable")
    assert {row["score"] for row in rows(record)} == {None}
    assert reasons(record)


def test_the_honest_between_them_keep_their_points(seen: Graded) -> None:
    honest = [student for student, case in CLASS.items() if case.name == HONEST]
    assert len(honest) > 15
    assert {student: lost(seen, student) for student in honest} == {each: {} for each in honest}
    assert {seen.records[student].status for student in honest} == {"graded"}


def test_a_blank_notebook_gets_nothing(seen: Graded) -> None:
    (blank,) = (student for student, case in CLASS.items() if case.name == BLANK)
    assert lost(seen, blank) == POINTS


def test_everybody_is_graded_and_in_the_gradebook(seen: Graded) -> None:
    assert list(seen.records) == list(CLASS)
    assert seen.summary.not_entered == {}
    with Gradebook(seen.course.db_url, seen.course.course_id) as book:
        for student, record in seen.records.items():
            entered = book.find_submission_notebook(NOTEBOOK, ASSIGNMENT, student)
            assert entered.score == pytest.approx(record.score), student


def test_nothing_was_too_much_for_the_grader_itself(seen: Graded) -> None:
    for student, record in seen.records.items():
        told = " ".join(note.text for note in record.notes)
        for trouble in ("grader itself", "grader's own worker", "sandbox was lost"):
            assert trouble not in told, student


def test_who_needs_a_person_is_named_with_a_reason(seen: Graded) -> None:
    for record in seen.records.values():
        assert not record.needs_person or all(reasons(record))


def test_nothing_that_the_grader_says_of_a_student_drives_a_terminal(seen: Graded) -> None:
    for student, record in seen.records.items():
        for text in (*reasons(record), *(note.text for note in record.notes)):
            assert text.isprintable(), (student, text)
            assert len(text) < 2000
        shown = "".join(map(as_text, record.verdicts)).replace("\n", "")
        assert shown.isprintable(), student


def test_no_attempt_to_get_out_succeeded(seen: Graded) -> None:
    outputs = dict(seen.outputs())
    assert [student for student in CLASS if "ESCAPED" in outputs[student]] == []
    assert seen.laid.calls == []
    tried = {student for student in CLASS if "TRIED" in outputs[student]}
    assert tried == {student_of(case) for case in escaping.CASES}


def test_no_secret_got_into_a_notebook(seen: Graded) -> None:
    secrets = (seen.laid.secret, seen.course.secret.read_text().strip())
    for student, outputs in seen.outputs():
        assert not any(secret in outputs for secret in secrets), student


def test_nothing_on_the_host_has_changed(seen: Graded) -> None:
    assert seen.after == seen.before
    assert Path(seen.laid.ground.canary).read_text() == seen.laid.secret


def test_nothing_runs_afterwards(seen: Graded) -> None:
    assert [line for line in command_lines() if seen.laid.ground.nap in line] == []
    for controller in cgroup.controllers().values():
        groups = controller.directory.glob(f"{leftovers.PREFIX}*")
        assert [path for path in groups if leftovers.abandoned(path.name)] == []


def test_the_graders_memory_stays_bounded(seen: Graded) -> None:
    assert 50 * MIB < seen.worker_bytes < WORKER_BYTES


def test_no_notebook_comes_out_larger_than_outputs_may_be(seen: Graded) -> None:
    for student, outputs in seen.outputs():
        assert len(outputs) < 8 * MIB, student


def command_lines() -> Iterator[str]:
    """Every process of this machine, as it was started."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
