"""02 Computational graphs, section 9: how many paths there are, counted with a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course.checking.compare import as_arrays
from course.checking.stub import Stub, StubRaised
from course.exercises.case import Answer, Case, View
from course.exercises.computational_graphs import ASSIGNMENT, Rng
from course.exercises.computational_graphs_order import (
    FIVE,
    Graph,
    in_order,
    ladder,
    random_graph,
)
from course.exercises.exercise import program

__all__ = ["ASSIGNMENT"]

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
