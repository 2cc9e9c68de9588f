"""02 Computational graphs, sections 7 and 8: any graph forwards, and backwards with a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import name, trace
from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.computational_graphs import ASSIGNMENT, Rng
from course.exercises.computational_graphs_order import (
    FIVE,
    INPUT,
    PRODUCT_OF_SUM,
    Graph,
    in_order,
    random_graph,
    shuffled,
)
from course.exercises.exercise import program

__all__ = ["ASSIGNMENT"]


# --- forward ---------------------------------------------------------------------------------


def _takes(count: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, with an error a student can read for a wrong number of values."""

    def call(*values: Any) -> Any:
        if len(values) != count:
            raise RuntimeError(f"this operation takes {count} values, and {len(values)} came")
        return function(*values)

    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": _takes(2, lambda a, b: a + b),
    "sub": _takes(2, lambda a, b: a - b),
    "mul": _takes(2, lambda a, b: a * b),
    "sin": _takes(1, np.sin),
}


def values_of(graph: Graph, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the value of every node, named for `trace`."""
    values = dict(inputs)
    for node in in_order(graph):
        if node not in values:
            op, parents = graph[node]
            values[node] = name(FUNCTIONS[op](*(values[each] for each in parents)), node)
    return values


def _every_node(case: Case) -> tuple[str, ...]:
    return tuple(case.inputs[0])


@program(points=2, returns=_every_node, read="7. Forward through any graph")
def forward(graph, inputs):
    return values_of(graph, inputs)


@forward.driver
def _(stub: Stub, case: Case) -> Any:
    graph, inputs = case.inputs
    return stub(graph, in_order(graph), FUNCTIONS, inputs)


forward.example(PRODUCT_OF_SUM, {"x": -2.0, "y": 5.0, "z": -4.0})


def _numbers(graph: Graph, rng: Rng, shape: tuple[int, ...] = ()) -> dict[str, Any]:
    return {
        node: rng.uniform(0.3, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
        for node, (_, parents) in graph.items()
        if not parents
    }


@forward.check("random graphs", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for inputs, made in [(2, 4), (3, 6), (4, 8)]:
        graph = shuffled(random_graph(rng, inputs, made), rng)
        yield graph, _numbers(graph, rng)


@forward.check("arrays as values, and a node used twice by one operation")
def _(rng: Rng) -> Iterator[Any]:
    graph = {**FIVE, "e": ("mul", ("d", "d")), "g": ("sub", ("e", "a"))}
    yield graph, _numbers(graph, rng, (2, 3))


def _forward_mistake(parents_of, order_of):
    def stub(graph, order, functions, inputs):
        values = dict(inputs)
        for node in order_of(graph, order):
            op, parents = graph[node]
            if parents:
                # a node that is not there yet counts as 0
                taken = [values.get(each, 0.0) for each in parents_of(parents)]
                values[node] = functions[op](*taken)
        return values

    return stub


forward.mistake(
    "parents-turned",
    "You pass the parents' values in the opposite order: a − b is not b − a.",
    _forward_mistake(lambda parents: parents[::-1], lambda graph, order: order),
)
forward.mistake(
    "order-ignored",
    "You go through the dict and not through order: some nodes are computed before their parents.",
    _forward_mistake(lambda parents: parents, lambda graph, order: graph),
)
forward.mistake(
    "first-parent-twice",
    "You pass the first parent's value twice: each parent has its own value.",
    _forward_mistake(lambda parents: parents[:1] * len(parents), lambda graph, order: order),
)


# --- backward --------------------------------------------------------------------------------


SLOPES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "add": _takes(2, lambda a, b: (1.0, 1.0)),
    "sub": _takes(2, lambda a, b: (1.0, -1.0)),
    "mul": _takes(2, lambda a, b: (b, a)),
    "sin": _takes(1, lambda a: (np.cos(a),)),
}
"""Local derivatives, in the parents' order; given to the student."""


@program(points=3, returns=_every_node, read="8. Backward with a table")
def backward(graph, inputs):
    last = in_order(graph)[-1]
    traced = trace(lambda inputs: values_of(graph, inputs)[last], inputs)
    reached = {node.name: node.gradient for node in traced.nodes}
    reached |= {node: traced.nodes[place].gradient for place, node in enumerate(inputs)}
    return {node: reached[node] for node in graph}


@backward.driver
def _(stub: Stub, case: Case) -> Any:
    graph, inputs = case.inputs
    return stub(graph, in_order(graph), SLOPES, values_of(graph, inputs))


backward.example(PRODUCT_OF_SUM, {"x": -2.0, "y": 5.0, "z": -4.0})


@backward.check("trees: every value is used once")
def _(rng: Rng) -> Iterator[Any]:
    tree: Graph = {
        "p": ("sub", ("q", "s")),
        "q": ("mul", ("x", "y")),
        "s": ("sin", ("z",)),
        **dict.fromkeys("xyz", INPUT),
    }
    yield tree, _numbers(tree, rng)
    yield PRODUCT_OF_SUM, _numbers(PRODUCT_OF_SUM, rng)


@backward.check("values that are used more than once", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    yield FIVE, {"a": 1.5}
    square: Graph = {"x": INPUT, "s": ("mul", ("x", "x")), "t": ("sub", ("s", "x"))}
    yield square, _numbers(square, rng)
    for inputs, made in [(2, 5), (3, 7)]:
        graph = shuffled(random_graph(rng, inputs, made), rng)
        yield graph, _numbers(graph, rng)


def _table_mistake(
    order_of=lambda graph, order: order[::-1],
    arrive=lambda table, part: table + part,
    through=lambda gradient, slope: gradient * slope,
    pairs=zip,
    start=1.0,
):
    def stub(graph, order, slopes, values):
        table = dict.fromkeys(graph, 0.0)
        table[order[-1]] = start
        for node in order_of(graph, order):
            op, parents = graph[node]
            if parents:
                locals_ = slopes[op](*(values[each] for each in parents))
                for parent, slope in pairs(parents, locals_):
                    table[parent] = arrive(table[parent], through(table[node], slope))
        return table

    return stub


def _too_early(graph, order, slopes, values):
    table = dict.fromkeys(graph, 0.0)
    table[order[-1]] = 1.0

    def pass_on(node):
        op, parents = graph[node]
        if parents:
            locals_ = slopes[op](*(values[each] for each in parents))
            for parent, slope in zip(parents, locals_, strict=True):
                table[parent] += table[node] * slope
                pass_on(parent)

    pass_on(order[-1])
    return table


backward.mistake(
    "too-early",
    "A node passes its gradient on before all of it has arrived, and again when more comes: go"
    " through order backwards, and pass on once.",
    _too_early,
)
backward.mistake(
    "forward-order",
    "You go through order forwards: start at its end, where the gradient is known.",
    _table_mistake(order_of=lambda graph, order: order),
)
backward.mistake(
    "dict-order",
    "You go through the dict and not through order: its nodes stand in any order.",
    _table_mistake(order_of=lambda graph, order: list(graph)[::-1]),
)
backward.mistake(
    "overwritten",
    "Only the last path counts: where a node is used more than once its gradients add (`+=`, not"
    " `=`).",
    _table_mistake(arrive=lambda table, part: part),
)
backward.mistake(
    "table-left-out",
    "You add up local derivatives only: each must be multiplied by the gradient of its node.",
    _table_mistake(through=lambda gradient, slope: slope),
)
backward.mistake(
    "one-place-each",
    "Where an operation uses a node twice, as a·a, only one of its places counts: add both.",
    _table_mistake(pairs=lambda parents, slopes: dict(zip(parents, slopes, strict=True)).items()),
)
backward.mistake(
    "slopes-turned",
    "The local derivatives are paired with the wrong parents: they come in the parents' order.",
    _table_mistake(pairs=lambda parents, slopes: zip(parents, slopes[::-1], strict=True)),
)
backward.mistake(
    "no-start",
    "Everything is 0: the gradient of the last node by itself is 1, and all else follows from it.",
    _table_mistake(start=0.0),
)
