"""The third hint of every exercise: the smallest failing case, worked through."""

from __future__ import annotations

import re
from html import escape

import numpy as np
import pytest

from course.checking.examine import judge
from course.checking.observe import Observation
from course.checking.render import as_html, as_text
from course.checking.verdict import CheckResult, Verdict
from course.exercises import Case, Exercise
from course.exercises.case import Answer
from course.exercises.exercise import Probes
from tests.exercises.mutants import EXERCISES, mechanical_mutants, own_mutants

LINES, CHARACTERS = 9, 260
"""What a student reads of a case; and the longest line."""

PROGRAMS = [each for each in EXERCISES if each.asks == "value"]
FRACTION = re.compile(r"\d+\.\d+(?:e[+-]\d+)?")


def verdicts(exercise: Exercise, seed: int = 0) -> list[Verdict]:
    """Return the verdict on every mistake of an exercise that is caught."""
    mutants = [*own_mutants(exercise), *mechanical_mutants(exercise)]
    return [verdict for each in mutants if not (verdict := each.verdict(seed)).passed]


def shown(verdict: Verdict) -> CheckResult:
    return next(check for check in verdict.checks if not check.passed and check.comparisons)


def verdict_on(probes: Probes, case: Case, answer: Answer) -> Verdict:
    """Return the verdict on an answer to a single case."""
    return judge(case.exercise, 0, [(probes, [Observation(case, answer)])])


def probed(exercise: Exercise) -> list[tuple[Probes, Case]]:
    return [(probes, case) for probes, cases in exercise.cases(0) for case in cases]


def of(exercises):
    return pytest.mark.parametrize("exercise", exercises, ids=lambda each: each.name)


@of(EXERCISES)
def test_a_wrong_number_is_worked_through_to_the_right_one(exercise: Exercise) -> None:
    worked = [line for verdict in verdicts(exercise) for line in shown(verdict).worked]
    assert any("yours is" in line for line in worked)


@of(PROGRAMS)
def test_every_mistake_in_a_program_is_worked_through(exercise: Exercise) -> None:
    for verdict in verdicts(exercise):
        lines = shown(verdict).worked
        assert lines, verdict.mistakes
        assert len(lines) <= LINES
        assert all(line.endswith(".") and len(line) <= CHARACTERS for line in lines)
        assert any(re.search(r"\d", line) for line in lines)


@of(PROGRAMS)
def test_the_lines_are_made_of_the_case_at_hand(exercise: Exercise) -> None:
    worked = {
        shown(verdict_on(probes, case, tuple(np.full(part.shape, -7.25) for part in case.answer)))
        for probes, case in probed(exercise)
    }
    assert len({each.worked for each in worked}) > 1


@of(PROGRAMS)
def test_no_number_has_more_digits_than_a_person_reads(exercise: Exercise) -> None:
    for verdict in verdicts(exercise):
        for line in shown(verdict).worked:
            steps = line.partition("; yours")[0].rpartition(" = ")[0]
            for number in FRACTION.findall(steps):
                digits = number.partition("e")[0].replace(".", "").lstrip("0")
                assert len(digits) <= 4, line


@of(PROGRAMS)
def test_the_third_hint_shows_the_lines_and_the_second_does_not(exercise: Exercise) -> None:
    verdict = verdicts(exercise)[0]
    for line in shown(verdict).worked:
        assert line in as_text(verdict, 3)
        assert line not in as_text(verdict, 2)
        assert escape(line) in as_html(verdict, 3)
        assert escape(line) not in as_html(verdict, 2)


@of(EXERCISES)
def test_only_the_case_that_is_shown_is_worked_through(exercise: Exercise) -> None:
    for verdict in verdicts(exercise):
        rest = [check for check in verdict.checks if check is not shown(verdict)]
        assert not any(check.worked for check in rest)


STRANGE = {
    "not a number": lambda part: np.full(part.shape, np.nan),
    "infinite": lambda part: np.full(part.shape, np.inf),
    "yes or no": lambda part: np.logical_not(part.astype(bool)),
    "complex": lambda part: part + 1j,
    "of another shape": lambda part: np.zeros((*part.shape, 2)),
    "empty": lambda part: np.zeros((0, *part.shape)),
}


@of(PROGRAMS)
@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_a_strange_answer_is_worked_through_too(exercise: Exercise, strange) -> None:
    for probes, case in probed(exercise):
        verdict = verdict_on(probes, case, tuple(strange(part) for part in case.answer))
        assert shown(verdict).worked


@of(PROGRAMS)
def test_too_few_values_and_too_many_are_worked_through_too(exercise: Exercise) -> None:
    probes, case = probed(exercise)[0]
    for answer in ((), (*case.answer, np.zeros(2))):
        worked = shown(verdict_on(probes, case, answer)).worked
        assert worked
        assert not any("yours is" in line for line in worked)
