"""02 Computational graphs, sections 7 to 9: any graph forwards, backwards, and why with a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import name, trace
from course.checking.compare import as_arrays
from course.checking.stub import Stub, StubRaised
from course.exercises.case import Answer, Case, View
from course.exercises.computational_graphs import ASSIGNMENT, Rng
from course.exercises.computational_graphs_order import (
    FIVE,
    INPUT,
    PRODUCT_OF_SUM,
    Graph,
    in_order,
    ladder,
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


# --- counting --------------------------------------------------------------------------------

PATIENCE = 20
"""How often a student's function may ask for each node before it is told that it repeats."""


class _Asked:
    """A graph's parents, one node at a time; counts how often it is asked."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.count = graph, 0

    @property
    def too_often(self) -> bool:
        return self.count > PATIENCE * len(self.graph)

    def __call__(self, node: Any) -> tuple[str, ...]:
        self.count += 1
        if self.too_often:
            raise RuntimeError(
                f"parents was asked {self.count} times about {len(self.graph)} nodes: keep in a"
                " table what you have found out"
            )
        if node not in self.graph:
            raise RuntimeError(f"the graph has no node {node!r}")
        return self.graph[node][1]


@program(points=2, returns=("paths", "repeats"), read="9. Why a table: counting")
def paths(graph, start, end):
    # The derivative of a sum of sums of … by u is how often u is added: the number of paths.
    def added(u):
        values = {node: 0.0 for node, (_, parents) in graph.items() if not parents} | {start: u}
        for node in in_order(graph):
            if node not in values:
                values[node] = sum(values[each] for each in graph[node][1])
        return values[end]

    return float(added(1.0)), 0.0


@paths.driver
def _(stub: Stub, case: Case) -> Any:
    graph, start, end = case.inputs
    asked = _Asked(graph)
    try:
        count = stub(lambda node: asked(node), start, end)
    except StubRaised:
        if not asked.too_often:
            raise
        return 0.0, 1.0
    return (count, 0.0) if isinstance(count, int | float | np.generic | np.ndarray) else count


paths.example(FIVE, "a", "d")


@paths.check("random graphs", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for inputs, made in [(2, 5), (3, 7), (2, 8)]:
        graph = random_graph(rng, inputs, made)
        order = in_order(graph)
        yield graph, order[0], order[-1]
        yield graph, order[1], order[-1]
    yield graph, order[-1], order[-1]


@paths.check("a ladder with 2⁴⁰ paths")
def _(rng: Rng) -> Iterator[Any]:
    yield ladder(3), "u0", "u3"
    yield ladder(40), "u0", "u40"


def _path_mistake(
    at_start=lambda node, start, parents: 1.0 if node == start else None,
    combine=sum,
    of=lambda parents: parents,
    seen_again=lambda known: known,
):
    def stub(parents, start, end):
        table: dict[str, Any] = {}

        def count(node):
            if node in table:
                return seen_again(table[node])
            above = parents(node)
            known = at_start(node, start, above)
            table[node] = known if known is not None else 0.0  # a loop is impossible
            if known is None:
                table[node] = float(combine([count(each) for each in of(above)]))
            return table[node]

        return count(end)

    return stub


def _repeating(view: View) -> Answer:
    """Return the answer of a count that follows every path anew, and is stopped if it is long."""
    graph, start, end = view.case.inputs
    visits = dict.fromkeys(graph, 0)
    visits[end] = 1
    for node in reversed(in_order(graph)):
        for parent in graph[node][1] if node != start else ():
            visits[parent] += visits[node]
    if sum(visits.values()) > PATIENCE * len(graph):
        return as_arrays((0.0, 1.0), view.case.labels)
    return view.answer


paths.wrong_answer(
    "repeats-calls",
    "The numbers are right, but you follow every path anew: keep in a table what you have found"
    " out.",
    _repeating,
)
paths.mistake(
    "any-input",
    "You count the paths from every input: only those from start count.",
    _path_mistake(at_start=lambda node, start, parents: None if parents else 1.0),
)
paths.mistake(
    "multiplied",
    "You multiply the counts of the parents: a path comes over one parent or another, so add.",
    _path_mistake(combine=lambda counts: np.prod(counts) if counts else 0.0),
)
paths.mistake(
    "seen-is-zero",
    "A node that was seen before counts as 0: it brings the same number of paths every time.",
    _path_mistake(seen_again=lambda known: 0.0),
)
paths.mistake(
    "parent-once",
    "A parent that is used twice, as in a + a, makes two paths: count each use.",
    _path_mistake(of=lambda parents: tuple(dict.fromkeys(parents))),
)
paths.mistake(
    "steps-added",
    "You add 1 for every step and count edges: a path is counted once, at its start.",
    _path_mistake(combine=lambda counts: sum(counts) + len(counts)),
)
