"""01 Chain rule, sections 8 and 9: a gradient by trying, and what it is good for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import grad
from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.chain_rule import ASSIGNMENT, Rng
from course.exercises.draws import RANDOM, WHOLE
from course.exercises.exercise import program

__all__ = ["ASSIGNMENT"]


# --- the numerical gradient ------------------------------------------------------------------


def _counted(x):
    """Return 1, 2, 3, … in the shape of x."""
    return np.arange(1.0, np.size(x) + 1.0).reshape(np.shape(x))


BOWL, WAVES, LINE = "Σ k·xₖ² + (Σ xₖ)² + Σ xₖ", "Σ sin(k·xₖ) + Π cos(xₖ)", "Σ k·xₖ"
TEXT = "x[0] ** 2 + 3 * x[1]"

LOSSES: dict[str, Callable[[Any], Any]] = {
    BOWL: lambda x: np.sum(_counted(x) * x**2) + np.sum(x) ** 2 + np.sum(x),
    WAVES: lambda x: np.sum(np.sin(_counted(x) * x)) + np.prod(np.cos(x)),
    LINE: lambda x: np.sum(_counted(x) * x),
    TEXT: lambda x: x[0] ** 2 + 3.0 * x[1],
}


@program(
    points=2,
    returns=("gradient",),
    tolerance=1e-7,
    read="8. Slow, approximate, easy: the numerical gradient",
)
def numerical_gradient(x, f, h):
    return grad(LOSSES[f])(np.asarray(x, float))


@numerical_gradient.driver
def _(stub: Stub, case: Case) -> Any:
    f = LOSSES[case.given["f"]]
    return stub(lambda x: float(f(np.asarray(x, float))), *case.inputs, case.given["h"])


numerical_gradient.example(np.array([2.0, 1.0]), f=TEXT, h=0.01)


@numerical_gradient.check(RANDOM, weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for f, h in [(BOWL, 0.01), (WAVES, 1e-4)]:
        for shape in [(3,), (2, 3)]:
            yield {"inputs": (rng.uniform(-1, 1, shape),), "given": {"f": f, "h": h}}
    yield {"inputs": (np.array([0.0, -0.5]),), "given": {"f": LINE, "h": 0.1}}


@numerical_gradient.check(WHOLE)
def _(rng: Rng) -> Iterator[Any]:
    whole = rng.integers(1, 5, size=3) * rng.choice([-1, 1], size=3)
    yield {"inputs": (whole,), "given": {"f": BOWL, "h": 0.01}}


def _differences(quotient, copy=lambda x: np.array(x, float)):
    """Return a stub that makes its quotient from f at x + h, x and x − h, entry by entry."""

    def stub(f, x, h):
        gradient = np.zeros(np.shape(x))
        for index in np.ndindex(np.shape(x)):
            above, below = copy(x), copy(x)
            above[index] = above[index] + h
            below[index] = below[index] - h
            gradient[index] = quotient(f(above), f(x), f(below), h)
        return gradient

    return stub


def _not_restored(f, x, h):
    moved, gradient = np.array(x, float), np.zeros(np.shape(x))
    for index in np.ndindex(np.shape(x)):
        moved[index] += h
        above = f(moved)
        moved[index] -= 2 * h
        gradient[index] = (above - f(moved)) / (2 * h)
    return gradient


def _all_at_once(f, x, h):
    return np.full(np.shape(x), (f(x + h) - f(x - h)) / (2 * h))


numerical_gradient.mistake(
    "one-sided",
    "You step to one side only, (f(x + h) − f(x)) / h: step to both sides and divide by 2h.",
    _differences(lambda above, here, below, h: (above - here) / h),
)
numerical_gradient.mistake(
    "one-sided-below",
    "You step to one side only, (f(x) − f(x − h)) / h: step to both sides and divide by 2h.",
    _differences(lambda above, here, below, h: (here - below) / h),
)
numerical_gradient.mistake(
    "over-h",
    "You divide by h: from x − h to x + h it is 2h.",
    _differences(lambda above, here, below, h: (above - below) / h),
    twins=("factor",),
)
numerical_gradient.mistake(
    "not-divided",
    "You return the change of f: a slope is the change divided by the distance, 2h.",
    _differences(lambda above, here, below, h: above - below),
)
numerical_gradient.mistake(
    "half-over-h",
    "You write / 2 * h, which divides by 2 and multiplies by h: write / (2 * h).",
    _differences(lambda above, here, below, h: (above - below) / 2 * h),
)
numerical_gradient.mistake(
    "not-restored",
    "An entry that was moved stays moved while the next ones are tried: put it back.",
    _not_restored,
)
numerical_gradient.mistake(
    "all-at-once",
    "You move all entries together: move one at a time, each has a slope of its own.",
    _all_at_once,
)
numerical_gradient.mistake(
    "whole-number-copy",
    "With whole numbers in x your step is cut off: copy x as floats before you move it.",
    _differences(lambda above, here, below, h: (above - below) / (2 * h), copy=np.copy),
)


# --- the gradient check ----------------------------------------------------------------------

CLAIMS: dict[str, Callable[[Any], Any]] = {
    "the same": lambda gradient: gradient,
    "nearly the same": lambda gradient: gradient * (1.0 + 1e-3 * np.cos(_counted(gradient))),
    "one sign turned": lambda gradient: gradient * np.where(_counted(gradient) == 2.0, -1.0, 1.0),
    "twice as large": lambda gradient: 2.0 * gradient,
    "zero": lambda gradient: 0.0 * gradient,
}


def claims(claim: str, scale: float) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return (analytic, numerical) gradients of one loss, the analytic one changed by a claim."""

    def numerical(x):
        return scale * np.cos(np.asarray(x, float)) * _counted(x)

    return lambda x: CLAIMS[claim](numerical(x)), numerical


@program(points=2, returns=("error",), read="9. Derive, then check")
def gradient_check(points, claim, scale):
    analytic, numerical = claims(claim, scale)
    return max(relative(analytic(x), numerical(x)) for x in points)


def relative(one, other):
    size = np.linalg.norm(np.ravel(one)) + np.linalg.norm(np.ravel(other))
    return float(np.linalg.norm(np.ravel(one - other)) / size)


@gradient_check.driver
def _(stub: Stub, case: Case) -> Any:
    return stub(*claims(**case.given), *case.inputs)


gradient_check.example([np.array([0.0, 0.5])], claim="twice as large", scale=1.0)


@gradient_check.check("a gradient that is right, and four that are not", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for claim in CLAIMS:
        shapes = [(2, 3), (2, 3), (4,), (4,)]
        points = [rng.uniform(-1, 1, shape) for shape in shapes]
        yield {"inputs": (_worst_inside(points, claim),), "given": {"claim": claim, "scale": 1.0}}


@gradient_check.check("very small and very large gradients")
def _(rng: Rng) -> Iterator[Any]:
    for claim, scale in [("nearly the same", 1e-8), ("one sign turned", 1e8)]:
        points = [rng.uniform(-1, 1, 3) for _ in range(4)]
        yield {"inputs": (_worst_inside(points, claim),), "given": {"claim": claim, "scale": scale}}


def _worst_inside(points, claim):
    """Order points so that neither the first nor the last has the largest or smallest error."""
    analytic, numerical = claims(claim, 1.0)
    lowest, low, high, highest = sorted(
        points, key=lambda point: relative(analytic(point), numerical(point))
    )
    return [low, highest, lowest, high]


def _errors(error, over=max):
    """Return a stub that finds an error at each point, and takes one number over all of them."""

    def stub(analytic, numerical, points):
        pairs = [(np.ravel(analytic(x)), np.ravel(numerical(x))) for x in points]
        return float(over([error(one, other) for one, other in pairs]))

    return stub


gradient_check.mistake(
    "absolute",
    "You return the difference itself: a small gradient would always seem right. Divide by the"
    " sizes.",
    _errors(lambda one, other: np.linalg.norm(one - other)),
)
gradient_check.mistake(
    "signs-cancel",
    "You add up signed differences: they cancel. Square them, or take absolute values, first.",
    _errors(
        lambda one, other: abs(np.sum(one - other)) / (np.linalg.norm(one) + np.linalg.norm(other))
    ),
)
gradient_check.mistake(
    "one-size",
    "You divide by the size of one gradient only: divide by the sum of both sizes.",
    _errors(lambda one, other: np.linalg.norm(one - other) / np.linalg.norm(other)),
)
gradient_check.mistake(
    "root-lost",
    "The root is missing: a length is the square root of the sum of the squares.",
    _errors(lambda one, other: np.sum((one - other) ** 2) / (np.sum(one**2) + np.sum(other**2))),
)
gradient_check.mistake(
    "last-point",
    "Only the last point counts: return the largest error over all points.",
    _errors(relative, over=lambda errors: errors[-1]),
)
gradient_check.mistake(
    "first-point",
    "Only the first point counts: return the largest error over all points.",
    _errors(relative, over=lambda errors: errors[0]),
)
gradient_check.mistake(
    "mean-of-points",
    "You take the mean over the points, which hides a bad one: take the largest.",
    _errors(relative, over=np.mean),
)
gradient_check.mistake(
    "smallest",
    "You take the smallest error: a check must report the largest.",
    _errors(relative, over=min),
)
