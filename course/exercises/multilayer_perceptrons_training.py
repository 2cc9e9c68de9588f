"""05 Multi-layer perceptrons, sections 10 and 11: the whole backward pass, and mini-batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View
from course.exercises.exercise import exercise, program
from course.exercises.multilayer_perceptrons import ASSIGNMENT, Rng, affine, network
from course.exercises.wrong import as_if, value_right

__all__ = ["ASSIGNMENT"]


# --- the whole backward pass ---------------------------------------------------------------


def _pairs(flat: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """Return (W, b) of each layer, of all in one row."""
    return list(zip(flat[::2], flat[1::2], strict=True))


def _scores(params, X):
    """Return what comes out: tanh in the hidden layers, no activation in the last."""
    for W, b in params[:-1]:
        X = np.tanh(affine(X, W, b))
    return affine(X, *params[-1])


def _entropies(scores, y):
    """Return each example's cross-entropy, of softmax."""
    top = np.max(scores, axis=1, keepdims=True)
    total = np.log(np.sum(np.exp(scores - top), axis=1)) + top[:, 0]
    return total - np.sum(scores * np.eye(scores.shape[1])[y], axis=1)


def _penalty(arrays: Any) -> Any:
    return sum(np.sum(array**2) for array in arrays) / 2


def _names(case: Case) -> tuple[str, ...]:
    layers = range(1, len(case.inputs) // 2 + 1)
    return tuple(chain.from_iterable((f"W{layer}", f"b{layer}") for layer in layers))


@exercise(
    points=4,
    returns=lambda case: ("loss", *(f"d{name}" for name in _names(case))),
    inputs=_names,
    asks="both",
    upstream=False,
    read="10. The whole backward pass, with a regulariser",
)
def mlp_backward(*params, X, y, lam):
    return np.mean(_entropies(_scores(_pairs(params), X), y)) + lam * _penalty(params[::2])


@mlp_backward.driver
def _(stub: Stub, case: Case) -> Any:
    given = case.given
    answer = stub(given["X"], given["y"], _pairs(case.inputs), given["lam"])
    if isinstance(answer, tuple | list) and len(answer) == 2 and isinstance(answer[1], list):
        return (answer[0], *chain.from_iterable(map(_as_pair, answer[1])))
    return answer


def _as_pair(gradients: Any) -> tuple[Any, ...]:
    return tuple(gradients) if isinstance(gradients, tuple | list) else (gradients,)


def _classifier(rng: Rng, n: int, *sizes: int, lam: float) -> dict[str, Any]:
    return {
        "inputs": tuple(chain.from_iterable(network(rng, *sizes))),
        "given": {
            "X": rng.normal(size=(n, sizes[0])),
            "y": rng.permutation(np.arange(n) % sizes[-1]),
            "lam": lam,
        },
    }


mlp_backward.example(
    np.array([[1.0, 0.0]]),
    np.zeros(2),
    np.zeros((2, 2)),
    np.zeros(2),
    X=np.array([[0.0], [0.0]]),
    y=np.array([0, 1]),
    lam=0.1,
)


@mlp_backward.check("without a regulariser")
def _(rng: Rng) -> Iterator[Any]:
    yield _classifier(rng, 3, 2, 4, 3, lam=0.0)


@mlp_backward.check("two layers and a regulariser", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield _classifier(rng, 5, 4, 3, 2, lam=0.3)
    yield _classifier(rng, 3, 3, 3, 3, lam=0.07)


@mlp_backward.check("other numbers of layers", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield _classifier(rng, 4, 3, 2, lam=0.5)
    yield _classifier(rng, 5, 2, 4, 3, 4, lam=0.2)


Slope = Callable[[Any, Any], Any]


def _with_slopes(slope_of: Slope, feed: Slope | None = None) -> Callable[[View], Answer]:
    """Return the rule of a wrong backward pass after a right forward pass.

    `slope_of` takes z and tanh(z) of a hidden layer, as numbers, and gives the slope used there.
    `feed` gives what the next layer's dW is made from, where that is wrong.
    """

    def forward(*params, X, y, lam):
        before, reaching = X, X
        pairs = _pairs(params)
        for W, b in pairs[:-1]:
            z = _layer(before, reaching, W, b)
            at = _number(z)
            before = _number(np.tanh(at)) + slope_of(at, np.tanh(at)) * (z - at)
            reaching = before if feed is None else feed(at, np.tanh(at))
        scores = _layer(before, reaching, *pairs[-1])
        return np.mean(_entropies(scores, y)) + lam * _penalty(params[::2])

    return as_if(forward)


def _number(value: Any) -> Any:
    """Return the value of a traced array: what the derivative does not look into."""
    while hasattr(value, "value"):
        value = value.value
    return np.asarray(value)


def _layer(before: Any, reaching: Any, W: Any, b: Any) -> Any:
    """Return before @ W + b, whose gradient by W is made from `reaching`."""
    if reaching is before:
        return affine(before, W, b)
    held = _number(W)
    return before @ held + reaching @ (W - held) + b


def _penalised(penalty: Callable[[tuple[Any, ...], Any, float], Any]) -> Callable[[View], Answer]:
    """Return the rule of a wrong regulariser in the gradients; `penalty` takes params, X, λ."""

    def forward(*params, X, y, lam):
        return np.mean(_entropies(_scores(_pairs(params), X), y)) + penalty(params, X, lam)

    return value_right(as_if(forward))


def _of_entropies(combine: Callable[..., Any]) -> Callable[[View], Answer]:
    """Return the rule of another loss in the gradients; `combine` takes scores and labels."""

    def forward(*params, X, y, lam):
        return combine(_scores(_pairs(params), X), y) + lam * _penalty(params[::2])

    return value_right(as_if(forward))


mlp_backward.twin("over-c", "size-for-n")  # N over N·C is 1 over C
mlp_backward.wrong_answer(
    "regulariser-missing",
    "The regulariser is missing from the gradients: each dW gets λW as well.",
    _penalised(lambda params, X, lam: 0.0),
)
mlp_backward.wrong_answer(
    "regulariser-doubled",
    "The regulariser's gradient is twice too large: Ω has a ½ in front, so dW gets λW.",
    _penalised(lambda params, X, lam: 2 * lam * _penalty(params[::2])),
)
mlp_backward.wrong_answer(
    "regulariser-halved",
    "The regulariser's gradient is half of what it should be: ½W² has the slope W.",
    _penalised(lambda params, X, lam: lam * _penalty(params[::2]) / 2),
)
mlp_backward.wrong_answer(
    "regulariser-over-n",
    "You divide the regulariser by the number of examples: λ stands before it as it is.",
    _penalised(lambda params, X, lam: lam * _penalty(params[::2]) / len(X)),
)
mlp_backward.wrong_answer(
    "biases-regularised",
    "You pull on the biases too: this Ω has the weights only.",
    _penalised(lambda params, X, lam: lam * _penalty(params)),
)
mlp_backward.wrong_answer(
    "loss-without-regulariser",
    "Your loss lacks the regulariser: it is the mean cross-entropy plus λΩ.",
    lambda view: (
        view.answer[0] - view.case.given["lam"] * _penalty(view.inputs[::2]),
        *view.answer[1:],
    ),
)
mlp_backward.wrong_answer(
    "sum-for-mean",
    "The 1/N of the mean is missing where you go back from the loss.",
    _of_entropies(lambda scores, y: np.sum(_entropies(scores, y))),
)
mlp_backward.wrong_answer(
    "mean-twice",
    "You divide by N twice: once at the loss is enough, the layers only sum.",
    _of_entropies(lambda scores, y: np.mean(_entropies(scores, y)) / len(y)),
)
mlp_backward.wrong_answer(
    "target-missing",
    "The labels are missing: what comes back to the scores is p − y.",
    _of_entropies(lambda scores, y: np.mean(_entropies(scores, y) + _right_ones(scores, y))),
)
mlp_backward.wrong_answer(
    "slope-missing",
    "The slope of tanh is missing in the hidden layers: multiply by 1 − a² on the way back.",
    _with_slopes(lambda z, a: np.ones_like(a)),
)
mlp_backward.wrong_answer(
    "slope-not-squared",
    "You use 1 − a for the slope of tanh: it is 1 − a².",
    _with_slopes(lambda z, a: 1 - a),
)
mlp_backward.wrong_answer(
    "slope-of-sigmoid",
    "You use a(1 − a), the slope of the sigmoid: here the activation is tanh, with 1 − a².",
    _with_slopes(lambda z, a: a * (1 - a)),
)
mlp_backward.wrong_answer(
    "slope-from-z",
    "You use 1 − z²: the slope of tanh is 1 − a², of what comes out.",
    _with_slopes(lambda z, a: 1 - z**2),
)
mlp_backward.wrong_answer(
    "sums-for-activations",
    "You make dW from the sums z of the layer before: it is made from what came out, a.",
    _with_slopes(lambda z, a: 1 - a**2, feed=lambda z, a: z),
)


def _right_ones(scores: Any, y: Any) -> Any:
    """Return the right classes' scores."""
    return np.sum(scores * np.eye(scores.shape[1])[y], axis=1)


# --- mini-batches --------------------------------------------------------------------------

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
