"""07 Your own autodiff, sections 1 to 4: the gates that take the place of the engine's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.exercise import Exercise, exercise

ASSIGNMENT = "07_your_own_autodiff"

Rng = np.random.Generator


def _upstream_first(stub: Stub, case: Case) -> Any:
    """Call a gate as the engine calls it: upstream, then what went in."""
    return stub(case.upstream, *case.inputs)


# --- add and multiply ------------------------------------------------------------------------

BROADCAST = "1. Add and multiply, for any shapes"

PAIRS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((3, 4), (4,)),
    ((3, 4), ()),
    ((3, 1), (3, 4)),
    ((5,), (2, 5)),
    ((2, 4, 3), (4, 1)),
)
"""Shapes of two inputs, of which NumPy stretches one or both."""


def _two_inputs(exercise: Exercise) -> None:
    """Give a gate of two inputs its probes: one shape, then shapes that are stretched."""
    exercise.driver(_upstream_first)

    @exercise.check("inputs of one shape")
    def _(rng: Rng) -> Iterator[Any]:
        yield float(rng.normal()), float(rng.normal())
        yield rng.normal(size=(2, 3)), rng.normal(size=(2, 3))

    @exercise.check("inputs that are broadcast", weight=2)
    def _(rng: Rng) -> Iterator[Any]:
        for first, second in PAIRS:
            yield rng.normal(size=first), rng.normal(size=second)


@exercise(points=1, returns=("da", "db"), read=BROADCAST)
def add_gate(a, b):
    return a + b


add_gate.example(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0]), upstream=np.eye(2))
_two_inputs(add_gate)
add_gate.mistake(
    "not-fitted",
    "You pass upstream on as it came: sum it down to the shape of what went in, with fit.",
    lambda upstream, a, b: (upstream * 1.0, upstream * 1.0),
    twins=("not-summed", "upstream-only"),
)
add_gate.mistake(
    "as-multiply",
    "You use the other input: an add gate looks at neither of them.",
    lambda upstream, a, b: (_sum_to(upstream * b, a), _sum_to(upstream * a, b)),
)


@exercise(points=1, returns=("da", "db"), read=BROADCAST)
def multiply_gate(a, b):
    return a * b


multiply_gate.example(
    np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0]), upstream=np.eye(2)
)
_two_inputs(multiply_gate)


def _sum_to(gradient, like):
    """Sum a gradient over the axes along which `like` was stretched."""
    while np.ndim(gradient) > np.ndim(like):
        gradient = np.sum(gradient, axis=0)
    stretched = tuple(i for i, n in enumerate(np.shape(like)) if n == 1)
    return np.sum(gradient, axis=stretched, keepdims=True) if stretched else gradient


multiply_gate.mistake(
    "not-swapped",
    "Each input gets itself times upstream: a gets b times upstream, b gets a times it.",
    lambda upstream, a, b: (_sum_to(upstream * a, a), _sum_to(upstream * b, b)),
)
multiply_gate.mistake(
    "product",
    "You multiply upstream by the product: the derivative of a·b by a is b alone.",
    lambda upstream, a, b: (_sum_to(upstream * a * b, a), _sum_to(upstream * a * b, b)),
)
multiply_gate.mistake(
    "summed-too-early",
    "You sum upstream before you multiply: multiply first, every entry has its own factor.",
    lambda upstream, a, b: (_sum_to(upstream, a) * b, _sum_to(upstream, b) * a),
)


# --- matrix product --------------------------------------------------------------------------


@exercise(points=2, returns=("dA", "dB"), read="2. The matrix product")
def matmul_gate(A, B):
    return A @ B


matmul_gate.driver(_upstream_first)
matmul_gate.example(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]), upstream=np.array([[10.0]]))
matmul_gate.twin("over-c", "size-for-n")  # N over N·C is 1 over C


@matmul_gate.check("square matrices")
def _(rng: Rng) -> Iterator[Any]:
    for size in (2, 3):
        yield rng.normal(size=(size, size)), rng.normal(size=(size, size))


@matmul_gate.check("matrices of any shape", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for rows, inner, columns in [(3, 4, 2), (2, 5, 3), (1, 3, 4), (4, 2, 1)]:
        yield rng.normal(size=(rows, inner)), rng.normal(size=(inner, columns))


matmul_gate.mistake(
    "not-transposed",
    "You leave out the transposes: in each answer the factor that is not upstream is turned round.",
    lambda upstream, A, B: (upstream @ B, A @ upstream),
)
matmul_gate.mistake(
    "second-not-transposed",
    "B is not transposed in dA: upstream has B's columns, so it meets B.T.",
    lambda upstream, A, B: (upstream @ B, A.T @ upstream),
)
matmul_gate.mistake(
    "first-not-transposed",
    "A is not transposed in dB: upstream has A's rows, so it is met by A.T.",
    lambda upstream, A, B: (upstream @ B.T, A @ upstream),
)
matmul_gate.mistake(
    "factors-exchanged",
    "The factors of dB are the wrong way round: A.T comes first, then upstream.",
    lambda upstream, A, B: (upstream @ B.T, upstream @ A.T),
)
matmul_gate.mistake(
    "transposed-result",
    "dB comes out transposed: upstream.T @ A has the shape of B.T.",
    lambda upstream, A, B: (upstream @ B.T, upstream.T @ A),
)
matmul_gate.mistake(
    "entry-by-entry",
    "You use * where the matrix product @ belongs.",
    lambda upstream, A, B: (upstream * B, A * upstream),
)


# --- tanh ------------------------------------------------------------------------------------


@exercise(points=1, returns=("dx",), read="3. A gate that saves its output: tanh")
def tanh_gate(x):
    return np.tanh(x)


tanh_gate.driver(lambda stub, case: stub(case.upstream, case.out))
tanh_gate.example(np.arctanh(0.5), upstream=2.0)


@tanh_gate.check("random numbers and arrays", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield (float(rng.normal()),)
    for shape in [(4,), (3, 5), (2, 3, 2)]:
        yield (rng.normal(size=shape) * 2,)


tanh_gate.mistake(
    "tanh-again",
    "You apply tanh to out, which is tanh(x) already: the slope is 1 − out².",
    lambda upstream, out: upstream * (1 - np.tanh(out) ** 2),
)
tanh_gate.mistake(
    "not-squared",
    "You multiply by 1 − out: the slope of tanh is 1 − out².",
    lambda upstream, out: upstream * (1 - out),
)
tanh_gate.mistake(
    "sigmoid-slope",
    "out(1 − out) is the slope of the sigmoid: that of tanh is 1 − out².",
    lambda upstream, out: upstream * out * (1 - out),
)
tanh_gate.mistake(
    "value-for-slope",
    "You multiply by the output: the slope is 1 − out².",
    lambda upstream, out: upstream * out,
)
tanh_gate.mistake(
    "arguments-exchanged",
    "upstream and out are exchanged: upstream is the first argument here.",
    lambda upstream, out: out * (1 - upstream**2),
)


# --- sum -------------------------------------------------------------------------------------


@exercise(points=1, returns=("dx",), read="4. The sum of everything")
def sum_gate(x):
    return np.sum(x)


sum_gate.driver(_upstream_first)
sum_gate.example(np.array([1.0, 5.0, -2.0]), upstream=3.0)


@sum_gate.check("arrays of one, two and three axes", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for shape in [(5,), (3, 4), (2, 3, 2)]:
        yield (rng.normal(size=shape),)


sum_gate.mistake(
    "one-number",
    "You return one number: each entry of x gets all of upstream, so the answer has x's shape.",
    lambda upstream, x: upstream,
    twins=("upstream-only",),
)
sum_gate.mistake(
    "times-input",
    "You multiply by x: the derivative of a sum by each of its terms is 1.",
    lambda upstream, x: upstream * x,
)
sum_gate.mistake(
    "shared-out",
    "You share upstream out among the entries: each entry gets all of it.",
    lambda upstream, x: upstream * np.ones(np.shape(x)) / np.size(x),
    twins=("over-size",),
)
sum_gate.mistake(
    "times-sum",
    "You multiply by the sum, the output: the derivative by each term is 1.",
    lambda upstream, x: upstream * np.sum(x) * np.ones(np.shape(x)),
)
