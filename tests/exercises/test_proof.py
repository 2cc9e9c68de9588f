"""Every exercise, generically: right stubs pass, each known mistake is rejected and named."""

from __future__ import annotations

from itertools import product

import pytest

from course.checking.compare import all_agree
from course.checking.diagnose import UNKNOWN
from course.checking.examine import examine
from course.checking.hypotheses import run_mistake
from course.checking.local import LocalTransport
from course.checking.stub import StubRaised
from course.exercises import Exercise
from tests.exercises.mutants import EXERCISES, Mutant, mechanical_mutants, own_mutants, solutions

SEEDS = 200
MUTANT_SEEDS = range(3)


def each_exercise(function):
    return pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.name)(function)


@each_exercise
def test_the_solution_gets_every_point_on_every_seed(exercise: Exercise) -> None:
    transport = LocalTransport(solutions(exercise.assignment))
    for seed in range(SEEDS):
        verdict = examine(exercise, transport, seed)
        assert verdict.passed, (seed, verdict)
        assert verdict.score == exercise.points


@each_exercise
def test_every_listed_mistake_is_rejected_and_named(exercise: Exercise) -> None:
    for mutant, seed in product(own_mutants(exercise), MUTANT_SEEDS):
        assert_named(mutant, seed)


@each_exercise
def test_every_mechanical_mistake_is_rejected_and_named(exercise: Exercise) -> None:
    for mutant, seed in product(mechanical_mutants(exercise), MUTANT_SEEDS):
        assert_named(mutant, seed)


def assert_named(mutant: Mutant, seed: int) -> None:
    verdict = mutant.verdict(seed)
    assert not verdict.passed, f"{mutant} passes with seed {seed}"
    assert verdict.score < mutant.exercise.points
    named = verdict.mistakes[0]
    assert mutant.exercise.same(named, mutant.mistake), f"{mutant} is called {named}, seed {seed}"


TRANSFORMS = {
    "sign": lambda answer: tuple(-part for part in answer),
    "factor": lambda answer: tuple(2 * part for part in answer),
    "transposed": lambda answer: tuple(part.T for part in answer),
    "wrong-order": lambda answer: tuple(reversed(answer)),
}


@each_exercise
def test_two_mistakes_at_once_are_never_given_the_name_of_a_third(exercise: Exercise) -> None:
    singles = [*own_mutants(exercise), *mechanical_mutants(exercise)]
    for (name, transform), single in product(TRANSFORMS.items(), singles):
        both = Mutant(
            exercise,
            f"{name} and {single.mistake}",
            lambda case, one=single, then=transform: then(one.given(case)),
        )
        verdict = both.verdict(0)
        if verdict.passed:
            assert not both.changes_something(0), f"{both} passes"
            continue
        allowed = {UNKNOWN, "factor", "arity", name, single.mistake}
        for found in set(verdict.mistakes) - allowed:
            assert explained(both, found, singles, verdict), f"{both} is called {found}"


def explained(both: Mutant, found: str, singles: list[Mutant], verdict) -> bool:
    """Whether the mistake found gives the very numbers of the two together, where it is named."""
    where = {
        part
        for each in verdict.findings
        if each.mistake == found
        for part in each.where.split(", ")
    }
    cases = [case for _, cases in both.exercise.cases(0) for case in cases]
    for single in singles:
        if single.mistake == found and all(
            all_agree(*(part(mutant.given(case), case, where) for mutant in (both, single)))
            for case in cases
        ):
            return True
    return False


def part(answer, case, where):
    if where == {""}:
        return answer
    return tuple(each for each, label in zip(answer, case.labels, strict=True) if label in where)


@pytest.mark.parametrize(
    ("stub", "name"),
    [
        (lambda *a, **k: None, "none"),
        (lambda *a, **k: print(1.0), "prints"),
        (lambda: 1.0, "arguments"),
        (lambda *a, **k: "0.5", "not-numbers"),
        (lambda *a, **k: 1 / 0, "raises"),
    ],
    ids=["returns nothing", "prints", "wrong arguments", "a string", "raises"],
)
def test_an_answer_that_is_no_numbers_is_told_what_is_wrong(stub, name: str) -> None:
    for exercise in EXERCISES:
        if exercise.kind == "function":
            verdict = examine(exercise, LocalTransport({exercise.name: stub}), 0)
            assert verdict.score == 0
            assert verdict.mistakes == (name,), exercise


def test_a_blank_stub_is_called_blank() -> None:
    def blank(*arguments, **keywords):
        raise NotImplementedError

    for exercise in EXERCISES:
        verdict = examine(exercise, LocalTransport({exercise.name: blank}), 0)
        assert verdict.mistakes == ("blank",)
        assert verdict.score == 0


@each_exercise
def test_a_listed_mistake_raises_nothing_but_what_numpy_says_of_shapes(exercise: Exercise) -> None:
    # An error of our own making would keep the mistake from ever being named.
    for mutant in own_mutants(exercise):
        if mutant.source is not None:
            for _, cases in exercise.cases(0):
                answers = [run_mistake(mutant.source, case) for case in cases]
                raised = {each.kind for each in answers if isinstance(each, StubRaised)}
                assert raised <= {"ValueError", "IndexError"}, mutant
