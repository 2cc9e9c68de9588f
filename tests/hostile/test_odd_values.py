"""Whatever a stub gives back or leaves in its arguments, examining it ends with a verdict."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from course.checking.compare import as_arrays
from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.checking.render import as_html, as_text
from course.checking.stub import Reply, Request
from course.checking.values import Opaque
from course.exercises import assignments, load
from course.exercises.case import WrongForward, expect
from course.exercises.exercise import Exercise
from tests.notebooks.reading import assignment

EXERCISES = [exercise for name in assignments() for exercise in load(name).values()]
HUGE = 2**1024 - 1  # crosses, but is no float

VALUES: dict[str, Any] = {
    "nothing": None,
    "an object": Opaque("Right"),
    "a whole number beyond int64": 2**70,
    "a whole number beyond float": HUGE,
    "two of them": (HUGE, -HUGE),
    "a list of them": [HUGE] * 3,
    "a dict of them": {"x": HUGE, "dx": HUGE},
    "text": "abc",
    "a number as text": "1.5",
    "texts": ("a", "b"),
    "text that is no Unicode": "\ud800",
    "an empty tuple": (),
    "an empty list": [],
    "an empty dict": {},
    "dicts": ({}, {}),
    "a dict of a dict": {"dx": {"a": 1}},
    "not a number": float("nan"),
    "infinity": float("inf"),
    "a complex number": 1j,
    "a complex nan": np.array([complex("nan")]),
    "truth": True,
    "truths": np.array([True, False]),
    "a nested list": [[[1, [2]]]],
    "a ragged list": [[1], [1, 2]],
    "lists": ([1], [2], [3]),
    "objects": [Opaque("a")] * 3,
    "a thousand values": tuple(range(1000)),
    "no entries": np.zeros(0),
    "a million columns of no rows": np.zeros((0, 10**6)),
    "thirty-two axes": np.ones((1,) * 32),
    "bytes": np.array([255], np.uint8),
    "the smallest int64": np.array([-(2**63)]),
    "the largest floats": np.full(3, 1e308),
    "half precision": np.float16(1),
}
FLOATS = (np.nan, np.inf, -1e308, 0.0, 5.0)
LEFT: dict[str, Any] = {
    "nothing": (),
    "numbers": (5,) * 8,
    "None": (None,) * 8,
    "lists": ([],) * 8,
    "dicts": ({},) * 8,
    "arrays": (np.zeros((3, 7)),) * 8,
    "texts": ("q",) * 8,
    "objects": (Opaque("z"),) * 8,
    "whole numbers beyond float": (HUGE,) * 8,
}


class Answers:
    """A transport that answers every call with the same value."""

    def __init__(self, value: Any, left: tuple[Any, ...] | None = None) -> None:
        self.value, self.left = value, left

    def send(self, request: Request) -> Reply:
        left = request.arguments if self.left is None else self.left
        return Reply(1 if request.create else self.value, left)

    def drop(self, instance: int) -> None: ...


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_no_value_keeps_an_exercise_from_its_verdict(value: Any) -> None:
    for exercise in EXERCISES:
        shown(exercise, Answers(value))


@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT)
def test_no_change_of_the_arguments_keeps_an_exercise_from_its_verdict(left: Any) -> None:
    for exercise in EXERCISES:
        shown(exercise, Answers(None, left))


class Spoils:
    """A transport on which the right stubs answer, and now and then some of it is spoiled."""

    def __init__(self, stubs: dict[str, Any], seed: int) -> None:
        self.stubs, self.random = LocalTransport(stubs), Random(seed)
        self.share = self.random.choice((0.02, 0.2, 1.0))

    def send(self, request: Request) -> Reply:
        reply = self.stubs.send(request)
        if request.create or self.random.random() > self.share:
            return reply
        return replace(reply, value=self.spoiled(reply.value))

    def drop(self, instance: int) -> None:
        self.stubs.drop(instance)

    def spoiled(self, value: Any) -> Any:
        """The value with something in it lost, twice, not a number, or another thing."""
        other = self.random.choice(list(VALUES.values()))
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size:
            changed = value.copy()
            changed.flat[self.random.randrange(value.size)] = self.random.choice(FLOATS)
            return self.random.choice((other, changed))
        if not isinstance(value, dict | list | tuple) or not value:
            return other
        parts = list(value.items() if isinstance(value, dict) else value)
        at = self.random.randrange(len(parts))
        if isinstance(value, dict):
            inside = (parts[at][0], self.spoiled(parts[at][1]))
            return dict(self.random.choice((parts[:at], [*parts[:at], inside, *parts[at + 1 :]])))
        inside = self.random.choice(([], [other], [parts[at], parts[0]], [self.spoiled(parts[at])]))
        return type(value)([*parts[:at], *inside, *parts[at + 1 :]])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", assignments())
def test_nothing_spoiled_in_a_right_answer_keeps_it_from_its_verdict(name: str, seed: int) -> None:
    stubs = vars(assignment(name).solved)
    for exercise in load(name).values():
        shown(exercise, Spoils(stubs, seed))


def test_a_whole_number_beyond_int64_is_read_as_the_float_that_it_is() -> None:
    (read,) = as_arrays(2**70, ("dx",))
    assert read == 2.0**70


def shown(exercise: Exercise, transport: Answers | Spoils) -> None:
    verdict = examine(exercise, transport, seed=7)
    assert verdict.checks
    as_html(verdict)
    as_text(verdict)


def test_a_forward_with_an_imaginary_part_is_wrong_even_if_the_rest_is_right() -> None:
    expect("forward(x)", np.array([1.0, 2.0]), [1, 2])
    with pytest.raises(WrongForward):
        expect("forward(x)", np.array([1.0 + 1j, 2.0]), [1, 2])
