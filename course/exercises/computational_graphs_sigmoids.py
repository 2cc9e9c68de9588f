"""02 Computational graphs, section 10: a network with two layers of sigmoids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course.autodiff import grad
from course.exercises.computational_graphs import ASSIGNMENT, Rng
from course.exercises.exercise import program

__all__ = ["ASSIGNMENT"]


# --- two layers ------------------------------------------------------------------------------


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@program(
    points=3,
    returns=("dL_do", "dL_dV", "dL_dh", "dL_dW"),
    read="10. Two layers, number by number",
)
def two_layer_backward(x, W, V, t):
    def loss(o):
        return np.mean((o - t) ** 2)

    h = sigmoid(W @ x)
    of_h, of_V = grad(lambda h, V: loss(sigmoid(V @ h)), (0, 1))(h, V)
    of_W = grad(lambda W: loss(sigmoid(V @ sigmoid(W @ x))))(W)
    return grad(loss)(sigmoid(V @ h)), of_V, of_h, of_W


two_layer_backward.example(
    np.array([1.0, -1.0]),
    np.array([[0.5, -0.3], [0.2, 0.8]]),
    np.array([[1.0, -1.0], [0.4, 0.6]]),
    np.array([1.0, 0.0]),
)


@two_layer_backward.check("random layers of several sizes", weight=4)
def _(rng: Rng) -> Iterator[Any]:
    for inputs, hidden, outputs in [(3, 2, 2), (2, 4, 3), (4, 3, 2), (2, 3, 1)]:
        yield (
            rng.normal(size=inputs),
            rng.normal(size=(hidden, inputs)),
            rng.normal(size=(outputs, hidden)),
            rng.uniform(size=outputs),
        )


def _two_layers(
    of_loss=lambda o, t: 2 * (o - t) / len(t),
    out_slope=lambda o: o * (1 - o),
    hidden_slope=lambda h: h * (1 - h),
    feeds_V=lambda x, W: sigmoid(W @ x),
    back=lambda V, dz, do: V.T @ dz,
    into_W=np.outer,
):
    def stub(x, W, V, t):
        h = sigmoid(W @ x)
        o = sigmoid(V @ h)
        do = of_loss(o, t)
        dz = do * out_slope(o)
        dh = back(V, dz, do)
        return do, np.outer(dz, feeds_V(x, W)), dh, into_W(dh * hidden_slope(h), x)

    return stub


two_layer_backward.mistake(
    "two-lost",
    "The 2 is missing from the derivative of the squares.",
    _two_layers(of_loss=lambda o, t: (o - t) / len(t)),
)
two_layer_backward.mistake(
    "sum-for-mean",
    "The loss is the mean of the squares: divide by the number of outputs.",
    _two_layers(of_loss=lambda o, t: 2 * (o - t)),
)
two_layer_backward.mistake(
    "miss-turned",
    "Your loss derivative has t − o: for (o − t)² it is 2(o − t).",
    _two_layers(of_loss=lambda o, t: 2 * (t - o) / len(t)),
    twins=("sign",),
)
two_layer_backward.mistake(
    "output-slope-left-out",
    "The slope of the output's sigmoid, o(1 − o), is missing.",
    _two_layers(out_slope=np.ones_like),
)
two_layer_backward.mistake(
    "hidden-slope-left-out",
    "The slope of the hidden sigmoid, h(1 − h), is missing on the way to W.",
    _two_layers(hidden_slope=np.ones_like),
)
two_layer_backward.mistake(
    "value-for-slope",
    "You multiply by the outputs of the sigmoids: their slopes are o(1 − o) and h(1 − h).",
    _two_layers(out_slope=lambda o: o, hidden_slope=lambda h: h),
)
two_layer_backward.mistake(
    "not-transposed",
    "You multiply by V on the way back: it is its transpose that leads from outputs to hidden"
    " units.",
    _two_layers(back=lambda V, dz, do: V @ dz),
)
two_layer_backward.mistake(
    "from-the-miss",
    "dL_dh starts from dL_do: it has to pass through the output's sigmoid first.",
    _two_layers(back=lambda V, dz, do: V.T @ do),
)
two_layer_backward.mistake(
    "before-the-sigmoid",
    "dL_dV has the hidden sums in it: the numbers in front of V are the hidden outputs h.",
    _two_layers(feeds_V=lambda x, W: W @ x),
)
two_layer_backward.mistake(
    "outer-turned",
    "dL_dW is turned over: row i, column j belongs to hidden unit i and input j.",
    _two_layers(into_W=lambda dz, x: np.outer(x, dz)),
)
