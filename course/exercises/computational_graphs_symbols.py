"""02 Computational graphs, sections 11 and 12: gradients as graphs, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.autodiff import grad, vjp
from course.checking.compare import NotNumbers
from course.checking.stub import Stub
from course.exercises.case import Case
from course.exercises.computational_graphs import ASSIGNMENT, Rng
from course.exercises.computational_graphs_order import INPUT, Graph, in_order
from course.exercises.exercise import program

__all__ = ["ASSIGNMENT"]


# --- gradients as graphs ---------------------------------------------------------------------

CUBE: Graph = {"x": INPUT, "s": ("mul", ("x", "x")), "f": ("mul", ("s", "x"))}
MANY = 5000
"""More nodes than any right answer has."""

OPERATIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "one": (0, lambda: 1.0),
    "add": (2, lambda a, b: a + b),
    "mul": (2, lambda a, b: a * b),
}


def evaluate(graph: Graph, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the value of every node."""
    values = dict(inputs)
    for node in in_order(graph):
        if node not in values:
            op, parents = graph[node]
            values[node] = OPERATIONS[op][1](*(values[each] for each in parents))
    return values


@program(
    points=4,
    returns=lambda case: tuple(f"d{node}" for node in case.inputs[1]),
    read="11. The derivative is more graph",
)
def gradient_graph(graph, inputs, output, times):
    def value(*numbers):
        return evaluate(graph, dict(zip(inputs, numbers, strict=True)))[output]

    if times == 1:
        return vjp(value, *inputs.values())[1](1.0)
    first = next(iter(inputs))
    others = list(inputs.values())[1:]

    def slope(number):
        return grad(lambda one: value(one, *others))(number)

    def with_all(*numbers):
        return grad(value)(*numbers)

    return (grad(slope)(inputs[first]), *vjp(with_all, *inputs.values())[1](1.0)[1:])


@gradient_graph.driver
def _(stub: Stub, case: Case) -> Any:
    graph, inputs = case.inputs
    output = case.given["output"]
    for again in range(case.given["times"]):
        answer = stub(graph, in_order(graph), output)
        if not isinstance(answer, tuple | list):
            return answer
        graph, gradients = _grown(answer, graph)
        if again + 1 < case.given["times"]:
            first = next(iter(inputs))
            if first not in gradients:  # it says that the output does not depend on it
                return (0.0,) * len(inputs)
            output = gradients[first]
    values = evaluate(graph, inputs)
    return tuple(values[gradients[node]] if node in gradients else 0.0 for node in inputs)


def _grown(answer: Any, before: Graph) -> tuple[Graph, dict[str, str]]:
    """Return the graph and the names of gradients that a stub gave, or raise `NotNumbers`."""
    if len(answer) != 2 or not all(isinstance(part, dict) for part in answer):
        raise NotNumbers("you return something else than a graph and a dict of names")
    if len(answer[0]) > MANY:
        raise NotNumbers(f"the graph that you return has more than {MANY} nodes")
    graph = {node: _made(node, made) for node, made in answer[0].items()}
    if any(graph.get(node) != made for node, made in before.items()):
        raise NotNumbers("the graph that you return has lost or changed nodes of the old one")
    for node in graph.keys() - before.keys():
        op, parents = graph[node]
        if op not in OPERATIONS or len(parents) != OPERATIONS[op][0]:
            raise NotNumbers(
                f"node {node!r} is {op!r} of {len(parents)}: you may append add, mul and one"
            )
    for node, its in answer[1].items():
        if not isinstance(its, str) or its not in graph:
            raise NotNumbers(f"the gradient of {node!r} is {its!r}, which is no node of the graph")
    return graph, answer[1]


def _made(node: str, made: Any) -> tuple[str, tuple[str, ...]]:
    """Return what a node is made of as (operation, parents), or raise `NotNumbers`."""
    if isinstance(made, tuple | list) and len(made) == 2 and isinstance(made[1], tuple | list):
        op, parents = made
        if all(isinstance(each, str) for each in (op, *parents)):
            return op, tuple(parents)
    raise NotNumbers(f"node {node!r} is not a pair (operation, names of parents)")


gradient_graph.example(CUBE, {"x": 2.0}, output="f", times=1)


@gradient_graph.check("the gradient, in numbers put in afterwards", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    for made in (3, 5, 7):
        yield _polynomial(rng, made, times=1)


@gradient_graph.check("the gradient of the gradient", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield {"inputs": (CUBE, {"x": 1.5}), "given": {"output": "f", "times": 2}}
    for made in (3, 5):
        yield _polynomial(rng, made, times=2)


def _polynomial(rng: Rng, made: int, *, times: int) -> dict[str, Any]:
    """Draw a graph of sums and products, in which x and y are used again and again."""
    graph: Graph = {"x": INPUT, "y": INPUT, "a": ("mul", ("x", "x")), "b": ("mul", ("a", "y"))}
    known = list(graph)
    for node in "cdefghi"[:made]:
        op = str(rng.choice(["add", "mul"]))
        graph[node] = (op, (known[-1], str(rng.choice(known))))
        known.append(node)
    numbers = {node: float(rng.uniform(0.4, 0.9) * rng.choice([-1, 1])) for node in "xy"}
    return {"inputs": (graph, numbers), "given": {"output": known[-1], "times": times}}


def _symbolic(
    locals_of=lambda op, parents: parents[::-1],
    chained=True,
    added=True,
    backwards=True,
    each_place=True,
):
    def stub(graph, order, output):
        graph = dict(graph)

        def append(op, *parents):
            node = f"n{len(graph)}"
            graph[node] = (op, parents)
            return node

        gradients = {output: append("one")}
        for node in order[::-1] if backwards else order:
            op, parents = graph[node]
            if node not in gradients or not parents:
                continue
            places = list(zip(parents, locals_of(op, parents), strict=True))
            for parent, other in places if each_place else dict(places).items():
                part = gradients[node]
                if op == "mul":
                    part = append("mul", part, other) if chained else other
                if added and parent in gradients:
                    part = append("add", gradients[parent], part)
                gradients[parent] = part
        return graph, gradients

    return stub


gradient_graph.mistake(
    "overwritten",
    "Only the last path counts: where a node has a gradient already, append an add node.",
    _symbolic(added=False),
)
gradient_graph.mistake(
    "not-swapped",
    "At a product each factor gets itself: the local gradient is the other factor.",
    _symbolic(locals_of=lambda op, parents: parents),
)
gradient_graph.mistake(
    "chain-left-out",
    "At a product the gradient from above is lost: append a product of it and the other factor.",
    _symbolic(chained=False),
)
gradient_graph.mistake(
    "one-place-each",
    "Where a product uses a node twice only one of its places counts: add both.",
    _symbolic(each_place=False),
)
gradient_graph.mistake(
    "forward-order",
    "You go through order forwards, where no gradient is known but the last: go backwards.",
    _symbolic(backwards=False),
)


# --- what is kept ----------------------------------------------------------------------------

KEEPS: dict[str, tuple[int, str]] = {
    "input": (0, "nothing"),
    "add": (2, "nothing"),
    "negative": (1, "nothing"),
    "mul": (2, "inputs"),
    "square": (1, "inputs"),
    "exp": (1, "output"),
    "sigmoid": (1, "output"),
}
"""For each operation how many inputs it has, and what its backward needs to know."""

Record = list[tuple[str, list[int]]]


def _kept(record: Record, needs: Callable[[int, str, list[int]], list[int]]) -> Any:
    """Return 1 for each value that some operation needs again, 0 for the others."""
    marks = np.zeros(len(record))
    for place, (op, parents) in enumerate(record):
        marks[needs(place, op, parents)] = 1.0
    return marks


def _needs(place, op, parents):
    return {"nothing": [], "inputs": parents, "output": [place]}[KEEPS[op][1]]


@program(points=2, returns=("kept",), read="12. What a library records")
def saved_values(record):
    return _kept(record, _needs)


@saved_values.driver
def _(stub: Stub, case: Case) -> Any:
    (record,) = case.inputs
    answer = stub(record)
    if not isinstance(answer, tuple | list | np.ndarray):
        return answer
    answer = np.ravel(answer).tolist() if isinstance(answer, np.ndarray) else answer
    places = [int(each) for each in answer if isinstance(each, int | np.integer)]
    if len(places) < len(answer) or any(not 0 <= place < len(record) for place in places):
        raise NotNumbers("you return something else than a list of places in the record")
    marks = np.zeros(len(record))
    marks[places] = 1.0
    return marks


saved_values.example([("input", []), ("input", []), ("mul", [0, 1]), ("exp", [2])])


@saved_values.check("random records", weight=3)
def _(rng: Rng) -> Iterator[Any]:
    for length in (3, 5, 8, 12):
        record: Record = [("input", []) for _ in range(3)]
        # each operation once, then as they come; so that every rule is met
        ops = [*rng.permutation(list(KEEPS)[1:]), *rng.choice(list(KEEPS)[1:], length)]
        for op in ops:
            record.append((str(op), rng.integers(len(record), size=KEEPS[op][0]).tolist()))
        yield (record,)


@saved_values.check("one operation alone")
def _(rng: Rng) -> Iterator[Any]:
    for op, (count, _) in KEEPS.items():
        inputs: Record = [("input", []), ("input", [])]
        yield ([*inputs, (op, list(range(count)))],)


def _keeping_mistake(name: str, sentence: str, needs: Callable[..., list[int]]) -> None:
    saved_values.mistake(
        name, sentence, lambda record: np.flatnonzero(_kept(record, needs)).tolist()
    )


def _instead(op: str, needs: Callable[[int, list[int]], list[int]]) -> Callable[..., list[int]]:
    """Return the right needs, but for one operation."""
    return lambda place, its, parents: (
        needs(place, parents) if its == op else _needs(place, its, parents)
    )


_keeping_mistake(
    "everything",
    "You keep every value: keep only what a backward step will ask for.",
    lambda place, op, parents: [place],
)
_keeping_mistake(
    "all-inputs",
    "You keep the inputs of every operation: an add does not need them, and exp needs its output.",
    lambda place, op, parents: parents,
)
_keeping_mistake(
    "all-outputs",
    "You keep the output of every operation: a product needs its inputs, an add nothing.",
    lambda place, op, parents: [place] if parents else [],
)
_keeping_mistake(
    "inputs-of-add",
    "You keep what goes into an add: it passes the gradient on whatever they were.",
    _instead("add", lambda place, parents: parents),
)
_keeping_mistake(
    "one-factor",
    "You keep one factor of a product: the gradient of each needs the other.",
    _instead("mul", lambda place, parents: parents[:1]),
)
_keeping_mistake(
    "output-of-mul",
    "You keep the output of a product: its backward step needs the two factors.",
    _instead("mul", lambda place, parents: [place]),
)
_keeping_mistake(
    "input-of-exp",
    "You keep what goes into exp: its output is its own derivative, and is there already.",
    _instead("exp", lambda place, parents: parents),
)
_keeping_mistake(
    "input-of-sigmoid",
    "You keep what goes into the sigmoid: its slope comes from its output.",
    _instead("sigmoid", lambda place, parents: parents),
)
_keeping_mistake(
    "output-of-square",
    "You keep the output of a square: its slope 2x comes from what goes in.",
    _instead("square", lambda place, parents: [place]),
)
