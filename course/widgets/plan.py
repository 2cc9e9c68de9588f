"""All that the graph stepper's front end needs, in the order of its steps, as numbers and text."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from course.autodiff.graph import Graph, Node

from .drawn import boxes, wires
from .layout import layered
from .passes import BUGS, backward, forward, visible_bugs
from .predictions import SLIPS
from .subjects import Subject

MOST_INPUTS = 24
"""Inputs that can be moved and nudged; more would not fit on a screen."""

NUDGES = (1.0, 0.1, 0.01, 0.0001)
SLIDER_STEPS = 50


def plan(graph: Graph, subject: Subject, values: list[Any]) -> dict[str, Any]:
    """Collect the picture, the steps of both passes, and the inputs.

    Parameters
    ----------
    graph : Graph
    subject : Subject
        What the graph was made from, for moving its inputs.
    values : list
        The inputs' values, at which `graph` was made.
    """
    ids = tuple(node.id for node in graph.nodes)
    places = layered(ids, tuple((edge.source, edge.target) for edge in graph.edges))
    inputs = [graph[i] for i in graph.inputs]
    results = " and ".join(graph[i].label for i in graph.outputs)
    return {
        "title": f"Graph of {results} from {', '.join(node.label for node in inputs)}",
        "width": places.width,
        "height": places.height,
        "nodes": boxes(graph, places),
        "edges": wires(graph, places),
        "forward": forward(graph),
        "backward": backward(graph),
        "slips": SLIPS,
        "inputs": [
            _input(i, node, graph, subject, values)
            for i, node in enumerate(inputs[:MOST_INPUTS])
            if np.ndim(node.value) == 0 and np.isfinite(node.value)
        ],
    }


def broken(graph: Graph, right: list[dict[str, Any]]) -> dict[str, Any]:
    """Collect the broken backward passes, what is wrong with each, and an order to guess them in.

    Parameters
    ----------
    graph : Graph
    right : list of dict
        Its backward pass.
    """
    passes = visible_bugs(graph, right)
    mysteries = sorted(passes)
    random.Random(len(graph.edges)).shuffle(mysteries)
    names = {bug: BUGS[bug] for bug in passes}
    return {"passes": passes, "names": names, "mysteries": mysteries}


def _input(i: int, node: Node, graph: Graph, subject: Subject, values: list[Any]) -> dict[str, Any]:
    """Describe one input that is a number: its slider, and what small moves do to the result."""
    value = float(node.value)
    reach = 5.0 if abs(value) <= 5 else 10 ** np.ceil(np.log10(abs(value)))
    return {
        "index": i,
        "node": node.id,
        "name": node.label,
        "value": value,
        "slider": {
            "min": round(value - reach, 10),
            "max": round(value + reach, 10),
            "step": reach / SLIDER_STEPS,
        },
        "movable": subject.movable,
        "gradient": _finite(float(node.gradient)),
        "nudges": _nudges(i, values, subject) if subject.movable else [],
    }


def _nudges(i: int, values: list[Any], subject: Subject) -> list[dict[str, Any]]:
    """Move one input by several h: how far the result moves, in all and for each unit of h."""
    base = subject.total(values)
    nudges = []
    for h in NUDGES:
        near = [v + h if k == i else v for k, v in enumerate(values)]
        change = subject.total(near) - base
        nudges.append({"h": h, "change": _finite(change), "ratio": _finite(change / h)})
    return nudges


def _finite(value: float) -> float | None:
    """Return the number, or None for what JSON has no word for."""
    return value if np.isfinite(value) else None
