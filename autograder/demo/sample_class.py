"""The sample class for 03: who hands in what, and what grading has to make of it.

The answers are as students write them; `autograder.demo.answers` holds the longer ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autograder.demo import answers
from autograder.demo.handed_in import (
    Notebook,
    Released,
    answered,
    as_file,
    duplicated,
    inserted,
    solved,
    without,
)
from course.exercises import load

__all__ = ["ASSIGNMENT", "SAMPLE_CLASS", "Student"]

ASSIGNMENT = "03_gate_patterns"


@dataclass(frozen=True)
class Student:
    """One submission and what has to come of it.

    Attributes
    ----------
    name : str
        nbgrader's student id.
    what : str
        What is special about the submission.
    hand_in : callable
        Makes the notebook's file from what was released.
    lost : dict
        Exercises that must not give full points, to the mistakes to be named there.
    status : str
        The record's status.
    """

    name: str
    what: str
    hand_in: Callable[[Released], bytes]
    lost: dict[str, tuple[str, ...]]
    status: str = "graded"


def _right(change: Callable[[Notebook], Notebook]) -> Callable[[Released], bytes]:
    """Hand in a right notebook with one change."""
    return lambda released: as_file(change(solved(released)))


def _answers(**code: str) -> Callable[[Released], bytes]:
    """Hand in a right notebook with some answers written otherwise."""
    return _right(lambda notebook: answered(notebook, **code))


EVERYTHING = tuple(load(ASSIGNMENT))

SAMPLE_CLASS = (
    Student("ada", "everything right", _right(lambda notebook: notebook), {}),
    Student("ben", "right, with loops and other names", _answers(**answers.WITH_LOOPS), {}),
    Student(
        "cleo",
        "forgets the upstream gradient",
        _answers(exp_backward=answers.NO_UPSTREAM),
        {"exp_backward": ("no-upstream",)},
    ),
    Student(
        "dana",
        "does not swap in the multiply gate",
        _answers(mul_backward=answers.NOT_SWAPPED),
        {"mul_backward": ("not-swapped",)},
    ),
    Student(
        "eli",
        "max gate sends the gradient to both",
        _answers(max_backward=answers.MAX_TO_BOTH),
        {"max_backward": ("to-both",)},
    ),
    Student(
        "fay",
        "sends the output through the sigmoid again",
        _answers(sigmoid_backward=answers.SIGMOID_AGAIN),
        {"sigmoid_backward": ("sigmoid-again",)},
    ),
    Student(
        "gus",
        "sign lost in 1/x, = for += at the branch",
        _answers(reciprocal_backward=answers.NO_SIGN, Copy=answers.LAST_ONLY),
        {"reciprocal_backward": ("sign-lost",), "Copy": ("one-path",)},
    ),
    Student(
        "hana",
        "two mistakes in one gradient, so that neither can be named",
        _answers(exp_backward=answers.TWO_AT_ONCE),
        {"exp_backward": ("unknown",)},
    ),
    Student(
        "ines",
        "a different mistake in each of two gradients",
        _answers(mul_backward=answers.ONE_IN_EACH),
        {"mul_backward": ("sign", "no-upstream")},
    ),
    Student(
        "ivo",
        "blank",
        lambda released: as_file(released.blank),
        dict.fromkeys(EVERYTHING, ("blank",)),
    ),
    Student(
        "jun",
        "file cut off in the middle",
        lambda released: as_file(solved(released))[:20_000],
        dict.fromkeys(EVERYTHING, ()),
        "unreadable",
    ),
    Student(
        "kim",
        "a stub that never returns",
        _answers(circuit_backward=answers.ENDLESS_STUB),
        {"circuit_backward": ("timeout",)},
        "timeout",
    ),
    Student(
        "lea",
        "a cell that never ends",
        _right(lambda notebook: inserted(notebook, "while True: pass", before="Sigmoid-stub")),
        {},
    ),
    Student(
        "moe",
        "patches the checker, numpy's comparison and IPython",
        _right(
            lambda notebook: inserted(
                answered(notebook, mul_backward=answers.ZEROS),
                answers.PATCH_EVERYTHING,
                before="add_backward-stub",
            )
        ),
        {"mul_backward": ("unknown",)},
    ),
    Student(
        "nia",
        "returns an object equal to everything",
        _answers(mul_backward=answers.EQUAL_TO_ALL),
        {"mul_backward": ("not-numbers",)},
    ),
    Student(
        "oli",
        "looks for the solutions and the gradebook",
        _answers(mul_backward=answers.SEARCH_THE_DISK),
        {"mul_backward": ("raises",)},
    ),
    Student(
        "pia",
        "deleted two test cells",
        _right(lambda notebook: without(notebook, "mul_backward", "Graph")),
        {},
    ),
    Student(
        "quin",
        "pasted test cells and an answer twice",
        _right(lambda notebook: duplicated(notebook, "mul_backward", "Graph", "Copy-stub")),
        {},
    ),
    Student(
        "rio",
        "ends the process in a stub",
        _answers(exp_backward=answers.OS_EXIT),
        {"exp_backward": ("crashed",)},
        "crashed",
    ),
    Student(
        "sam",
        "puts a script into an output",
        _right(
            lambda notebook: inserted(notebook, answers.PLANT_A_SCRIPT, before="add_backward-stub")
        ),
        {},
    ),
)
"""In the order in which the demo shows them."""
