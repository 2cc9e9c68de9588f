"""The forward and the backward pass of a graph as lists of steps, each with a sentence."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from course.autodiff.drawing import number
from course.autodiff.graph import Edge, Graph, Node

from .predictions import Flow, question

BUGS = {
    "last": "it replaces instead of adding (= for +=)",
    "order": "it visits the gates in the wrong order",
    "local": "it leaves out the upstream gradient",
}
"""Ways to break the backward pass, by what is wrong with them."""


BOX_LETTERS = 9
"""Of a number in a box; a longer one is rounded to four digits there, and said in full."""


def minus(text: str) -> str:
    """Write numbers with a real minus sign, which is read aloud as one."""
    return text.replace("-", "−")


def shown(value: Any) -> str:
    """Write a value for the screen: the number, or what kind of array it is."""
    # −0 is written as 0; and the same few numbers come again and again while a slider moves.
    return _number(value + 0.0) if isinstance(value, float) else minus(number(value))


@lru_cache(maxsize=4096)
def _number(value: float) -> str:
    return minus(number(value))


def short(value: Any) -> str:
    """Write a value so that it fits into a box."""
    text = shown(value)
    if np.size(value) > 1 or len(text) <= BOX_LETTERS:
        return text
    return minus(f"{np.asarray(value).reshape(())[()]:.4g}")


def local(edge: Edge) -> str:
    """Write a local derivative, or its rule in words where it is no single number per entry."""
    return edge.local if isinstance(edge.local, str) else shown(edge.local)


def forward(graph: Graph) -> list[dict[str, Any]]:
    """List the forward pass: one step for each value."""
    return [{"node": node.id, "says": _forward_sentence(graph, node)} for node in graph.nodes]


def _forward_sentence(graph: Graph, node: Node) -> str:
    if not node.parents:
        return f"Forward. Input {node.label} is {shown(node.value)}."
    parents = " and ".join(graph[p].label for p in node.parents)
    if node.name:
        return f"Forward. {node.name} is {shown(node.value)}, from {parents}."
    return f"Forward. {node.operation} of {parents} is {shown(node.value)}."


def backward(graph: Graph, bug: str = "") -> list[dict[str, Any]]:
    """List the backward pass: one step for each edge, after one for each output.

    Parameters
    ----------
    graph : Graph
    bug : str, optional
        A key of `BUGS`: the numbers are then those that the bug makes.

    Returns
    -------
    list of dict
        ``node`` whose gradient changes, ``edge`` (index, or None at an output), ``gradient`` as
        text, ``says``, and, in the right pass and for finite numbers, ``asked``: a
        `predictions.question`.
    """
    gradients: dict[int, Any] = {}
    steps: list[dict[str, Any]] = []
    for output, seed in zip(graph.outputs, graph.upstream, strict=True):
        gradients[output] = gradients[output] + seed if output in gradients else seed
        label = graph[output].label
        says = f"Backward starts. {label} is the result: its gradient is {shown(seed)}."
        steps.append(_step(output, None, gradients[output], says))
    incoming: dict[int, list[int]] = {}
    for i in range(len(graph.edges)):
        incoming.setdefault(graph.edges[i].target, []).append(i)
    nodes = {node.id: node for node in graph.nodes}
    for node in graph.nodes if bug == "order" else reversed(graph.nodes):
        for i in incoming.get(node.id, ()):
            edge = graph.edges[i]
            upstream = gradients.get(node.id, np.zeros_like(node.value))
            part = edge.pull(np.ones_like(node.value) if bug == "local" else upstream)
            before = gradients.get(edge.source)
            total = part if before is None or bug == "last" else before + part
            gradients[edge.source] = total
            flow = Flow(nodes[edge.source], node, edge, upstream, part, before, total)
            step = _step(edge.source, i, total, _sentence(flow, bug))
            if not bug and np.isfinite(total).all():
                step["asked"] = question(flow)
            steps.append(step)
    return steps


def _step(node: int, edge: int | None, gradient: Any, says: str) -> dict[str, Any]:
    return {"node": node, "edge": edge, "gradient": short(gradient), "says": says}


def _sentence(flow: Flow, bug: str) -> str:
    name, edge, part = flow.source.label, flow.edge, shown(flow.part)
    start = f"Backward. {name} through {flow.target.label}: "
    if bug == "local":
        start += f"{local(edge)} = {part}."
    elif isinstance(edge.local, str):
        start += f"upstream {shown(flow.upstream)} gives {part}. Rule: {edge.local}"
    else:
        start += f"upstream {shown(flow.upstream)} × local {local(edge)} = {part}."
    if flow.before is None:
        return start
    if bug == "last":
        return f"{start} {name} now has {shown(flow.total)}."
    return f"{start} Added to the {shown(flow.before)} that was there: {shown(flow.total)}."


def visible_bugs(graph: Graph, right: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """List the broken backward passes that end in other gradients than the right one."""
    broken = {bug: backward(graph, bug) for bug in BUGS}
    ends = {step["node"]: step["gradient"] for step in right}
    return {
        bug: steps
        for bug, steps in broken.items()
        if {step["node"]: step["gradient"] for step in steps} != ends
    }
