"""06 Vanishing gradients, sections 3 and 4: layers of many units at any depth, and ReLU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from course.autodiff import vjp
from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.draws import alike
from course.exercises.exercise import exercise, program
from course.exercises.vanishing_gradients import ASSIGNMENT, Rng

__all__ = ["ASSIGNMENT"]


# --- any depth -------------------------------------------------------------------------------

DEPTH = "3. Any depth: shrink or explode"


@program(
    points=2,
    returns=("norms",),
    inputs=lambda case: ("x", "upstream", *(f"weights[{i}]" for i in range(len(case.inputs) - 2))),
    read=DEPTH,
)
def gradient_norms(x, upstream, *weights):
    def network(*weights):
        h = x
        for weight in weights:
            h = np.tanh(h @ weight)
        return h

    _, pullback = vjp(network, *weights)
    return np.array([np.linalg.norm(gradient) for gradient in pullback(upstream)])


@gradient_norms.driver
def _(stub: Stub, case: Case) -> Any:
    x, upstream, *weights = case.inputs
    return stub(x, weights, upstream)


def _network(rng: Rng, examples: int, *widths: int) -> tuple[Any, ...]:
    """Draw an input, an upstream and the weights of a network of these widths."""
    pairs = pairwise(widths)
    weights = [rng.normal(size=pair) * 0.7 for pair in pairs]
    return rng.normal(size=(examples, widths[0])), rng.normal(size=(examples, widths[-1])), *weights


gradient_norms.example(np.array([[1.0]]), np.array([[1.0]]), np.array([[0.5]]), np.array([[2.0]]))


@gradient_norms.check("one layer")
def _(rng: Rng) -> Iterator[Any]:
    yield _network(rng, 3, 4, 2)


@gradient_norms.check("several layers of several widths", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield _network(rng, 3, 4, 2, 5)
    yield _network(rng, 2, 3, 5, 4, 2, 3)
    yield _network(rng, 5, 6, 6, 6, 6, 6, 6, 6)


def _norms(
    *,
    size: Callable[[Any], Any] = np.linalg.norm,
    slope: Callable[[Any, Any], Any] = lambda z, h: 1 - h**2,
    gradient: Callable[[Any, Any, Any], Any] = lambda before, delta, after: before.T @ delta,
    back: Callable[[Any, Any], Any] = lambda delta, weights: delta @ weights.T,
) -> Callable[..., Any]:
    """Return a stub that goes back through the network with one step of it changed."""

    def stub(x, weights, upstream):
        h, z = [x], []
        for weight in weights:
            z.append(h[-1] @ weight)
            h.append(np.tanh(z[-1]))
        norms: list[Any] = []
        g = upstream
        for i in reversed(range(len(weights))):
            delta = g * slope(z[i], h[i + 1])
            norms.insert(0, size(gradient(h[i], delta, h[i + 1])))
            g = back(delta, weights[i])
        return np.array(norms)

    return stub


gradient_norms.mistake(
    "not-rooted",
    "You return the sum of the squares: the norm is its square root.",
    _norms(size=lambda gradient: np.sum(gradient**2)),
)
gradient_norms.mistake(
    "mean-for-sum",
    "You average the squares: the norm is the square root of their sum.",
    _norms(size=lambda gradient: np.sqrt(np.mean(gradient**2))),
)
gradient_norms.mistake(
    "largest-entry",
    "You return the largest entry: the norm is the square root of the sum of all squares.",
    _norms(size=lambda gradient: np.abs(gradient).max()),
)
gradient_norms.mistake(
    "matrix-norm",
    "You use the matrix 2-norm: the square root of the sum of squares is np.linalg.norm(dW).",
    _norms(size=lambda gradient: np.linalg.norm(gradient, 2)),
)
gradient_norms.mistake(
    "no-slope",
    "The slope of tanh is missing: multiply by 1 − h² in every layer.",
    _norms(slope=lambda z, h: 1.0),
)
gradient_norms.mistake(
    "slope-from-input",
    "You take 1 − z² of what goes into tanh: the slope is 1 − h² of what comes out.",
    _norms(slope=lambda z, h: 1 - z**2),
)
gradient_norms.mistake(
    "half-slope",
    "You multiply by 1 − h: the slope of tanh is 1 − h².",
    _norms(slope=lambda z, h: 1 - h),
)
gradient_norms.mistake(
    "sigmoid-slope",
    "h(1 − h) is the slope of the sigmoid: that of tanh is 1 − h².",
    _norms(slope=lambda z, h: h * (1 - h)),
)
gradient_norms.mistake(
    "delta-norm",
    "You return the norm of the gradient of z: multiply by the layer's input first, h.T @ dz.",
    _norms(gradient=lambda before, delta, after: delta),
)
gradient_norms.mistake(
    "output-for-input",
    "You multiply by the layer's output: the gradient of W is (the layer's input).T @ dz.",
    _norms(gradient=lambda before, delta, after: after.T @ delta),
)
gradient_norms.mistake(
    "weights-not-transposed",
    "The weights need to be transposed on the way back: dh = dz @ W.T.",
    _norms(back=lambda delta, weights: delta @ weights),
)
gradient_norms.mistake(
    "reversed",
    "The norms come last layer first: that of the first layer belongs first.",
    lambda x, weights, upstream: _norms()(x, weights, upstream)[::-1],
)


# --- ReLU ------------------------------------------------------------------------------------


@exercise(
    points=1, returns=("dx",), wrt=(0,), read="4. A unit that does not saturate: ReLU and its leak"
)
def leaky_relu_backward(x, leak):
    return x * np.where(x > 0, 1.0, leak)


leaky_relu_backward.convention(
    lambda x, leak: x * np.where(x >= 0, 1.0, leak),
    lambda x, leak: x * np.where(x > 0, 1.0, np.where(x < 0, leak, (1 + leak) / 2)),
)
leaky_relu_backward.example(-3.0, 0.1, upstream=2.0)


@leaky_relu_backward.check("ReLU, with a leak of 0")
def _(rng: Rng) -> Iterator[Any]:
    for _, x in alike(rng, 2):
        yield x, 0.0


@leaky_relu_backward.check("with a leak", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for _, x in alike(rng, 2):
        yield x, float(rng.uniform(0.05, 0.4))
    yield 1.5, 0.2
    yield -1.5, 0.2


def _masked(mask: Callable[[Any, Any], Any], *, leak_of: Callable[[Any], Any] = float) -> Any:
    """Return a stub that lets upstream through by a mask of x and upstream, with some leak."""
    return lambda x, leak, upstream: upstream * np.where(mask(x, upstream), 1.0, leak_of(leak))


leaky_relu_backward.mistake(
    "mask-from-upstream",
    "You look at the sign of upstream: whether the unit is on is decided by x.",
    _masked(lambda x, upstream: upstream > 0),
)
leaky_relu_backward.mistake(
    "no-mask",
    "You let everything through: where x is below 0 only the leak gets through.",
    lambda x, leak, upstream: upstream * np.ones(np.shape(x)),
    twins=("upstream-only",),
)
leaky_relu_backward.mistake(
    "inverted",
    "The two sides are swapped: upstream goes through where x is above 0.",
    _masked(lambda x, upstream: x < 0),
)
leaky_relu_backward.mistake(
    "value-for-slope",
    "You multiply by the output: the slope is 1 where x is above 0, and the leak below.",
    lambda x, leak, upstream: upstream * np.where(x > 0, x, leak * x),
)
leaky_relu_backward.mistake(
    "value-below",
    "Below 0 you multiply by leak · x, which is the value: the slope there is the leak alone.",
    lambda x, leak, upstream: upstream * np.where(x > 0, 1.0, leak * x),
)
leaky_relu_backward.mistake(
    "no-leak",
    "You send 0 back where x is below 0: leak times upstream gets through there.",
    _masked(lambda x, upstream: x > 0, leak_of=lambda leak: 0.0),
)
leaky_relu_backward.mistake(
    "leak-everywhere",
    "You multiply by the leak everywhere: where x is above 0 the slope is 1.",
    lambda x, leak, upstream: upstream * leak * np.ones(np.shape(x)),
)
