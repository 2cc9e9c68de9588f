"""02 Computational graphs: how a failing case of each program on graphs as data is worked through.

Most mistakes in a graph spread: the line is about the node at which they begin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from course.exercises.computational_graphs_order import Graph, in_order, topological_sort
from course.exercises.computational_graphs_passes import SLOPES, backward, forward, values_of
from course.exercises.computational_graphs_paths import PATIENCE, paths
from course.exercises.computational_graphs_symbols import (
    KEEPS,
    evaluate,
    gradient_graph,
    saved_values,
)
from course.exercises.working import NUDGE, Where, Working, arrived, names, number, signed

LONG = 6
"""Steps that are listed."""

NAME = 20
"""Letters of a name that a student made up."""

SIGNS = {"add": "+", "sub": "−", "mul": "×"}


# --- order -----------------------------------------------------------------------------------


@topological_sort.worked
def _(working: Working) -> Iterator[str]:
    (graph,) = working.case.inputs
    order = working.returned[0] if working.returned else None
    if isinstance(order, list | tuple):  # of names, or the driver had refused it
        yield from _trouble(graph, list(order), working.wrong)
    flaws = working.few if working.yours else ()
    if "too_deep" in flaws:
        yield f"Over {len(graph)} nodes, calls go {len(graph)} deep; Python stops at about 1000."
    right = in_order(graph)
    steps = [_ready(graph, node) for node in right if graph[node][1]]
    first = [node for node in right if not graph[node][1]]
    steps[LONG:] = [f"… until all {len(graph)} are there"] if len(steps) > LONG else []
    yield f"An order that is right: {names(first)}, with no parents; {'; '.join(steps)}."
    for flaw in flaws:
        yield working.line(flaw)


def _ready(graph: Graph, node: str) -> str:
    return f"{node}, after {names(sorted(set(graph[node][1])))}"


def _trouble(graph: Graph, order: list[str], wrong: tuple[str, ...]) -> Iterator[str]:
    """Say for each flaw of an order which node has it."""
    known = [node for node in order if node in graph]
    yield f"You return {names(known, LONG)}: {len(order)} names, for {len(graph)} nodes."
    place = {node: index for index, node in reversed(list(enumerate(order)))}
    if "missing" in wrong:
        yield f"Not in it: {names([node for node in graph if node not in place])}."
    if "repeated" in wrong:
        ((node, times),) = Counter(order).most_common(1)
        yield f"More than once in it: {node[:NAME]}, {times} times."
    if "unknown" in wrong:
        yield f"{len(order) - len(known)} of the names in it are no nodes of the graph."
    if "too_early" in wrong:
        node, parent = next(
            (node, parent)
            for node in known
            for parent in graph[node][1]
            if place.get(parent, -1) > place[node]
        )
        yield (
            f"{node} is at place {place[node]}, and its parent {parent} at place {place[parent]}:"
            f" {parent} has to come first."
        )


# --- values and gradients --------------------------------------------------------------------


def _at(value: Any, where: Where) -> float:
    """Return one entry of a node's value, which may be one number for all entries."""
    return float(np.broadcast_to(value, np.shape(value) or (1,) * len(where))[where])


@forward.worked
def _(working: Working) -> Iterator[str]:
    graph, _ = working.case.inputs
    node = next(each for each in in_order(graph) if each in working.wrong)
    op, parents = graph[node]
    where = working.worst(node)
    if not parents:
        yield working.line(node, "what was put in for this input", where)
        return
    values = [_at(working.right[each], where) for each in parents]
    sign = f" {SIGNS[op]} " if op in SIGNS else ""
    named = sign.join(parents) if sign else f"{op}({parents[0]})"
    first = number(values[0])
    filled = sign.join([first, *map(signed, values[1:])]) if sign else f"{op}({first})"
    yield f"{node} is {op} of {names(parents)}, in this order."
    yield working.line(node, f"{named} = {filled}", where)


@backward.worked
def _(working: Working) -> Iterator[str]:
    graph, inputs = working.case.inputs
    order, values = in_order(graph), values_of(graph, inputs)
    node = next(each for each in reversed(order) if each in working.wrong)
    where = working.worst(node)
    if node == order[-1]:
        yield working.line(node, "the gradient of the last node by itself", where)
        return
    parts = []
    for child in order:
        op, parents = graph[child]
        if node in parents:
            slopes = SLOPES[op](*(values[each] for each in parents))
            upstream = _at(working.right[child], where)
            parts += [
                (child, upstream, _at(slope, where))
                for parent, slope in zip(parents, slopes, strict=True)
                if parent == node
            ]
    yield from _told(node, [child for child, _, _ in parts])
    yield working.line(node, arrived(parts), where)


def _told(node: str, children: list[str]) -> Iterator[str]:
    uses = f"{len(children)} time{'s' * (len(children) > 1)}"
    yield f"{node} is used {uses}, by {names(children)}: each use sends back upstream × slope."


# --- counting --------------------------------------------------------------------------------


@paths.worked
def _(working: Working) -> Iterator[str]:
    graph, start, end = working.case.inputs
    if "repeats" in working.wrong:  # it was stopped, so there is no number of its own
        working = replace(working, yours={})
        yield (
            f"You asked for parents more than {PATIENCE * len(graph)} times; with a table,"
            f" {len(graph)} nodes need {len(graph)} questions."
        )
    counts = dict.fromkeys(graph, 0) | {start: 1}
    order = in_order(graph)
    steps = []
    for node in order[order.index(start) + 1 :] if start != end else ():
        parents = graph[node][1]
        counts[node] = sum(counts[each] for each in parents)
        if counts[node] and parents and node != end:
            steps.append(f"{node}: {_counted(counts, parents)} = {number(counts[node])}")
        if node == end:
            break
    shown = steps if len(steps) <= LONG else [*steps[: LONG // 2], "…", steps[-1]]
    yield f"Paths that reach each node: {'; '.join([f'{start}, the start: 1', *shown])}."
    formula = _counted(counts, graph[end][1]) if start != end else "the start alone"
    yield working.line("paths", formula)


def _counted(counts: dict[str, int], parents: tuple[str, ...]) -> str:
    over = [f"{number(counts[each])} (over {each})" for each in parents if counts[each]]
    return " + ".join(over) or "no way from start to it"


# --- gradients as graphs ---------------------------------------------------------------------


@gradient_graph.worked
def _(working: Working) -> Iterator[str]:
    graph, inputs = working.case.inputs
    output, label = working.case.given["output"], working.wrong[0]
    node = label[1:]
    if working.case.given["times"] == 2:
        yield from _slope_of_slope(working, graph, inputs, output)
        return
    order, values = in_order(graph), evaluate(graph, inputs)
    gradients = dict.fromkeys(graph, 0.0) | {output: 1.0}
    parts: dict[str, list[tuple[str, Any, Any]]] = {each: [] for each in graph}
    for child in reversed(order):
        op, parents = graph[child]
        for here, other in zip(parents, reversed(parents), strict=True):
            slope = values[other] if op == "mul" else 1.0
            parts[here].append((child, gradients[child], slope))
            gradients[here] += gradients[child] * slope
    told = {child for child, _, _ in parts[node]} - {output}
    yield f"d{output} = 1, at the end."
    for child in [each for each in reversed(order) if each in told][:LONG]:
        yield f"d{child} = {arrived(parts[child]) or 'nothing'} = {number(gradients[child])}."
    yield working.line(label, arrived(parts[node]) or "nothing")


def _slope_of_slope(
    working: Working, graph: Graph, inputs: dict[str, Any], output: str
) -> Iterator[str]:
    label, first = working.wrong[0], next(iter(inputs))
    node = label[1:]

    def slope(step: float) -> float:
        moved = inputs | {node: inputs[node] + step}
        return float(gradient_graph.forward(graph, moved, output, 1)[0])

    change = number((slope(NUDGE) - slope(-NUDGE)) / 2)
    yield f"The first derivative, of {output} by {first}, is {number(slope(0.0))} here."
    yield f"Move {node} by h = {NUDGE:g}, and that derivative changes by {change}."
    yield working.line(label, f"its derivative by {node} = {change} / {NUDGE:g}")


# --- what is kept ----------------------------------------------------------------------------


@saved_values.worked
def _(working: Working) -> Iterator[str]:
    (record,) = working.case.inputs
    for (at,) in working.wrong_places("kept")[:2]:
        op, _ = record[at]
        uses = [(by, its) for by, (its, parents) in enumerate(record) if at in parents]
        made = [] if op == "input" else [f"{op}, which makes it, needs {_need(op)}"]
        used = [f"{its} at {by}, which takes it, needs {_need(its)}" for by, its in uses[:LONG]]
        why = "; ".join([*made, *used]) or "nothing takes it"
        yield f"Value {at}: {why}."
        yield working.line("kept", where=(at,))


def _need(op: str) -> str:
    kept = KEEPS[op][1]
    return kept if kept == "nothing" else f"its {kept}"
