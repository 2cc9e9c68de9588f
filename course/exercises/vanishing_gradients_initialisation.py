"""06 Vanishing gradients, sections 5 and 6: weights that start at the right size.

Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
networks (2010); He et al., Delving deep into rectifiers (2015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.exercise import Exercise, program
from course.exercises.vanishing_gradients import ASSIGNMENT, Rng

__all__ = ["ASSIGNMENT"]


FITS = 0.04
"""How far a measured standard deviation may be off: eight times its own spread at 20,000 draws."""

GRID = 1.05
"""A standard deviation that does not fit is told to within this factor, so that the same mistake
looks the same whatever numbers were drawn."""

MEASURED = (
    "standard deviation",
    "mean / standard deviation",
    "same seed, same numbers",
    "another seed, other numbers",
    "rows",
    "columns",
)


def _measured(stub: Stub, case: Case) -> Any:
    """Draw weights and measure them; what is not an array is returned as it is."""
    fan_in, fan_out, seed = case.inputs
    weights, again, other = (stub(fan_in, fan_out, each) for each in (seed, seed, seed + 1))
    if not isinstance(weights, np.ndarray) or weights.dtype.kind not in "fiub":
        return weights
    rows, columns = (*weights.shape, 1, 1)[:2]
    spread = float(np.std(weights))
    centre = round(float(np.mean(weights)) / (spread or 1.0), 1)
    expected = case.out[0]
    if abs(spread - expected) < FITS * expected:
        spread = expected
    elif spread > 0:
        spread = float(GRID ** round(np.log(spread) / np.log(GRID)))
    same, differs = np.array_equal(weights, again), not np.array_equal(weights, other)
    return spread, centre + 0.0, float(same), float(differs), rows, columns


def _drawn(
    scale: Callable[[int, int], float],
    *,
    shape: Callable[[int, int], tuple[int, int]] = lambda fan_in, fan_out: (fan_in, fan_out),
    draw: Callable[[Rng, tuple[int, int]], Any] = lambda rng, shape: rng.normal(size=shape),
    generator: Callable[[int], Rng] = np.random.default_rng,
) -> Callable[..., Any]:
    """Return a stub that draws weights of some scale."""
    return lambda fan_in, fan_out, seed: (
        scale(fan_in, fan_out) * draw(generator(seed), shape(fan_in, fan_out))
    )


def _large_draws(exercise: Exercise) -> None:
    """Give an initialisation its probes: wide and tall matrices of some 20,000 numbers."""

    @exercise.check("more inputs than outputs", weight=2)
    def _(rng: Rng) -> Iterator[Any]:
        yield 250, 80, int(rng.integers(1000))

    @exercise.check("more outputs than inputs", weight=2)
    def _(rng: Rng) -> Iterator[Any]:
        yield 60, 340, int(rng.integers(1000))


def _common_mistakes(exercise: Exercise, scale: Callable[[int, int], float], formula: str) -> None:
    """Give an initialisation the mistakes that any of them can have."""
    exercise.mistake(
        "variance-for-deviation",
        f"You scale by the variance: the standard deviation is its square root, {formula}.",
        _drawn(lambda fan_in, fan_out: scale(fan_in, fan_out) ** 2),
    )
    exercise.mistake(
        "divided-for-multiplied",
        f"Your weights are too large: multiply standard normal numbers by {formula}.",
        _drawn(lambda fan_in, fan_out: 1 / scale(fan_in, fan_out)),
    )
    exercise.mistake(
        "not-scaled",
        f"Your weights have standard deviation 1: scale them by {formula}.",
        _drawn(lambda fan_in, fan_out: 1.0),
    )
    exercise.mistake(
        "uniform-limit",
        "You draw from -s to s: such numbers have standard deviation s/√3, not s.",
        _drawn(scale, draw=lambda rng, shape: rng.uniform(-1, 1, shape)),
    )
    exercise.mistake(
        "not-centred",
        "You draw from 0 to 1: weights need both signs, and a mean of 0. Use rng.normal.",
        _drawn(scale, draw=lambda rng, shape: rng.uniform(0, 1, shape)),
    )
    exercise.mistake(
        "wrong-way-round",
        "The shape is the wrong way round: fan_in rows and fan_out columns, since z = h @ W.",
        _drawn(scale, shape=lambda fan_in, fan_out: (fan_out, fan_in)),
    )
    exercise.mistake(
        "unseeded",
        "You do not use the seed: np.random.default_rng(seed) gives the same numbers each time.",
        _drawn(scale, generator=lambda seed: np.random.default_rng()),
    )
    exercise.mistake(
        "fixed-seed",
        "Every seed gives the same numbers: pass the argument seed to np.random.default_rng.",
        _drawn(scale, generator=lambda seed: np.random.default_rng(0)),
    )


@program(points=1, returns=MEASURED, read="5. Start at the right size: Xavier")
def xavier(fan_in, fan_out, seed):
    return np.sqrt(2 / (fan_in + fan_out)), 0.0, 1.0, 1.0, fan_in, fan_out


xavier.driver(_measured)
xavier.example(300, 100, 0)
_large_draws(xavier)
_common_mistakes(xavier, lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5, "√(2/(in + out))")
xavier.mistake(
    "sum-for-mean",
    "The 2 is missing: the variance is 1 over the mean of fan_in and fan_out.",
    _drawn(lambda fan_in, fan_out: (fan_in + fan_out) ** -0.5),
)
xavier.mistake(
    "fan-in-only",
    "You use fan_in alone: Xavier takes the mean of fan_in and fan_out.",
    _drawn(lambda fan_in, fan_out: fan_in**-0.5),
)
xavier.mistake(
    "fan-out-only",
    "You use fan_out alone: Xavier takes the mean of fan_in and fan_out.",
    _drawn(lambda fan_in, fan_out: fan_out**-0.5),
)
xavier.mistake(
    "he-instead",
    "This is He's rule, for ReLU: Xavier's variance is 2/(fan_in + fan_out).",
    _drawn(lambda fan_in, fan_out: (2 / fan_in) ** 0.5),
)


@program(points=1, returns=MEASURED, read="6. Start at the right size: He")
def he(fan_in, fan_out, seed):
    return np.sqrt(2 / fan_in), 0.0, 1.0, 1.0, fan_in, fan_out


he.driver(_measured)
he.example(200, 100, 0)
_large_draws(he)
_common_mistakes(he, lambda fan_in, fan_out: (2 / fan_in) ** 0.5, "√(2/in)")
he.mistake(
    "no-two",
    "The 2 is missing: ReLU loses half of the squares, and the 2 makes up for it.",
    _drawn(lambda fan_in, fan_out: fan_in**-0.5),
)
he.mistake(
    "fan-out",
    "You use fan_out: what is added up is fan_in products.",
    _drawn(lambda fan_in, fan_out: (2 / fan_out) ** 0.5),
)
he.mistake(
    "xavier-instead",
    "This is Xavier's rule, for tanh: He's variance is 2/fan_in.",
    _drawn(lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5),
)
