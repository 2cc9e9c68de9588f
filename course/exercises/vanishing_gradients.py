"""06 Vanishing gradients, sections 1 and 2: one neuron a layer, and a factor for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import vjp
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
