"""05 Multi-layer perceptrons, section 10: back through a whole network, with a regulariser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View
from course.exercises.exercise import exercise
from course.exercises.multilayer_perceptrons import ASSIGNMENT, Rng, affine, network
from course.exercises.wrong import as_if, value_right

__all__ = ["ASSIGNMENT"]


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
    "penalty-doubled",
    "Your loss has λ times the sum of the squares: Ω has a ½ in front.",
    lambda view: (
        view.answer[0] + view.case.given["lam"] * _penalty(view.inputs[::2]),
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
