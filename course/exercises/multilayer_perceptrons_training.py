"""05 Multi-layer perceptrons, section 11: gradients used in mini-batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.exercise import program
from course.exercises.multilayer_perceptrons import ASSIGNMENT, Rng

__all__ = ["ASSIGNMENT"]


Gradient = Callable[[Any, Any, Any], Any]


def _line(params, X, y):
    """Return the gradients of the mean of ½(Xw + b − y)²."""
    w, b = params
    miss = X @ w + b - y
    return [X.T @ miss / len(y), np.mean(miss)]


def _curve(params, X, y):
    """Return the gradients of the mean of ½(tanh(XV) w − y)²."""
    V, w = params
    h = np.tanh(X @ V)
    miss = (h @ w - y) / len(y)
    return [X.T @ (np.outer(miss, w) * (1 - h**2)), h.T @ miss]


def _epoch(params, gradient, X, y, order, batch_size, rate):
    """Return the parameters after one step for each batch of `order`."""
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        slopes = gradient(params, X[batch], y[batch])
        params = [each - rate * by for each, by in zip(params, slopes, strict=True)]
    return params


@program(
    points=3,
    returns=lambda case: tuple(f"params[{k}]" for k in range(len(case.inputs[0]))),
    read="11. Mini-batches",
)
def sgd(params, X, y, order, batch_size, rate, gradient):
    return tuple(_epoch(params, gradient, X, y, order, batch_size, rate))


@sgd.driver
def _(stub: Stub, case: Case) -> Any:
    params, *rest = case.inputs
    answer = stub(params, case.given["gradient"], *rest)
    return tuple(answer) if isinstance(answer, list) else answer


def _data(rng: Rng, gradient: Gradient, n: int, batch_size: int) -> dict[str, Any]:
    shapes: tuple[tuple[int, ...], ...] = ((3,), ()) if gradient is _line else ((3, 4), (4,))
    params = [rng.normal(size=shape) for shape in shapes]
    data = rng.normal(size=(n, 3)), rng.normal(size=n), rng.permutation(n)
    return {
        "inputs": (params, *data, batch_size, float(rng.uniform(0.2, 0.5))),
        "given": {"gradient": gradient},
    }


sgd.example(
    [np.array([0.0])],
    np.array([[1.0], [1.0], [1.0]]),
    np.array([1.0, 2.0, 4.0]),
    np.array([2, 0, 1]),
    2,
    0.5,
    gradient=lambda params, X, y: [np.array([np.mean(params[0] - y)])],
)


@sgd.check("batches that come out even", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield _data(rng, _line, 6, 2)
    yield _data(rng, _curve, 9, 3)


@sgd.check("a last batch that is smaller")
def _(rng: Rng) -> Iterator[Any]:
    yield _data(rng, _line, 7, 3)
    yield _data(rng, _curve, 5, 4)


@sgd.check("one example a batch, and all in one")
def _(rng: Rng) -> Iterator[Any]:
    yield _data(rng, _curve, 4, 1)
    yield _data(rng, _line, 4, 8)


sgd.mistake(
    "ascends",
    "You walk uphill: subtract the gradient.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, gradient, X, y, order, size, -rate
    ),
)
sgd.mistake(
    "order-ignored",
    "You take the examples as they stand: `order` says which come first.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, gradient, X, y, np.arange(len(order)), size, rate
    ),
)
sgd.mistake(
    "labels-left-behind",
    "You put the examples in order and leave y as it is: the labels must go with them.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, gradient, X[order], y, np.arange(len(order)), size, rate
    ),
)
sgd.mistake(
    "last-batch-lost",
    "You leave out the last batch when it is smaller than the others: its examples count too.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, gradient, X, y, order[: len(order) // size * size], size, rate
    ),
)
sgd.mistake(
    "all-examples-each-step",
    "Each step uses all examples: use those of its batch.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, lambda at, *_: gradient(at, X, y), X, y, order, size, rate
    ),
)
sgd.mistake(
    "stale-gradient",
    "You take all gradients where the epoch started: each step starts where the last one ended.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, lambda _, *batch: gradient(params, *batch), X, y, order, size, rate
    ),
)
sgd.mistake(
    "one-batch-only",
    "You stop after the first batch: an epoch goes through all of them.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, gradient, X, y, order[:size], size, rate
    ),
)
sgd.mistake(
    "rate-over-batch",
    "You divide by the size of the batch: `gradient` gives the mean already.",
    lambda params, gradient, X, y, order, size, rate: _epoch(
        params, gradient, X, y, order, size, rate / size
    ),
)
