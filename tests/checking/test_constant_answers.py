"""An answer is called hard-coded only when nothing else would look like it."""

from __future__ import annotations

import numpy as np

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.exercises import program


@program(points=1, returns=("flags",), read="nowhere")
def positive(x):
    return (np.asarray(x) > 0).astype(float)


positive.example(np.array([1.0, 2.0]))


@positive.check("mixed signs")
def _(rng):
    yield (np.array([1.0, -2.0, 3.0]),)
    yield (np.array([-1.0, -2.0, 3.0]),)


@program(points=1, returns=("total",), read="nowhere")
def total(x):
    return float(np.sum(x))


total.example(np.array([2.0, 3.5]))


@total.check("random arrays")
def _(rng):
    for _ in range(3):
        yield (rng.normal(size=4),)


def mistakes(asked, stub) -> tuple[str, ...]:
    return examine(asked, LocalTransport({asked.name: stub}), 0).mistakes


def test_the_example_s_answer_everywhere_is_hard_coded() -> None:
    assert mistakes(total, lambda x: 5.5) == ("hard-coded",)


def test_one_number_everywhere_that_is_not_the_example_s_is_not() -> None:
    assert mistakes(total, lambda x: 1.0) == ("unknown",)


def test_wrong_flags_are_not_hard_coded_since_right_ones_are_made_of_the_same_two_numbers() -> None:
    assert mistakes(positive, lambda x: np.where(x != -2.0, 1.0, 0.0)) == ("unknown",)
