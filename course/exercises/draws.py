"""Inputs that hide no mistake: random, of several shapes, with mixed signs, zeros and extremes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course.exercises.exercise import Exercise

__all__ = ["alike", "entry_by_entry", "far_apart", "whole_numbers"]

RANDOM = "random numbers and arrays"
WHOLE = "whole numbers as inputs"

SHAPES: tuple[tuple[int, ...], ...] = ((), (4,), (2, 3), (3, 2, 2))
"""Shapes that inputs of one common shape are drawn in; none is square."""


def alike(
    rng: np.random.Generator, count: int
) -> Iterator[tuple[float | NDArray[np.float64], ...]]:
    """Yield inputs of one common shape: a number, then arrays of one, two and three axes.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        How many inputs.

    Yields
    ------
    tuple
        `count` floats or float64 arrays between -2 and 2. Every array holds both signs, and its
        first entry is exactly 0 in the inputs but the first, so that ties and zeros are met.
    """
    for shape in SHAPES:
        inputs = []
        for index in range(count):
            drawn = rng.uniform(0.2, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
            if shape:
                flat = drawn.reshape(-1)
                flat[0], flat[-1] = abs(flat[0]), -abs(flat[-1])
                if index:
                    flat[0] = 0.0
            inputs.append(drawn if shape else float(drawn))
        yield tuple(inputs)


def whole_numbers(rng: np.random.Generator, count: int) -> tuple[NDArray[np.int64], ...]:
    """Return `count` integer arrays of shape (5,), between -4 and 4, none of them 0."""
    size = (count, 5)
    return tuple(rng.integers(1, 5, size) * rng.choice([-1, 1], size))


def far_apart(rng: np.random.Generator, count: int) -> tuple[NDArray[np.float64], ...]:
    """Return `count` arrays of shape (3,) of very different sizes, about 1e4, 1, 1e4, 1, ….

    A numerical derivative loses its digits on them; an analytic one does not.
    """
    scale = (1e4 if index % 2 == 0 else 1.0 for index in range(count))
    return tuple(each * rng.uniform(0.5, 1.5, 3) for each in scale)


def entry_by_entry(exercise: Exercise, count: int, *, wide: bool = False) -> None:
    """Give an exercise the two checks of a stub that works entry by entry.

    Parameters
    ----------
    exercise : Exercise
    count : int
        Inputs of its forward.
    wide : bool
        Whether to try inputs of very different sizes too.
    """

    @exercise.check(RANDOM, weight=2)
    def _(rng: np.random.Generator) -> Iterator[Any]:
        yield from alike(rng, count)
        if wide:
            yield far_apart(rng, count)

    @exercise.check(WHOLE)
    def _(rng: np.random.Generator) -> Iterator[Any]:
        yield whole_numbers(rng, count)
