"""Assignment 02: wrong ways that a rule stands for are caught where they are really written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from course.checking.examine import examine
from course.checking.local import LocalTransport
from course.checking.verdict import Verdict
from course.exercises import find


def verdict(name: str, stub: Any) -> Verdict:
    return examine(find(name), LocalTransport({name: stub}), 0)


def from_parents(graph):
    order = []

    def visit(node):
        if node not in order:
            for parent in graph[node][1]:
                visit(parent)
            order.append(node)

    for node in graph:
        visit(node)
    return order


def from_children(graph):
    order = []

    def visit(node):
        if node not in order:
            for child, (_, parents) in graph.items():
                if node in parents:
                    visit(child)
            order.insert(0, node)

    for node in graph:
        visit(node)
    return order


@pytest.mark.parametrize("stub", [from_parents, from_children])
def test_a_sort_that_calls_itself_is_right_but_for_the_deep_chain(stub) -> None:
    found = verdict("topological_sort", stub)
    assert found.mistakes == ("recursive",)
    failed = [check.title for check in found.checks if not check.passed and check.weight]
    assert failed[0] == "a chain deeper than recursion goes"
    assert found.score == 1.8


def test_a_visit_for_every_use_repeats_nodes() -> None:
    def without_visited(graph):
        order, todo = [], list(graph)[-1:]
        while todo:
            node = todo.pop()
            order.insert(0, node)
            todo.extend(graph[node][1])
        return order

    example = verdict("topological_sort", without_visited).checks[0]
    assert example.passed
    assert verdict("topological_sort", without_visited).score < 3


def test_walking_every_path_is_stopped_and_named() -> None:
    def walk(parents, start, end):
        return 1 if start == end else sum(walk(parents, start, each) for each in parents(end))

    found = verdict("paths", walk)
    assert found.mistakes == ("repeats-calls",)
    assert found.seconds < 0.5


def test_handing_on_too_early_is_named() -> None:
    def naive(graph, order, slopes, values):
        table = dict.fromkeys(order, 0.0)
        table[order[-1]] = 1.0
        todo = [order[-1]]
        while todo:
            node = todo.pop()
            op, parents = graph[node]
            if parents:
                local = slopes[op](*(values[parent] for parent in parents))
                for parent, slope in zip(parents, local, strict=True):
                    table[parent] += table[node] * slope
                todo.extend(parents)
        return table

    assert not verdict("backward", naive).passed
    trees = next(each for each in verdict("backward", naive).checks if "trees" in each.title)
    assert trees.passed


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda graph: ({}, {}), "lost or changed"),
        (lambda graph: (graph,), "something else than a graph"),
        (lambda graph: ({**graph, "k": ("input", ())}, {}), "you may append"),
        (lambda graph: ({**graph, "k": ("mul", ("x",))}, {}), "you may append"),
        (lambda graph: ({**graph, "k": 1.0}, {}), "not a pair"),
        (lambda graph: ({**graph, "k": ("add", ("x", "gone"))}, {"x": "k"}), "not in it"),
        (lambda graph: ({**graph, "k": ("add", ("x", "k"))}, {"x": "k"}), "loop"),
        (lambda graph: (graph, {"x": "gone"}), "no node of the graph"),
        (lambda graph: (graph, {"x": ["x"]}), "no node of the graph"),
    ],
)
def test_a_graph_that_cannot_be_read_is_told_why(answer, said: str) -> None:
    found = verdict("gradient_graph", lambda graph, order, output: answer(graph))
    assert found.mistakes == ("not-numbers",)
    assert said in found.findings[0].sentence


ODD = {
    "an array of no axes": np.array(3.0),
    "an empty list": [],
    "lists in lists": [[0], ["x"]],
    "text": "x",
    "an object": object(),
    "a dict": {"x": None},
    "nan": float("nan"),
    "a huge number": 2**70,
    "names of the wrong things": ["x", 3, None],
    "a pair of dicts": ({"x": []}, {"x": 1.0}),
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
@pytest.mark.parametrize(
    "name", ["topological_sort", "forward", "backward", "paths", "gradient_graph", "saved_values"]
)
def test_an_odd_answer_gets_no_points_and_a_sentence(name: str, answer: Any) -> None:
    found = verdict(name, lambda *arguments: answer)
    assert found.score < find(name).points / 2
    assert found.findings[0].sentence
