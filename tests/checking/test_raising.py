"""Mistakes that raise an exception on some probes, and answers that a driver cannot read."""

from __future__ import annotations

import numpy as np

from course.checking.compare import NotNumbers
from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.checking.verdict import Verdict
from course.exercises import Exercise, exercise, program
from course.exercises.wrong import but


@exercise(points=1, returns=("dx",), read="nowhere")
def pulled(x, matrix):
    return matrix @ x


pulled.driver(lambda stub, case: stub(case.given["matrix"], case.upstream))


@pulled.check("matrices")
def _(rng):
    for rows, columns in [(3, 3), (2, 4)]:
        yield {
            "inputs": (rng.normal(size=columns),),
            "given": {"matrix": rng.normal(size=(rows, columns))},
        }


pulled.mistake("not-transposed", "Use the transpose.", lambda matrix, upstream: matrix @ upstream)


@program(points=1, returns=("count",), read="nowhere")
def listed(names):
    return float(len(names))


@listed.driver
def _(stub, case):
    answer = stub(*case.inputs)
    if not isinstance(answer, list):
        raise NotNumbers("you return no list of names")
    return float(len(answer))


@listed.check("names")
def _(rng):
    yield (["a", "b"],)


def verdict(asked: Exercise, stub) -> Verdict:
    return examine(asked, LocalTransport({asked.name: stub}), 0)


def test_a_mistake_that_raises_where_the_shapes_differ_is_named() -> None:
    assert verdict(pulled, lambda matrix, upstream: matrix.dot(upstream)).mistakes == (
        "not-transposed",
    )


def test_another_exception_in_the_same_place_is_not_given_its_name() -> None:
    def indexed(matrix, upstream):
        return matrix @ upstream[[0, 1, 2]]

    assert verdict(pulled, indexed).mistakes == ("raises",)


def test_the_same_exception_with_other_numbers_is_not_given_its_name() -> None:
    found = verdict(pulled, lambda matrix, upstream: 2 * matrix @ upstream)
    assert found.mistakes == ("raises",)


def test_a_driver_says_what_it_cannot_read() -> None:
    found = verdict(listed, lambda names: np.array([1.0]))
    assert found.mistakes == ("not-numbers",)
    assert found.findings[0].sentence == "You return no list of names."


def test_an_error_of_numpy_comes_with_what_it_means_and_with_names_for_the_shapes() -> None:
    def branching(matrix, upstream):
        return matrix.T @ upstream if upstream > 0 else 0 * upstream

    said = verdict(pulled, branching).findings[0].sentence
    assert "An `if` cannot choose for a whole array" in said
    assert said.endswith("The shapes were: matrix (3, 3), x (3,), upstream (3,).")


def test_what_would_have_been_right_is_shown_where_it_raises() -> None:
    check = verdict(pulled, lambda matrix, upstream: matrix[9]).checks[0]
    answer = check.comparisons[-1]
    assert (answer.what, answer.yours) == ("dx", "nothing")
    assert answer.expected.startswith("[")


def test_a_known_wrong_answer_takes_whole_numbers_as_a_student_s_own_does() -> None:
    wrong = but(lambda x: x**2, lambda gradients, x, upstream: -gradients[0])
    assert wrong(np.array([1, -2]), np.array([1.0, 0.5])).tolist() == [-2.0, 2.0]
