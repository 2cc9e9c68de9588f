"""03 Gate patterns, sections 8 to 10: gates as objects, which remember."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View, WrongForward, expect
from course.exercises.draws import alike, entry_by_entry
from course.exercises.exercise import exercise
from course.exercises.gate_patterns import ASSIGNMENT, Rng, sigmoid, slope

__all__ = ["ASSIGNMENT"]


# --- a gate that remembers -------------------------------------------------------------------


@exercise(points=2, returns=("dx",), kind="class", read="8. A gate that remembers")
def Sigmoid(x):
    return sigmoid(x)


@Sigmoid.driver
def _(stub: Stub, case: Case) -> Any:
    gate, other = stub.make(), stub.make()
    (x,) = case.inputs
    gate.forward(np.asarray(x) * 0.5)
    expect("forward(x)", gate.forward(x), case.out)
    other.forward(np.asarray(x) + 1.0)  # a second gate must not disturb the first
    return gate.backward(case.upstream)


def _sigmoid_mistake(slope_of: Callable[[Any, Any], Any]) -> type:
    class Wrong:
        def forward(self, x):
            self.x, self.out = x, sigmoid(x)
            return self.out

        def backward(self, upstream):
            return upstream * slope_of(self.x, self.out)

    return Wrong


class _FirstSigmoid:
    saved: Any = None

    def forward(self, x):
        if self.saved is None:
            self.saved = x
        return sigmoid(x)

    def backward(self, upstream):
        return upstream * slope(self.saved)


class _SharedSigmoid:
    saved: Any = None

    def forward(self, x):
        type(self).saved = x
        return sigmoid(x)

    def backward(self, upstream):
        return upstream * slope(self.saved)


FIRST = "backward uses what the first forward saved: every forward must save its own values."
SHARED = "Two gates share what they save: save it on self, not on the class or in a global name."

Sigmoid.example(1.0, upstream=1.0)
entry_by_entry(Sigmoid, 1)
Sigmoid.mistake("first-forward", FIRST, _FirstSigmoid)
Sigmoid.mistake("shared", SHARED, _SharedSigmoid)
Sigmoid.mistake(
    "slope-from-input",
    "You use x(1 − x) of what went in: the slope is σ(x)(1 − σ(x)).",
    _sigmoid_mistake(lambda x, out: x * (1 - x)),
)
Sigmoid.mistake(
    "sigmoid-again",
    "You save the output and apply σ to it again: the slope is out·(1 − out).",
    _sigmoid_mistake(lambda x, out: slope(out)),
)
Sigmoid.mistake(
    "value-for-slope",
    "You multiply by the output: the slope is out·(1 − out).",
    _sigmoid_mistake(lambda x, out: out),
)
Sigmoid.mistake(
    "half-slope",
    "You multiply by 1 − out alone: the slope is out·(1 − out).",
    _sigmoid_mistake(lambda x, out: 1 - out),
)


# --- gradients add at branches ---------------------------------------------------------------


@exercise(points=2, returns=("dx",), kind="class", read="9. Gradients add at branches")
def Copy(x, n):
    return tuple(x * 1.0 for _ in range(n))


@Copy.driver
def _(stub: Stub, case: Case) -> Any:
    gate, n = stub.make(), case.given["n"]
    (x,) = case.inputs
    copies = gate.forward(x, n)
    count = len(copies) if isinstance(copies, list | tuple) else 1
    if count != n:
        raise WrongForward(f"the number of copies from forward(x, {n})", count, n)
    for one in copies:
        expect("each copy from forward", one, x)
    return gate.backward(list(case.upstream))


Copy.example(3.0, upstream=(2.0, -0.5, 1.0), n=3)


@Copy.check("random numbers and arrays", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for index, (x,) in enumerate(alike(rng, 1)):
        yield {"inputs": (x,), "given": {"n": 2 + index % 3}}
    yield {"inputs": (rng.normal(size=3),), "given": {"n": 1}}


def _of_all(combine: Callable[[list[Any]], Any]) -> Callable[[View], Answer]:
    """Return a rule that makes one gradient of all upstream ones."""
    return lambda view: (np.asarray(combine([np.asarray(each) for each in view.case.upstream])),)


Copy.wrong_answer(
    "mean-for-sum",
    "You take the mean of the upstream gradients: at a branch they add.",
    _of_all(lambda upstreams: np.mean(upstreams, axis=0)),
)
Copy.wrong_answer(
    "multiplied",
    "You multiply the upstream gradients: paths that meet add.",
    _of_all(lambda upstreams: np.prod(upstreams, axis=0)),
)
Copy.wrong_answer(
    "summed-away",
    "You add up the entries too: add the arrays, and keep their shape.",
    _of_all(np.sum),
)


# --- gates as objects ------------------------------------------------------------------------


@exercise(points=2, returns=("dx", "dy"), kind="class", read="10. Gates as objects")
def MulGate(x, y):
    return x * y


@MulGate.driver
def _(stub: Stub, case: Case) -> Any:
    gate, other = stub.make(), stub.make()
    x, y = case.inputs
    gate.forward(np.asarray(y) + 2.0, np.asarray(x) - 1.0)
    expect("forward(x, y)", gate.forward(x, y), case.out)
    other.forward(np.asarray(x) + 1.0, np.asarray(y) - 3.0)
    return gate.backward(case.upstream)


def _mul_mistake(gradients: Callable[[Any, Any, Any], Any]) -> type:
    class Wrong:
        def forward(self, x, y):
            self.x, self.y = x, y
            return x * y

        def backward(self, upstream):
            return gradients(self.x, self.y, upstream)

    return Wrong


def _swapped(upstream, x, y):
    return upstream * y, upstream * x


class _FirstMul:
    saved: Any = None

    def forward(self, x, y):
        if self.saved is None:
            self.saved = x, y
        return x * y

    def backward(self, upstream):
        return _swapped(upstream, *self.saved)


class _SharedMul:
    saved: Any = None

    def forward(self, x, y):
        type(self).saved = x, y
        return x * y

    def backward(self, upstream):
        return _swapped(upstream, *self.saved)


MulGate.example(3.0, -4.0, upstream=2.0)
entry_by_entry(MulGate, 2)
MulGate.mistake("first-forward", FIRST, _FirstMul)
MulGate.mistake("shared", SHARED, _SharedMul)
MulGate.mistake(
    "not-swapped",
    "Each input gets itself times upstream: swap what you saved.",
    _mul_mistake(lambda x, y, upstream: (upstream * x, upstream * y)),
    twins=("wrong-order",),
)
MulGate.mistake(
    "product",
    "You multiply upstream by the output: the derivative of x·y by x is y alone.",
    _mul_mistake(lambda x, y, upstream: (upstream * x * y, upstream * x * y)),
)
