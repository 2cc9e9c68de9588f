"""03 Gate patterns, sections 11 and 12: a graph that runs itself backwards, and Caffe's layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import vjp
from course.checking.stub import Stub
from course.exercises.case import Answer, Case, View, expect
from course.exercises.draws import alike
from course.exercises.exercise import exercise
from course.exercises.gate_patterns import ASSIGNMENT, Rng, sigmoid, slope

__all__ = ["ASSIGNMENT"]


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


def run(steps: list[Step], names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
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
    return run(steps, names, values)[steps[-1][0]]


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
    known = run(steps, names, view.inputs)
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


def _after_an_earlier_pass(view: View, result: Callable[[Any, Any], Any]) -> Answer:
    """Return what a second pass finds if it starts with the gradients of the first.

    `result` takes what the first left at the result, and upstream.
    """
    case, names = view.case, _names(view.case)
    steps = case.given["steps"]
    count = len(case.given["names"])
    halved = (*(x * 0.5 for x in view.inputs[:count]), *view.inputs[count:])
    left = View(Case(case.exercise, halved, case.upstream, case.given), Graph.forward).answer

    def every_value(*values: Any) -> tuple[Any, ...]:
        known = run(steps, case.given["names"], values)
        return tuple(known[name] for name in (*names, steps[-1][0]))

    _, pullback = vjp(every_value, *view.inputs)
    gradients = pullback((*left, result(case.upstream, case.upstream)))
    return tuple(np.asarray(gradient) for gradient in gradients)


NOT_ZEROED = (
    "The gradients of an earlier pass are still in the table: start every backward with zeros."
)

Graph.wrong_answer(
    "not-zeroed",
    NOT_ZEROED,
    lambda view: _after_an_earlier_pass(view, lambda left, upstream: upstream),
)
Graph.wrong_answer(
    "not-zeroed-at-all",
    NOT_ZEROED,
    lambda view: _after_an_earlier_pass(view, lambda left, upstream: left + upstream),
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
