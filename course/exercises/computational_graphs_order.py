"""02 Computational graphs, section 6: graphs as data, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from course.checking.compare import NotNumbers, as_arrays
from course.checking.stub import Stub, StubRaised
from course.exercises.case import Answer, Case, View
from course.exercises.computational_graphs import ASSIGNMENT, Rng
from course.exercises.exercise import program

__all__ = ["ASSIGNMENT"]

Graph = dict[str, tuple[str, tuple[str, ...]]]
"""The notebook's graph: from a node's name to its operation and its parents' names."""

INPUT: tuple[str, tuple[str, ...]] = ("input", ())
PRODUCT_OF_SUM: Graph = {
    "x": INPUT,
    "y": INPUT,
    "z": INPUT,
    "q": ("add", ("x", "y")),
    "f": ("mul", ("q", "z")),
}
FIVE: Graph = {
    "a": INPUT,
    "b": ("add", ("a", "a")),
    "c": ("add", ("b", "a")),
    "d": ("add", ("b", "c")),
}
"""Its last node is 5a; a backward that passes gradients on too early says 7."""


def in_order(graph: Graph) -> list[str]:
    """Return the names of a graph so that parents come first, or raise `NotNumbers`."""
    children: dict[str, list[str]] = {node: [] for node in graph}
    waiting: dict[str, int] = {}
    for node, (_, parents) in graph.items():
        waiting[node] = len(parents)
        for parent in parents:
            if parent not in graph:
                raise NotNumbers(f"the graph that you return uses {parent!r}, which is not in it")
            children[parent].append(node)
    order = [node for node, count in waiting.items() if count == 0]
    for node in order:  # grows while it is read
        for child in children[node]:
            waiting[child] -= 1
            if waiting[child] == 0:
                order.append(child)
    if len(order) < len(graph):
        raise NotNumbers("the graph that you return has a loop")
    return order


def random_graph(rng: Rng, inputs: int, made: int) -> Graph:
    """Draw a graph in which every node reaches the last one made, and some are used often.

    The names say nothing about the order, and neither does the order of the dict.
    """
    names = [f"{letter}{rng.integers(10)}" for letter in rng.permutation(list("abcdefghijkmopqr"))]
    known, graph = names[:inputs], dict.fromkeys(names[:inputs], INPUT)
    unused = list(known)
    for node in names[inputs : inputs + made]:
        op = str(rng.choice(["add", "mul", "sub", "sin"]))
        first = unused.pop(0)
        parents = (first,) if op == "sin" else (first, str(rng.choice(known)))
        unused = [each for each in unused if each not in parents] + [node]
        graph[node] = (op, parents)
        known.append(node)
    while len(unused) > 1:
        node = names[len(graph)]
        graph[node] = ("sub", (unused.pop(), unused.pop()))
        unused.insert(0, node)
    return graph


def shuffled(graph: Graph, rng: Rng) -> Graph:
    """Return the same graph with its dict in another order."""
    return {str(node): graph[str(node)] for node in rng.permutation(list(graph))}


def ladder(rungs: int) -> Graph:
    """Return a graph with 2 ** rungs paths from its first node to its last."""
    graph: Graph = {"u0": INPUT}
    for rung in range(rungs):
        graph[f"left{rung}"] = ("sin", (f"u{rung}",))
        graph[f"right{rung}"] = ("sin", (f"u{rung}",))
        graph[f"u{rung + 1}"] = ("add", (f"left{rung}", f"right{rung}"))
    return graph


# --- topological order -----------------------------------------------------------------------

DEEP = 1100
"""Length of a chain that recursion cannot follow: Python stops at a depth of 1000."""


@program(
    points=3,
    returns=("missing", "repeated", "unknown", "too_early", "too_deep"),
    read="6. In which order? Topological sort",
)
def topological_sort(graph):
    return 0.0, 0.0, 0.0, 0.0, 0.0


@topological_sort.driver
def _(stub: Stub, case: Case) -> Any:
    (graph,) = case.inputs
    try:
        order = stub(graph)
    except StubRaised as error:
        if error.kind != "RecursionError":
            raise
        return 0.0, 0.0, 0.0, 0.0, 1.0
    if not isinstance(order, list | tuple):
        return order
    if not all(isinstance(node, str) for node in order):
        raise NotNumbers("you return a list with other things in it than names of nodes")
    return (*_flaws(graph, list(order)), 0.0)


def _flaws(graph: Graph, order: list[str]) -> tuple[float, float, float, float]:
    """Say with 1 or 0 whether nodes are missing, repeated, unknown, or before their parents."""
    place = {node: index for index, node in reversed(list(enumerate(order)))}
    early = any(
        place[parent] > place[node]
        for node, (_, parents) in graph.items()
        for parent in parents
        if node in place and parent in place
    )
    return (
        float(any(node not in place for node in graph)),
        float(len(place) < len(order)),
        float(any(node not in graph for node in order)),
        float(early),
    )


topological_sort.example(PRODUCT_OF_SUM)


@topological_sort.check("random graphs, their nodes in any order", weight=2)
def _(rng: Rng) -> Iterator[Any]:
    yield ({"d": FIVE["d"], "c": FIVE["c"], "b": FIVE["b"], "a": FIVE["a"]},)
    for inputs, made in [(2, 4), (3, 6), (4, 8)]:
        yield (shuffled(random_graph(rng, inputs, made), rng),)


@topological_sort.check("nodes that lead nowhere, and two ends")
def _(rng: Rng) -> Iterator[Any]:
    graph = random_graph(rng, 3, 5)
    graph["idle"] = INPUT
    graph["end"] = ("sin", (next(iter(graph)),))
    yield (shuffled(graph, rng),)


@topological_sort.check("a chain deeper than recursion goes")
def _(rng: Rng) -> Iterator[Any]:
    for length in (3, DEEP):
        chain: Graph = {"u0": INPUT}
        chain |= {f"u{index}": ("sin", (f"u{index - 1}",)) for index in range(1, length)}
        # both ends first, so that recursion from either has the whole chain before it
        ends = {f"u{index}": chain[f"u{index}"] for index in (length - 1, 0)}
        yield ({**ends, **shuffled(chain, rng)},)


def _order_mistake(name: str, sentence: str, order: Callable[[Graph], list[str]]) -> None:
    def rule(view: View) -> Answer:
        (graph,) = view.case.inputs
        return as_arrays((*_flaws(graph, order(graph)), 0.0), view.case.labels)

    topological_sort.wrong_answer(name, sentence, rule)


def _first_met(graph: Graph) -> list[str]:
    """Return nodes as they are first met from the inputs on, one parent being enough."""
    children: dict[str, list[str]] = {node: [] for node in graph}
    for node, (_, parents) in graph.items():
        for parent in parents:
            children[parent].append(node)
    order = dict.fromkeys(node for node, (_, parents) in graph.items() if not parents)
    queue = list(order)
    for node in queue:
        new = [child for child in dict.fromkeys(children[node]) if child not in order]
        order |= dict.fromkeys(new)
        queue.extend(new)
    return queue


def _every_visit(graph: Graph) -> list[str]:
    """Return nodes once for each use of them."""
    uses = [parent for _, parents in graph.values() for parent in parents]
    last = [node for node in graph if node not in uses]
    place = {node: index for index, node in enumerate(in_order(graph))}
    return sorted([*uses, *last], key=place.__getitem__)


_order_mistake(
    "dict-order",
    "You leave the nodes as they stand in the dict: a node may come only after all its parents.",
    list,
)
_order_mistake(
    "children-first",
    "Your order is the wrong way round: parents come before their children.",
    lambda graph: in_order(graph)[::-1],
)
_order_mistake(
    "first-met",
    "You add a node as soon as one parent is there: wait for all of them.",
    _first_met,
)
_order_mistake(
    "no-visited",
    "A node that is used more than once comes more than once: remember which are done.",
    _every_visit,
)
_order_mistake(
    "inputs-left-out",
    "The inputs are missing: they are nodes too, and come first.",
    lambda graph: [node for node in in_order(graph) if graph[node][1]],
)
topological_sort.wrong_answer(
    "recursive",
    "Your order is right, but recursion stops at a depth of about 1000: keep a list of nodes to do"
    " instead.",
    lambda view: as_arrays((0, 0, 0, 0, float(len(view.case.inputs[0]) > 1000)), view.case.labels),
)
