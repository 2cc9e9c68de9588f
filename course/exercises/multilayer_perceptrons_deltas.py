"""05 Multi-layer perceptrons, sections 5 to 8: δ, layer by layer, and what the weights get."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View
from course.exercises.exercise import exercise
from course.exercises.multilayer_perceptrons import ASSIGNMENT, Rng, affine, sigmoid, slope
from course.exercises.wrong import as_if

__all__ = ["ASSIGNMENT"]

SIZES = ((3, 3, 3), (2, 4, 3), (4, 2, 5))
"""Examples, units of the layer before, units of this layer."""


# --- the last layer ------------------------------------------------------------------------


@exercise(
    points=2,
    returns=("delta_a", "delta_z"),
    wrt=(1, 0),
    upstream=False,
    inputs=lambda case: ("z",),
    read="5. The last layer, and two things called δ",
)
def output_delta(z, nudge, y):
    # nudge is 0: what comes back to it is what comes back to a
    return np.sum((sigmoid(z) + nudge - y) ** 2)


@output_delta.driver
def _(stub: Stub, case: Case) -> Any:
    return stub(case.inputs[0], case.given["y"])


def _output(z: Any, y: Any) -> dict[str, Any]:
    return {"inputs": (z, np.zeros(np.shape(z))), "given": {"y": y}}


output_delta.example(np.zeros(2), np.zeros(2), y=np.array([1.0, 0.0]))


@output_delta.check("random outputs", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for shape in [(3,), (2, 4), (4, 1)]:
        yield _output(rng.normal(size=shape) * 1.5, rng.uniform(-1, 2, shape))


output_delta.twin("over-c", "size-for-n")  # N over N·C is 1 over C
output_delta.wrong_answer(
    "sign-of-the-slide",
    "You have y − a, as one of the slides: E grows when a moves away from y, so it is a − y.",
    lambda view: tuple(-part for part in view.answer),
    twins=("sign",),
)
output_delta.wrong_answer(
    "two-lost",
    "The 2 of the square is missing: E is the sum of (a − y)², with no ½ in front.",
    lambda view: tuple(part / 2 for part in view.answer),
)
output_delta.wrong_answer(
    "slope-missing",
    "Your delta_z is the gradient by a: going back through the activation multiplies by σ′(z).",
    lambda view: (view.answer[0], view.answer[0]),
)
output_delta.wrong_answer(
    "slope-in-both",
    "Your delta_a is the gradient by z: a comes after the activation, so σ′(z) is not in it.",
    lambda view: (view.answer[1], view.answer[1]),
)


def _slope_of_output(of: Callable[[Any], Any]) -> Callable[[View], Answer]:
    return lambda view: (view.answer[0], view.answer[0] * of(view.inputs[0]))


output_delta.wrong_answer(
    "slope-from-z",
    "You use z(1 − z): the slope is a(1 − a), of what comes out.",
    _slope_of_output(lambda z: z * (1 - z)),
)
output_delta.wrong_answer(
    "sigmoid-again",
    "You apply σ to a again: the slope is a(1 − a), and a is σ(z) already.",
    _slope_of_output(lambda z: slope(sigmoid(z))),
)
output_delta.wrong_answer(
    "value-for-slope",
    "You multiply by a: the slope is a(1 − a).",
    _slope_of_output(sigmoid),
)


# --- a hidden unit, as sums ----------------------------------------------------------------


@exercise(points=2, returns=("dh",), wrt=(0,), read="6. A hidden unit adds up what comes back")
def hidden_gradient(h, W, b):
    return sigmoid(affine(h, W, b))


@hidden_gradient.driver
def _(stub: Stub, case: Case) -> Any:
    _, W, _ = case.inputs
    return stub(case.upstream, W, affine(*case.inputs))


hidden_gradient.example(
    np.zeros(2), np.array([[2.0, -4.0], [4.0, 0.0]]), np.zeros(2), upstream=np.array([1.0, -1.0])
)


@hidden_gradient.check("random layers", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for _, before, after in SIZES:
        yield rng.normal(size=before), rng.normal(size=(before, after)), rng.normal(size=after)


@hidden_gradient.check("one unit feeds many, many feed one")
def _(rng: Rng) -> Iterator[Any]:
    for before, after in [(1, 4), (4, 1)]:
        yield rng.normal(size=before), rng.normal(size=(before, after)), rng.normal(size=after)


# The output is one row, whose entries are its columns.
for _same in [("over-n", "over-size"), ("over-n", "over-c"), ("over-n", "size-for-n")]:
    hidden_gradient.twin(*_same)
hidden_gradient.twin("times-n", "times-size")
hidden_gradient.wrong_answer(
    "slope-missing",
    "The slope σ′(z) of the units in the next layer is missing.",
    as_if(affine),
)
hidden_gradient.wrong_answer(
    "one-neuron-only",
    "Only the last unit of the next layer counts: h feeds all of them, so add (`+=`, not `=`).",
    as_if(lambda h, W, b: sigmoid(h @ (W * (np.arange(W.shape[1]) == W.shape[1] - 1)) + b)),
)
hidden_gradient.mistake(
    "indices-swapped",
    "You have j and k swapped: W[j, k] leads from unit j to unit k, and the sum runs over k.",
    lambda upstream, W, z: (upstream * slope(z)) @ W,
)
hidden_gradient.mistake(
    "indices-swapped-in-loops",
    "You have j and k swapped: W[j, k] leads from unit j to unit k, and the sum runs over k.",
    lambda upstream, W, z: np.array(
        [sum(W[k, j] * upstream[k] * slope(z[k]) for k in range(len(z))) for j in range(len(W))]
    ),
)
hidden_gradient.wrong_answer(
    "weights-missing",
    "The weights are missing: what unit k passes back goes through W[j, k].",
    lambda view: (
        np.full(len(view.inputs[0]), np.sum(view.case.upstream * slope(affine(*view.inputs)))),
    ),
)
hidden_gradient.mistake(
    "value-for-slope",
    "You multiply by σ(z), the unit's output: its slope is σ(z)(1 − σ(z)).",
    lambda upstream, W, z: W @ (upstream * sigmoid(z)),
)
hidden_gradient.mistake(
    "slope-from-z",
    "You use z(1 − z): the slope is σ(z)(1 − σ(z)).",
    lambda upstream, W, z: W @ (upstream * z * (1 - z)),
)


# --- from one δ to the one before ----------------------------------------------------------


@exercise(points=2, returns=("delta_before",), wrt=(0,), read="7. From one δ to the one before")
def delta_backward(z_before, W):
    return sigmoid(z_before) @ W


@delta_backward.driver
def _(stub: Stub, case: Case) -> Any:
    z_before, W = case.inputs
    return stub(case.upstream, W, z_before)


delta_backward.example(
    np.zeros((1, 2)), np.array([[2.0, -4.0], [4.0, 0.0]]), upstream=np.array([[1.0, -1.0]])
)


@delta_backward.check("random layers", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for n, before, after in SIZES:
        yield rng.normal(size=(n, before)), rng.normal(size=(before, after))


@delta_backward.check("units far from 0, where the sigmoid is flat")
def _(rng: Rng) -> Iterator[Any]:
    yield rng.choice([-6.0, 5.0, 0.0], (3, 4)), rng.normal(size=(4, 2))


delta_backward.twin("over-c", "size-for-n")
delta_backward.wrong_answer(
    "slope-missing",
    "You stop at ∂E/∂a of the layer before: here δ is ∂E/∂z, so multiply by σ′(z) there.",
    as_if(lambda z, W: z @ W),
)
delta_backward.mistake(
    "weights-not-transposed",
    "The weights need to be transposed: δ has a column for each unit of the later layer.",
    lambda delta, W, z: (delta @ W) * slope(z),
)
delta_backward.wrong_answer(
    "value-for-slope",
    "You multiply by σ(z): the slope is σ(z)(1 − σ(z)).",
    lambda view: (view.answer[0] / (1 - sigmoid(view.inputs[0])),),
)
delta_backward.wrong_answer(
    "slope-from-z",
    "You use z(1 − z): the slope is σ(z)(1 − σ(z)).",
    lambda view: (view.answer[0] / slope(view.inputs[0]) * view.inputs[0] * (1 - view.inputs[0]),),
)
delta_backward.wrong_answer(
    "divided",
    "You divide by the slope: going back through the activation multiplies by it.",
    lambda view: (view.answer[0] / slope(view.inputs[0]) ** 2,),
)


# --- from δ to the weights -----------------------------------------------------------------


@exercise(points=1, returns=("dW", "db"), wrt=(1, 2), read="8. From δ to the weights")
def layer_gradients(a_before, W, b):
    return affine(a_before, W, b)


layer_gradients.driver(lambda stub, case: stub(case.upstream, case.inputs[0]))
layer_gradients.example(
    np.array([[1.0, 2.0], [3.0, 4.0]]),
    np.zeros((2, 3)),
    np.zeros(3),
    upstream=np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]]),
)


@layer_gradients.check("random layers", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for n, before, after in SIZES:
        sizes = (n, before), (before, after), after
        yield tuple(rng.normal(size=size) for size in sizes)


@layer_gradients.check("a single example")
def _(rng: Rng) -> Iterator[Any]:
    yield rng.normal(size=(1, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)


layer_gradients.twin("over-c", "size-for-n")
layer_gradients.wrong_answer(
    "other-convention",
    "dW is transposed. That is right for W as the lectures draw it, outputs × inputs: here W is"
    " inputs × outputs.",
    lambda view: (view.answer[0].T, view.answer[1]),
    twins=("transposed",),
)
layer_gradients.wrong_answer(
    "db-not-summed",
    "db has a row for each example: there is one b for all of them, so sum.",
    lambda view: (view.answer[0], np.asarray(view.case.upstream)),
)
layer_gradients.wrong_answer(
    "last-example",
    "Only the last example counts: the parts of all examples add (`+=`, not `=`).",
    lambda view: (
        View(Case(view.case.exercise, _last(view), view.case.upstream[-1:]), affine).answer
    ),
)
layer_gradients.wrong_answer(
    "slope-twice",
    "You multiply by the slope a(1 − a) of the layer before: dW takes a as it is.",
    lambda view: View(Case(view.case.exercise, _sloped(view), view.case.upstream), affine).answer,
)


def _last(view: View) -> tuple[Any, ...]:
    a_before, W, b = view.inputs
    return a_before[-1:], W, b


def _sloped(view: View) -> tuple[Any, ...]:
    a_before, W, b = view.inputs
    return a_before * a_before * (1 - a_before), W, b
