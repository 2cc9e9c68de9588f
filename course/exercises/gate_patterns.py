"""03 Gate patterns, sections 1 to 7: what each gate does to the gradient that comes from above."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.exercises.draws import alike, entry_by_entry, far_apart, whole_numbers
from course.exercises.exercise import exercise

ASSIGNMENT = "03_gate_patterns"

Rng = np.random.Generator


def sigmoid(x):
    """Return 1 / (1 + exp(-x)), entry by entry."""
    return 1 / (1 + np.exp(-x))


def slope(x):
    """Return the derivative of `sigmoid` at x."""
    return sigmoid(x) * (1 - sigmoid(x))


# --- add -----------------------------------------------------------------------------------


@exercise(points=1, returns=("dx", "dy"), read="1. One gate: upstream times local")
def add_backward(x, y):
    return x + y


add_backward.example(-2.0, 5.0, upstream=-4.0)
entry_by_entry(add_backward, 2, wide=True)
add_backward.mistake(
    "halved",
    "You share the gradient out between the inputs: each input gets all of it.",
    lambda x, y, upstream: (upstream / 2, upstream / 2),
)
add_backward.mistake(
    "as-multiply",
    "You swap the inputs as a multiply gate does: an add gate looks at neither.",
    lambda x, y, upstream: (upstream * y, upstream * x),
)
add_backward.mistake(
    "times-input",
    "You multiply by the input itself: the derivative of x + y by x is 1.",
    lambda x, y, upstream: (upstream * x, upstream * y),
)


# --- multiply ------------------------------------------------------------------------------


@exercise(points=1, returns=("dx", "dy"), read="2. The multiply gate swaps")
def mul_backward(x, y):
    return x * y


mul_backward.example(3.0, -4.0, upstream=2.0)
entry_by_entry(mul_backward, 2, wide=True)
mul_backward.mistake(
    "not-swapped",
    "Each input gets itself times upstream: swap them, the gradient of x is y times upstream.",
    lambda x, y, upstream: (upstream * x, upstream * y),
    twins=("wrong-order",),
)
mul_backward.mistake(
    "product",
    "You multiply upstream by the product: the derivative of x·y by x is y alone.",
    lambda x, y, upstream: (upstream * x * y, upstream * x * y),
)


# --- max -----------------------------------------------------------------------------------


@exercise(points=2, returns=("dx", "dy"), read="3. The max gate routes")
def max_backward(x, y):
    return np.maximum(x, y)


max_backward.convention(
    lambda x, y: np.where(x >= y, x, y),
    lambda x, y: np.where(x > y, x, y),
)
max_backward.example(2.0, -1.0, upstream=2.0)
entry_by_entry(max_backward, 2, wide=True)


@max_backward.check("either input the larger, and ties")
def _(rng: Rng) -> Iterator[Any]:
    tied = rng.normal(size=(2, 3))
    yield tied, np.where([[True, False, True], [False, True, False]], tied, tied + 1)
    yield 1.5, 1.5
    for x, y in alike(rng, 2):
        yield y, x


def _gate(x, y, upstream, *, first, second):
    """Return upstream where each input's mask says so."""
    return np.where(first(x, y), upstream, 0.0), np.where(second(x, y), upstream, 0.0)


max_backward.mistake(
    "to-both",
    "You send the gradient to both inputs: only the larger one gets it.",
    lambda x, y, upstream: _gate(x, y, upstream, first=_always, second=_always),
    twins=("upstream-only",),
)
max_backward.mistake(
    "to-smaller",
    "You send the gradient to the smaller input: the larger one gets it.",
    lambda x, y, upstream: _gate(x, y, upstream, first=np.less, second=np.greater_equal),
)
max_backward.mistake(
    "tie-to-both",
    "On a tie both inputs get all of the gradient: the parts must add up to upstream.",
    lambda x, y, upstream: _gate(x, y, upstream, first=np.greater_equal, second=np.less_equal),
)
max_backward.mistake(
    "tie-to-none",
    "On a tie no input gets the gradient: the parts must add up to upstream.",
    lambda x, y, upstream: _gate(x, y, upstream, first=np.greater, second=np.less),
)
max_backward.mistake(
    "value-for-mask",
    "You multiply upstream by the larger value: the local derivative is 1 there, and 0 elsewhere.",
    lambda x, y, upstream: (np.where(x > y, x, 0.0) * upstream, np.where(x > y, 0.0, y) * upstream),
)


def _always(x, y):
    return np.ones(np.shape(x), bool)


# --- a circuit of three gates ----------------------------------------------------------------


@exercise(points=2, returns=("dx", "dy", "dz", "dw"), read="4. A circuit of three gates")
def circuit_backward(x, y, z, w):
    return 2 * (x * y + np.maximum(z, w))


circuit_backward.convention(
    lambda x, y, z, w: 2 * (x * y + np.where(z >= w, z, w)),
    lambda x, y, z, w: 2 * (x * y + np.where(z > w, z, w)),
)
circuit_backward.example(3.0, -4.0, 2.0, -1.0, upstream=1.0)
entry_by_entry(circuit_backward, 4, wide=True)


@circuit_backward.check("either of z and w the larger")
def _(rng: Rng) -> Iterator[Any]:
    for x, y, z, w in alike(rng, 4):
        yield x, y, w, z


def _circuit_mistake(factor=2, swap=True, to_z=np.greater, to_w=np.less_equal):
    def stub(x, y, z, w, upstream):
        g = factor * upstream
        dx, dy = (g * y, g * x) if swap else (g * x, g * y)
        return dx, dy, *_gate(z, w, g, first=to_z, second=to_w)

    return stub


circuit_backward.mistake(
    "factor-lost",
    "The gate that multiplies by 2 is missing: every gradient must be twice as large.",
    _circuit_mistake(factor=1),
    twins=("factor",),
)
circuit_backward.mistake(
    "not-swapped",
    "The multiply gate does not swap: x gets y times its upstream, y gets x times it.",
    _circuit_mistake(swap=False),
)
circuit_backward.mistake(
    "to-both",
    "The max gate sends the gradient to z and w: only the larger one gets it.",
    _circuit_mistake(to_z=_always, to_w=_always),
)
circuit_backward.mistake(
    "to-smaller",
    "The max gate sends the gradient to the smaller of z and w.",
    _circuit_mistake(to_z=np.less, to_w=np.greater_equal),
)


# --- four small gates ------------------------------------------------------------------------

SMALL = "5. Four small gates: times a constant, plus a constant, exp, one over x"


@exercise(points=1, returns=("dx",), wrt=(0,), read=SMALL)
def scale_backward(x, c):
    return x * c


scale_backward.example(1.0, -1.0, upstream=-0.53)


@scale_backward.check("random numbers and arrays", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for (x,) in alike(rng, 1):
        yield x, float(rng.uniform(-3, -1.5))
    yield far_apart(rng, 1)[0], 0.7


@scale_backward.check("whole numbers as inputs")
def _(rng: Rng) -> Iterator[Any]:
    yield whole_numbers(rng, 1)[0], 0.3


scale_backward.mistake(
    "times-input",
    "You multiply by x: the derivative of c·x by x is c, whatever x is.",
    lambda x, c, upstream: upstream * x,
)
scale_backward.mistake(
    "product",
    "You multiply by c·x, the gate's output: its derivative by x is c alone.",
    lambda x, c, upstream: upstream * c * x,
)
scale_backward.mistake(
    "divided",
    "You divide by c: the local derivative is c, and multiplies.",
    lambda x, c, upstream: upstream / c,
)


@exercise(points=1, returns=("dx",), read=SMALL)
def exp_backward(x):
    return np.exp(x)


exp_backward.example(-1.0, upstream=-0.53)
entry_by_entry(exp_backward, 1)
exp_backward.twin("no-upstream", "forward-value")  # exp is its own derivative
exp_backward.mistake(
    "times-input",
    "You multiply by x: the derivative of exp(x) is exp(x) itself.",
    lambda x, upstream: upstream * x,
)
exp_backward.mistake(
    "power-rule",
    "You use the rule for powers, x·exp(x − 1): exp is its own derivative.",
    lambda x, upstream: upstream * x * np.exp(x - 1.0),
)
exp_backward.mistake(
    "exp-of-upstream",
    "You take exp of the wrong number: the local derivative is exp(x).",
    lambda x, upstream: x * np.exp(upstream),
)
exp_backward.mistake(
    "exp-times-x",
    "You multiply by x as well: the derivative of exp(x) is exp(x) alone.",
    lambda x, upstream: upstream * x * np.exp(x),
)


@exercise(points=1, returns=("dx",), read=SMALL)
def reciprocal_backward(x):
    return 1 / x


reciprocal_backward.example(1.37, upstream=1.0)
entry_by_entry(reciprocal_backward, 1, wide=True)
reciprocal_backward.mistake(
    "not-squared",
    "You use −1/x: the derivative of 1/x is −1/x².",
    lambda x, upstream: -upstream / x,
)
reciprocal_backward.mistake(
    "sign-lost",
    "The minus is missing: the derivative of 1/x is −1/x².",
    lambda x, upstream: upstream / x**2.0,
    twins=("sign",),
)
reciprocal_backward.mistake(
    "log-instead",
    "You use 1/x, which is the output (and the derivative of log x), not −1/x².",
    lambda x, upstream: upstream / x,
)


# --- the sigmoid neuron ----------------------------------------------------------------------


@exercise(
    points=3,
    returns=("dw0", "dx0", "dw1", "dx1", "dw2"),
    read="6. The sigmoid neuron, gate by gate",
)
def neuron_backward(w0, x0, w1, x1, w2):
    return sigmoid(w0 * x0 + w1 * x1 + w2)


neuron_backward.example(2.0, -1.0, -3.0, -2.0, -3.0, upstream=1.0)
entry_by_entry(neuron_backward, 5)


def _neuron_mistake(local: Callable[[Any], Any], *, swap=True, bias=True):
    def stub(w0, x0, w1, x1, w2, upstream):
        g = upstream * local(w0 * x0 + w1 * x1 + w2)
        last = g if bias else g * w2
        if swap:
            return g * x0, g * w0, g * x1, g * w1, last
        return g * w0, g * x0, g * w1, g * x1, last

    return stub


neuron_backward.mistake(
    "no-sigmoid",
    "The sigmoid's own derivative σ(1 − σ) is missing: the gradient passes through it first.",
    _neuron_mistake(np.ones_like),
)
neuron_backward.mistake(
    "value-for-slope",
    "You multiply by σ where its derivative σ(1 − σ) belongs.",
    _neuron_mistake(sigmoid),
)
neuron_backward.mistake(
    "slope-from-input",
    "You use z(1 − z) of the number that goes into the sigmoid: take it of what comes out.",
    _neuron_mistake(lambda z: z * (1 - z)),
)
neuron_backward.mistake(
    "sigmoid-again",
    "You apply σ to the output once more: its slope is out·(1 − out).",
    _neuron_mistake(lambda z: slope(sigmoid(z))),
)
neuron_backward.mistake(
    "not-swapped",
    "The multiply gates do not swap: each weight gets its input times the gradient, each input"
    " its weight.",
    _neuron_mistake(slope, swap=False),
)
neuron_backward.mistake(
    "bias-times-itself",
    "w2 is only added: it gets the gradient as it comes, not times w2.",
    _neuron_mistake(slope, bias=False),
)
neuron_backward.mistake(
    "negation-lost",
    "The ×(−1) gate is missing on the way back: the sign turns there once more.",
    _neuron_mistake(lambda z: -slope(z)),
    twins=("sign",),
)


# --- one sigmoid gate ------------------------------------------------------------------------


@exercise(points=1, returns=("dx",), read="7. One sigmoid gate")
def sigmoid_backward(x):
    return sigmoid(x)


sigmoid_backward.driver(lambda stub, case: stub(case.out, case.upstream))
sigmoid_backward.example(1.0, upstream=1.0)
entry_by_entry(sigmoid_backward, 1)
sigmoid_backward.mistake(
    "sigmoid-again",
    "You apply σ to out, which is σ(x) already: the slope is out·(1 − out).",
    lambda out, upstream: upstream * slope(out),
)
sigmoid_backward.mistake(
    "value-for-slope",
    "You multiply by the output: the slope is out·(1 − out).",
    lambda out, upstream: upstream * out,
)
sigmoid_backward.mistake(
    "half-slope",
    "You multiply by 1 − out alone: the slope is out·(1 − out).",
    lambda out, upstream: upstream * (1 - out),
)
sigmoid_backward.mistake(
    "tanh-slope",
    "1 − out² is the slope of tanh: that of the sigmoid is out·(1 − out).",
    lambda out, upstream: upstream * (1 - out**2),
)
sigmoid_backward.mistake(
    "slope-at-upstream",
    "You take the slope of upstream: take it of out, then multiply.",
    lambda out, upstream: upstream * (1 - upstream),
)
