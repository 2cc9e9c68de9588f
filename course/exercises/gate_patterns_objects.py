"""03 Gate patterns, sections 8 to 12: gates that remember, and a graph that runs backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import vjp
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


# --- a graph that runs itself backwards ------------------------------------------------------

Step = tuple[str, str, tuple[str, ...]]

GATES: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "sub": lambda a, b: a - b,
    "sin": np.sin,
}


def _with_backward(forward: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return a gate as the notebook has it: forward(*inputs), backward(*inputs, upstream)."""

    def backward(*values, **upstream):
        *inputs, last = (*values, *upstream.values())
        return vjp(forward, *inputs)[1](last)

    return forward, backward


def _run(steps: list[Step], names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    """Return the value of every name, in the order in which they are made.

    After the inputs, `values` may hold a 0 for each step but the last, added to what the step
    makes: the gradient of such a 0 is that of the value in between.
    """
    known = dict(zip(names, values, strict=False))
    zeros = iter(values[len(names) :])
    for output, gate, inputs in steps:
        known[output] = GATES[gate](*(known[name] for name in inputs)) + next(zeros, 0.0)
    return known


def _names(case: Case) -> tuple[str, ...]:
    """Return the names of inputs and of values in between."""
    return (*case.given["names"], *(output for output, _, _ in case.given["steps"][:-1]))


@exercise(
    points=4,
    returns=lambda case: tuple(f"d{name}" for name in _names(case)),
    inputs=lambda case: case.given["names"],
    kind="class",
    read="11. A graph that runs itself backwards",
)
def Graph(*values, names, steps):
    return _run(steps, names, values)[steps[-1][0]]


def _probe(inputs: tuple[Any, ...], names: tuple[str, ...], steps: list[Step]) -> dict[str, Any]:
    zeros = tuple(np.zeros_like(inputs[0], dtype=float) for _ in steps[1:])
    return {"inputs": (*inputs, *zeros), "given": {"names": names, "steps": steps}}


@Graph.driver
def _(stub: Stub, case: Case) -> Any:
    steps, names = case.given["steps"], case.given["names"]
    gates = {name: _with_backward(forward) for name, forward in GATES.items()}
    graph = stub.make([(output, gates[gate], inputs) for output, gate, inputs in steps])
    inputs = dict(zip(names, case.inputs, strict=False))
    graph.forward(**{name: np.asarray(value) * 0.5 for name, value in inputs.items()})
    graph.backward(case.upstream)  # what an earlier pass has left must not count
    expect("forward(...)", graph.forward(**inputs), case.out)
    gradients = graph.backward(case.upstream)
    if not isinstance(gradients, dict):
        return gradients
    return {f"d{name}": gradient for name, gradient in gradients.items()}


TREE: list[Step] = [("q", "add", ("x", "y")), ("f", "mul", ("q", "z"))]
SQUARES: list[Step] = [("a", "mul", ("x", "x")), ("b", "add", ("a", "x")), ("c", "mul", ("b", "a"))]

Graph.example(-2.0, 5.0, -4.0, 0.0, upstream=1.0, names=("x", "y", "z"), steps=TREE)


@Graph.check("a tree: every value is used once")
def _(rng: Rng) -> Iterator[Any]:
    for inputs in alike(rng, 3):
        yield _probe(inputs, ("x", "y", "z"), TREE)


@Graph.check("values that are used more than once", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    yield _probe((1.5,), ("x",), SQUARES)
    for inputs in alike(rng, 3):
        yield _probe(inputs, ("x", "y", "z"), _branching(rng))


def _branching(rng: Rng) -> list[Step]:
    """Draw a graph in which every value reaches the end, and some are used several times."""
    steps: list[Step] = [("a", "mul", ("x", "y")), ("b", "add", ("a", "z"))]
    known = ["x", "y", "z", "a", "b"]
    for output in "cdef":
        gate = str(rng.choice(["add", "mul", "sub", "sin"]))
        inputs = (known[-1],) if gate == "sin" else (known[-1], str(rng.choice(known[:-1])))
        steps.append((output, gate, inputs))
        known.append(output)
    return [*steps, ("out", "mul", ("f", "b"))]


def _last_step_only(view: View) -> Answer:
    """Return what reaches the inputs if only the last step's gradients are passed on."""
    steps, names = view.case.given["steps"], view.case.given["names"]
    known = _run(steps, names, view.inputs)
    _, gate, inputs = steps[-1]
    parts = vjp(GATES[gate], *(known[name] for name in inputs))[1](view.case.upstream)
    reached = {name: np.zeros(np.shape(known[name])) for name in _names(view.case)}
    for name, part in zip(inputs, parts, strict=True):
        reached[name] = reached[name] + part
    return tuple(reached.values())


Graph.wrong_answer(
    "forward-order",
    "You go through the steps in forward order: backward starts at the last step.",
    _last_step_only,
)


# --- the same layer in Caffe -----------------------------------------------------------------


@exercise(points=2, returns=("bottom_diff",), read="12. The same layer in Caffe")
def caffe_sigmoid_backward(x, propagate_down):
    return sigmoid(x) * float(propagate_down)


@caffe_sigmoid_backward.driver
def _(stub: Stub, case: Case) -> Any:
    (x,) = case.inputs
    return stub(sigmoid(x), case.upstream, case.given["propagate_down"])


caffe_sigmoid_backward.example(
    np.array([1.0, 0.0, -1.0, 2.0]).reshape(1, 1, 2, 2),
    upstream=np.array([1.0, 2.0, -1.0, 0.5]).reshape(1, 1, 2, 2),
    propagate_down=True,
)


@caffe_sigmoid_backward.check("random blobs", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for shape in [(2, 3, 1, 2), (1, 2, 3, 4), (3, 1, 2, 2)]:
        yield {"inputs": (rng.normal(size=shape) * 2,), "given": {"propagate_down": True}}


@caffe_sigmoid_backward.check("nothing is propagated when propagate_down is False")
def _(rng: Rng) -> Iterator[Any]:
    yield {"inputs": (rng.normal(size=(2, 2, 1, 3)),), "given": {"propagate_down": False}}


def _blob_mistake(slope_of: Callable[[Any], Any], *, looks: bool = True) -> Callable[..., Any]:
    def stub(top_data, top_diff, propagate_down):
        if looks and not propagate_down:
            return np.zeros_like(top_data)
        return top_diff * slope_of(top_data)

    return stub


def _short_loop(top_data, top_diff, propagate_down):
    bottom_diff = np.zeros_like(top_data)
    if propagate_down:
        for index in range(len(top_data)):
            bottom_diff.flat[index] = (top_diff * top_data * (1 - top_data)).flat[index]
    return bottom_diff


caffe_sigmoid_backward.mistake(
    "flag-ignored",
    "You do not look at propagate_down: when it is False nothing is passed on.",
    _blob_mistake(lambda out: out * (1 - out), looks=False),
)
caffe_sigmoid_backward.mistake(
    "sigmoid-again",
    "You apply σ to top_data, which is σ(x) already: the slope is top·(1 − top).",
    _blob_mistake(slope),
)
caffe_sigmoid_backward.mistake(
    "value-for-slope",
    "You multiply by top_data: the slope is top·(1 − top).",
    _blob_mistake(lambda out: out),
)
caffe_sigmoid_backward.mistake(
    "half-slope",
    "You multiply by 1 − top_data alone: the slope is top·(1 − top).",
    _blob_mistake(lambda out: 1 - out),
)
caffe_sigmoid_backward.mistake(
    "loop-too-short",
    "The loop runs over the first axis only and leaves the rest at 0: count all entries.",
    _short_loop,
)
caffe_sigmoid_backward.mistake(
    "flattened",
    "bottom_diff is flat: it must have the shape of the blob.",
    lambda top_data, top_diff, propagate_down: (
        propagate_down * top_diff * top_data * (1 - top_data)
    ).ravel(),
)
