"""06 Vanishing gradients, sections 1 to 4: what depth does to a gradient, and ReLU."""

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

ASSIGNMENT = "06_vanishing_gradients"

Rng = np.random.Generator


def sigmoid(x):
    """Return 1 / (1 + exp(-x)), entry by entry."""
    return 1 / (1 + np.exp(-x))


def _weights(rng: Rng, count: int) -> Any:
    """Draw weights of both signs, away from 0 and from 1."""
    return rng.uniform(1.3, 3.0, count) * rng.choice([-1.0, 1.0], count)


# --- one factor a layer ----------------------------------------------------------------------


@program(points=1, returns=("factors",), read="1. One factor a layer")
def local_factors(w, x):
    h, factors = x, []
    for weight in w:
        h, pullback = vjp(lambda before, weight=weight: sigmoid(weight * before), h)
        factors.append(pullback(1.0)[0])
    return np.array(factors)


local_factors.example(np.array([1.0, -2.0]), 0.0)


@local_factors.check("chains of one to seven layers", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for count in (1, 3, 7):
        yield _weights(rng, count), float(rng.uniform(0.5, 2.0))


@local_factors.check("an input of 0, and one below 0")
def _(rng: Rng) -> Iterator[Any]:
    yield _weights(rng, 4), 0.0
    yield _weights(rng, 5), float(-rng.uniform(0.5, 2.0))


def _factors(local: Callable[[Any, Any, Any], Any], *, from_x: bool = False) -> Callable[..., Any]:
    """Return a stub; `local` takes a layer's weight, what went in, and what came out."""

    def stub(w, x):
        before, factors = x, []
        for weight in w:
            out = sigmoid(weight * before)
            factors.append(local(weight, before, out))
            before = x if from_x else out
        return np.array(factors)

    return stub


local_factors.mistake(
    "no-weight",
    "You leave out the weight: the layer is σ(w·h), so its factor is w times the slope.",
    _factors(lambda w, before, out: out * (1 - out)),
)
local_factors.mistake(
    "weight-only",
    "You leave out the slope of σ: the factor is w·out·(1 − out).",
    _factors(lambda w, before, out: w),
)
local_factors.mistake(
    "value-for-slope",
    "You multiply by the output σ where its slope out·(1 − out) belongs.",
    _factors(lambda w, before, out: w * out),
)
local_factors.mistake(
    "sigmoid-again",
    "You apply σ to the output once more: the slope is out·(1 − out).",
    _factors(lambda w, before, out: w * sigmoid(out) * (1 - sigmoid(out))),
)
local_factors.mistake(
    "slope-from-input",
    "You take the slope from what goes into the layer: take it from what comes out, h.",
    _factors(lambda w, before, out: w * before * (1 - before)),
)
local_factors.mistake(
    "input-for-weight",
    "You multiply by what went in: that is the derivative by the weight. By h it is the weight.",
    _factors(lambda w, before, out: before * out * (1 - out)),
)
local_factors.mistake(
    "all-from-x",
    "Every layer gets x: the second layer's input is the first layer's output, and so on.",
    _factors(lambda w, before, out: w * out * (1 - out), from_x=True),
)
local_factors.mistake(
    "multiplied-up",
    "You multiply the factors up: return each layer's own factor.",
    lambda w, x: np.cumprod(_factors(lambda w, before, out: w * out * (1 - out))(w, x)),
)


# --- five layers, one neuron each ------------------------------------------------------------


@exercise(
    points=3,
    returns=("dw",),
    wrt=(0,),
    upstream=False,
    read="2. Five layers, one neuron each",
)
def chain_gradients(w, x, y):
    h = x
    for layer in range(len(w)):
        h = sigmoid(w[layer] * h)
    return (h - y) ** 2


chain_gradients.example(np.ones(5), 1.0, 0.0)


@chain_gradients.check("one layer, and two")
def _(rng: Rng) -> Iterator[Any]:
    yield _weights(rng, 1), 1.5, 0.3
    yield _weights(rng, 2), -0.7, 1.0


@chain_gradients.check("three to eight layers", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for count in (3, 5, 8):
        yield _weights(rng, count), float(rng.uniform(0.5, 2.0)), float(rng.uniform(-1, 2))
    yield _weights(rng, 4), 0.0, 1.0


def _chain(
    *,
    loss: Callable[[Any, Any], Any] = lambda out, y: 2 * (out - y),
    slope: Callable[[Any], Any] = lambda out: out * (1 - out),
    factor: Callable[[Any, Any], Any] = lambda weight, slope: weight * slope,
    own: Callable[[Any, Any, Any], Any] = lambda back, slope, before: back * slope * before,
    first_input: bool = False,
) -> Callable[..., Any]:
    """Return a stub that goes back through the chain with one step of it changed."""

    def stub(w, x, y):
        h = [x]
        for weight in w:
            h.append(sigmoid(weight * h[-1]))
        dw = np.zeros(len(w))
        back = loss(h[-1], y)
        for i in reversed(range(len(w))):
            s = slope(h[i + 1])
            dw[i] = own(back, s, x if first_input else h[i])
            back = back * factor(w[i], s)
        return dw

    return stub


def _forward_product(w, x, y):
    """Multiply the factors of the layers before each one instead of those behind it."""
    h = [x]
    for weight in w:
        h.append(sigmoid(weight * h[-1]))
    slopes = [out * (1 - out) for out in h[1:]]
    before = np.concatenate([[1.0], np.cumprod(w * slopes)[:-1]])
    return 2 * (h[-1] - y) * before * slopes * h[:-1]


chain_gradients.mistake(
    "layers-before",
    "You multiply the factors of the layers before w: the way from w to L leads through the layers"
    " behind it.",
    _forward_product,
)
chain_gradients.mistake(
    "weights-omitted",
    "You leave out the weights of the layers on the way: each has the factor w times the slope.",
    _chain(factor=lambda weight, slope: slope),
)
chain_gradients.mistake(
    "slopes-omitted",
    "You leave out the slopes of the layers on the way: each has the factor w times the slope.",
    _chain(factor=lambda weight, slope: weight),
)
chain_gradients.mistake(
    "own-slope-missing",
    "The slope of the layer of w itself is missing: w is inside its own sigmoid.",
    _chain(own=lambda back, slope, before: back * before),
)
chain_gradients.mistake(
    "input-missing",
    "The input of the layer is missing: w multiplies the h before it, and that is its local"
    " gradient.",
    _chain(own=lambda back, slope, before: back * slope),
)
chain_gradients.mistake(
    "x-for-h",
    "Every weight gets x: w multiplies the output of the layer before it, and only w1 gets x.",
    _chain(first_input=True),
)
chain_gradients.mistake(
    "value-for-slope",
    "You multiply by the output σ where its slope out·(1 − out) belongs.",
    _chain(slope=lambda out: out),
)
chain_gradients.mistake(
    "sigmoid-again",
    "You apply σ to the output once more: the slope is out·(1 − out).",
    _chain(slope=lambda out: sigmoid(out) * (1 - sigmoid(out))),
)
chain_gradients.mistake(
    "loss-derivative-missing",
    "The derivative of the loss is missing: start with 2(h − y) at the right.",
    _chain(loss=lambda out, y: 1.0),
)
chain_gradients.mistake(
    "loss-for-derivative",
    "You start with the loss itself: start with its derivative, 2(h − y).",
    _chain(loss=lambda out, y: (out - y) ** 2),
)
chain_gradients.mistake(
    "no-two",
    "The 2 of the squared error is missing: the derivative of (h − y)² is 2(h − y).",
    _chain(loss=lambda out, y: out - y),
    twins=("factor",),
)
chain_gradients.mistake(
    "wrong-miss",
    "You start with 2(y − h): the derivative of (h − y)² by h is 2(h − y).",
    _chain(loss=lambda out, y: 2 * (y - out)),
    twins=("sign",),
)
chain_gradients.mistake(
    "reversed",
    "The gradients come in the order in which you find them: that of w1 belongs first.",
    lambda w, x, y: _chain()(w, x, y)[::-1],
)


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
            g = delta @ weights[i].T
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
    "no-leak",
    "You send 0 back where x is below 0: leak times upstream gets through there.",
    _masked(lambda x, upstream: x > 0, leak_of=lambda leak: 0.0),
)
leaky_relu_backward.mistake(
    "leak-everywhere",
    "You multiply by the leak everywhere: where x is above 0 the slope is 1.",
    lambda x, leak, upstream: upstream * leak * np.ones(np.shape(x)),
)
