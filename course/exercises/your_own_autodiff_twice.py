"""07 Your own autodiff, sections 9 and 10: derivatives of derivatives, with the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import grad, hessian, hvp
from course.exercises.exercise import program
from course.exercises.your_own_autodiff import ASSIGNMENT, Rng

__all__ = ["ASSIGNMENT"]


# --- gradient of a gradient ------------------------------------------------------------------


def wave(x):
    """Return the function that `nth_derivative` differentiates."""
    return np.exp(-x) * np.sin(3.0 * x)


@program(
    points=1,
    returns=("derivative",),
    engine=True,
    tolerance=1e-9,
    read="9. Gradient of a gradient",
)
def nth_derivative(x, n):
    function = wave
    for _ in range(n):
        function = grad(function)
    return function(x)


nth_derivative.example(0.0, 1)


@nth_derivative.check("the first and the second derivative")
def _(rng: Rng) -> Iterator[Any]:
    for n in (1, 2, 2):
        yield float(rng.uniform(-1, 1)), n


@nth_derivative.check("higher ones, and the function itself", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for n in (0, 3, 4):
        yield float(rng.uniform(-1, 1)), n


def _times(count: Callable[[int], int]) -> Callable[[Any, int], Any]:
    """Return a stub that differentiates `count(n)` times."""
    return lambda x, n: nth_derivative.forward(x, count(n))


nth_derivative.mistake(
    "once",
    "You differentiate once, whatever n is: apply grad n times.",
    _times(lambda n: 1),
)
nth_derivative.mistake(
    "one-too-many", "You differentiate once too often: count again.", _times(lambda n: n + 1)
)
nth_derivative.mistake(
    "one-too-few",
    "You differentiate once too seldom: count again.",
    _times(lambda n: max(n - 1, 0)),
)
nth_derivative.mistake(
    "power-of-the-slope",
    "You take the slope to the power n: the second derivative is the slope of the slope.",
    lambda x, n: nth_derivative.forward(x, 1) ** n,
)
nth_derivative.mistake(
    "times-slope",
    "You multiply the value by the slope n times: apply grad to the function, n times.",
    lambda x, n: wave(x) * nth_derivative.forward(x, 1) ** n,
)


# --- Hessian times vector --------------------------------------------------------------------


def bowl(A, x):
    """Return the function whose Hessian `hessian_vector` multiplies: Σ log(1 + exp(A x))."""
    return np.sum(np.logaddexp(0.0, A @ x))


@program(
    points=2,
    returns=("Hv",),
    engine=True,
    tolerance=1e-10,
    read="10. Hessian times vector",
)
def hessian_vector(A, x, v):
    return hvp(lambda x: bowl(A, x))(x, v)


hessian_vector.example(np.array([[1.0, 2.0]]), np.array([0.0, 0.0]), np.array([1.0, 0.0]))


@hessian_vector.check("small ones", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for rows, columns in [(3, 2), (2, 4), (5, 1)]:
        yield rng.normal(size=(rows, columns)), rng.normal(size=columns), rng.normal(size=columns)


@hessian_vector.check("a thousand variables, whose Hessian has a million entries")
def _(rng: Rng) -> Iterator[Any]:
    yield rng.normal(size=(20, 1000)) / 30, rng.normal(size=1000), rng.normal(size=1000)


def _gradient(A, x):
    return grad(lambda x: bowl(A, x))(x)


hessian_vector.mistake(
    "gradient-times-vector",
    "You multiply the gradient by v: differentiate the number Σ gradient·v once more.",
    lambda A, x, v: _gradient(A, x) * v,
)
hessian_vector.mistake(
    "slope-along-v",
    "You return Σ gradient·v, a number: differentiate it by x once more.",
    lambda A, x, v: np.sum(_gradient(A, x) * v),
)
hessian_vector.mistake(
    "gradient-alone",
    "You return the gradient: the Hessian times v is how it changes along v.",
    lambda A, x, v: _gradient(A, x),
)
hessian_vector.mistake(
    "v-forgotten",
    "v is missing: you return the sum over each row of the Hessian.",
    lambda A, x, v: hvp(lambda x: bowl(A, x))(x, np.ones_like(x)),
)
hessian_vector.mistake(
    "diagonal-only",
    "You use only the diagonal of the Hessian: each variable also moves the others' slopes.",
    lambda A, x, v: _diagonal(A, x) * v,
)
hessian_vector.mistake(
    "squared-form",
    "You return v·H·v, a number: return the vector H·v.",
    lambda A, x, v: v @ hvp(lambda x: bowl(A, x))(x, v),
)


def _diagonal(A, x):
    if len(x) > 100:  # the whole Hessian would take too long; its diagonal is known
        p = 1 / (1 + np.exp(-(A @ x)))
        return A.T**2 @ (p * (1 - p))
    return np.diag(hessian(lambda x: bowl(A, x))(x))
