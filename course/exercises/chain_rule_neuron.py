"""01 Chain rule, sections 5 to 7: one neuron, and many examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course.autodiff import grad
from course.exercises.chain_rule import ASSIGNMENT, Rng
from course.exercises.draws import RANDOM, WHOLE
from course.exercises.exercise import exercise, program

__all__ = ["ASSIGNMENT"]


def sigmoid(x):
    """Return 1 / (1 + exp(-x)), entry by entry."""
    return 1 / (1 + np.exp(-x))


# --- the linear step -------------------------------------------------------------------------


@exercise(
    points=1,
    returns=("dz_dw", "dz_dh", "dz_db"),
    upstream=False,
    read="5. The input in front of the weight",
)
def linear_local_gradients(w, h, b):
    return w @ h + b


linear_local_gradients.example(np.array([2.0, -3.0]), np.array([-1.0, -2.0]), -3.0)


@linear_local_gradients.check(RANDOM, weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for count in (3, 2, 5):
        yield rng.normal(size=count), rng.normal(size=count), float(rng.normal())
    yield np.array([0.0, 1.5, -2.0]), np.array([0.7, 0.0, 3.0]), 0.0


@linear_local_gradients.check(WHOLE)
def _(rng: Rng) -> Iterator[Any]:
    yield rng.integers(2, 6, size=4), -rng.integers(2, 6, size=4), 2


linear_local_gradients.mistake(
    "not-swapped",
    "Each gets itself: the derivative by w is the input h in front of it, and by h the weight w.",
    lambda w, h, b: (w, h, 1.0),
)
linear_local_gradients.mistake(
    "product",
    "You give each the product w·h: the derivative of w·h by w is h alone.",
    lambda w, h, b: (w * h, w * h, 1.0),
)
linear_local_gradients.mistake(
    "added-up",
    "You add up the entries: each weight has a derivative of its own, the input in front of it.",
    lambda w, h, b: (np.sum(h), np.sum(w), 1.0),
)
linear_local_gradients.mistake(
    "bias-itself",
    "You give b itself: z grows by as much as b does, so its derivative is 1.",
    lambda w, h, b: (h, w, b),
)
linear_local_gradients.mistake(
    "bias-zero",
    "You say that b does not matter: z grows by as much as b does, so its derivative is 1.",
    lambda w, h, b: (h, w, 0.0),
)


# --- the neuron ------------------------------------------------------------------------------


@program(
    points=3,
    returns=("dL_da", "da_dz", "dz_dw", "dL_dw", "dL_db"),
    read="6. One neuron: three derivatives, then their product",
)
def neuron_gradient(w, b, x, y):
    w, x = np.asarray(w, float), np.asarray(x, float)
    z = w @ x + b
    both = grad(lambda w, b: (sigmoid(w @ x + b) - y) ** 2, (0, 1))
    return (
        grad(lambda a: (a - y) ** 2)(sigmoid(z)),
        grad(sigmoid)(z),
        grad(lambda w: w @ x + b)(w),
        *both(w, float(b)),
    )


neuron_gradient.example(np.array([0.5, -1.0, 2.0]), 0.5, np.array([1.0, 2.0, 1.0]), 0.0)


@neuron_gradient.check(RANDOM, weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for count, target in [(3, 1.0), (3, 0.0), (2, 0.3), (5, 1.0)]:
        yield rng.normal(size=count), float(rng.normal()), rng.normal(size=count), target
    yield np.array([0.0, 1.0]), 0.4, np.array([-2.0, 0.0]), 0.9


@neuron_gradient.check(WHOLE)
def _(rng: Rng) -> Iterator[Any]:
    yield np.array([1, -2, 1]), 1, rng.integers(1, 3, size=3), 1


def _neuron(
    loss=lambda a, y: 2 * (a - y),
    slope=lambda z, a: a * (1 - a),
    linear=lambda w, x: x,
    weight=lambda one, two, three: one * two * three,
    bias=lambda one, two, b: one * two,
):
    def stub(w, b, x, y):
        z = np.sum(w * x) + b
        a = sigmoid(z)
        one, two, three = loss(a, y), slope(z, a), linear(w, x)
        return one, two, three, weight(one, two, three), bias(one, two, b)

    return stub


neuron_gradient.mistake(
    "miss-turned",
    "Your loss derivative is 2(y − a): for (a − y)² it is 2(a − y). One lecture has this slip too.",
    _neuron(loss=lambda a, y: 2 * (y - a)),
)
neuron_gradient.mistake(
    "two-lost",
    "The 2 is missing from the loss derivative: that of (a − y)² is 2(a − y).",
    _neuron(loss=lambda a, y: a - y),
)
neuron_gradient.mistake(
    "loss-itself",
    "You use the loss (a − y)² in place of its derivative 2(a − y).",
    _neuron(loss=lambda a, y: (a - y) ** 2),
)
neuron_gradient.mistake(
    "slope-from-input",
    "You use z(1 − z): the slope of the sigmoid comes from its output, a(1 − a).",
    _neuron(slope=lambda z, a: z * (1 - z)),
)
neuron_gradient.mistake(
    "value-for-slope",
    "You use a where its derivative a(1 − a) belongs.",
    _neuron(slope=lambda z, a: a),
)
neuron_gradient.mistake(
    "weights-for-inputs",
    "Your linear derivative is w: the derivative of z by w is the input in front of it, x.",
    _neuron(linear=lambda w, x: w),
)
neuron_gradient.mistake(
    "activation-skipped",
    "The parts are right, but the product leaves out the activation derivative.",
    _neuron(weight=lambda one, two, three: one * three, bias=lambda one, two, b: one),
)
neuron_gradient.mistake(
    "parts-added",
    "The parts are right, but you add them: along a chain derivatives multiply.",
    _neuron(
        weight=lambda one, two, three: one + two + three, bias=lambda one, two, b: one + two + 1
    ),
)
neuron_gradient.mistake(
    "bias-times-itself",
    "You multiply the bias's gradient by b: its linear derivative is 1.",
    _neuron(bias=lambda one, two, b: one * two * b),
)


# --- many examples ---------------------------------------------------------------------------


@exercise(
    points=2,
    returns=("dw", "db"),
    wrt=(0, 1),
    upstream=False,
    tolerance=1e-10,  # the sum of a few misses may nearly cancel
    read="7. Many examples: their gradients add",
)
def batch_gradient(w, b, x, y, mean):
    costs = (x @ w + b - y) ** 2
    return np.mean(costs) if mean else np.sum(costs)


batch_gradient.example(
    np.array([2.0]),
    1.0,
    np.array([[1.0], [2.0], [3.0]]),
    np.array([2.0, 6.0, 9.0]),
    mean=False,
)


# for a batch with two axes they are one factor
batch_gradient.twin("over-c", "size-for-n")


def _batches(rng: Rng, *, mean: bool) -> Iterator[Any]:
    for examples, inputs in [(4, 3), (2, 2), (7, 1)]:
        x, y = rng.normal(size=(examples, inputs)), rng.normal(size=examples)
        yield {
            "inputs": (rng.normal(size=inputs), float(rng.normal()), x, y),
            "given": {"mean": mean},
        }


@batch_gradient.check("the sum over the examples", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield from _batches(rng, mean=False)


@batch_gradient.check("the mean over the examples")
def _(rng: Rng) -> Iterator[Any]:
    yield from _batches(rng, mean=True)


@batch_gradient.check(WHOLE)
def _(rng: Rng) -> Iterator[Any]:
    # no sum over these comes out as 0, where rounding would be all there is to compare
    w, b = np.array([2, -1]), 1
    x = rng.integers(1, 4, size=(5, 2)) * np.array([1, -1])
    miss = np.append(rng.integers(1, 4, size=4), -1)
    for mean in (False, True):
        yield {"inputs": (w, b, x, x @ w + b - miss), "given": {"mean": mean}}


def _batch(dw=lambda miss, x: miss @ x, db=np.sum, over=lambda x, mean: len(x) if mean else 1):
    def stub(w, b, x, y, mean):
        miss, share = 2 * (np.dot(x, w) + b - y), over(x, mean)
        return dw(miss, x) / share, db(miss) / share

    return stub


batch_gradient.mistake(
    "always-mean",
    "You return the mean when the sum is asked for: divide by N only if mean is True.",
    _batch(over=lambda x, mean: len(x)),
)
batch_gradient.mistake(
    "always-sum",
    "You return the sum when the mean is asked for: divide by N, the number of examples.",
    _batch(over=lambda x, mean: 1),
)
batch_gradient.mistake(
    "over-inputs",
    "You divide by the number of inputs: the mean is over the examples.",
    _batch(over=lambda x, mean: x.shape[1] if mean else 1),
)
batch_gradient.mistake(
    "over-size",
    "You divide by the number of entries of x: the mean is over the examples.",
    _batch(over=lambda x, mean: x.size if mean else 1),
)
batch_gradient.mistake(
    "last-example",
    "Only the last example counts: add the gradients of all examples (`+=`, not `=`).",
    _batch(dw=lambda miss, x: miss[-1] * x[-1], db=lambda miss: miss[-1]),
)
batch_gradient.mistake(
    "sums-multiplied",
    "You add up the misses and the inputs apart: multiply within each example, then add.",
    _batch(dw=lambda miss, x: np.sum(miss) * np.sum(x, axis=0)),
)
batch_gradient.mistake(
    "two-lost",
    "The 2 is missing: the derivative of a square is twice what is squared.",
    _batch(dw=lambda miss, x: miss @ x / 2, db=lambda miss: np.sum(miss) / 2),
    twins=("factor",),
)
batch_gradient.mistake(
    "bias-not-added",
    "Your db has one entry for each example: add them up, there is one b.",
    _batch(db=lambda miss: miss),
)
batch_gradient.mistake(
    "input-left-out",
    "The input in front of the weight is missing: dw needs it, db does not.",
    _batch(dw=lambda miss, x: np.full(x.shape[1], np.sum(miss))),
)
