"""Reading a computation: its graph with values, local derivatives and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from course.pictures import Bundle, bundle

from . import drawing

Keep = Literal["sum", "last", "first"]


class Node:
    """One value of the computation.

    Attributes
    ----------
    id : int
        Its place in creation order.
    op : str
        Name of the NumPy function that made it, or "input".
    name : str or None
        What `name(t, "q")` or the function's parameter called it.
    operation : str
        The operation as it is drawn, with its sign and constant: "+ 1", "exp".
    label : str
        The name, or else the operation.
    value, gradient
        Arrays of one shape; the gradient is the sum of the contributions along outgoing edges.
    parents : tuple of int
        Ids of the traced arguments, in order.
    """

    __slots__ = ("gradient", "id", "label", "name", "op", "operation", "parents", "value")

    def __init__(self, id: int, op: str, name: str | None, operation: str, value: Any) -> None:
        self.id = id
        self.op = op
        self.name = name
        self.operation = operation
        self.label = name or operation
        self.value = value
        self.gradient: Any = None
        self.parents: tuple[int, ...] = ()


class Edge:
    """A use of one value by an operation.

    Attributes
    ----------
    source, target : int
        Ids of the value used and of the value made from it.
    local
        ∂target/∂source: an array of the target's shape where the operation is element by element,
        else a sentence.
    contribution
        What flows back along this edge: upstream × local, of the source's shape.
    """

    __slots__ = ("_rule", "contribution", "local", "source", "target")

    def __init__(self, source: int, target: int, local: Any, rule: Callable[[Any], Any]) -> None:
        self.source = source
        self.target = target
        self.local = local
        self.contribution: Any = None
        self._rule = rule

    def pull(self, g: Any) -> Any:
        """Pull the target's gradient back along this edge."""
        return self._rule(g)


class Graph:
    """A traced computation: `nodes` in creation order, `edges`, `inputs` and `outputs` (ids)."""

    def __init__(
        self,
        nodes: list[Node],
        edges: list[Edge],
        inputs: list[int],
        outputs: list[int],
        upstream: list[Any],
    ) -> None:
        self.nodes = nodes
        self.edges = edges
        self.inputs = inputs
        self.outputs = outputs
        self.upstream = upstream
        self._incoming: dict[int, list[Edge]] = {node.id: [] for node in nodes}
        for edge in edges:
            self._incoming[edge.target].append(edge)
        by_id = self._run_back("sum", remember=True)
        for node in nodes:
            node.gradient = by_id[node.id]

    def __getitem__(self, key: int | str) -> Node:
        """Find a node by its id or its name."""
        for node in self.nodes:
            if key in (node.id, node.name):
                return node
        named = ", ".join(node.name for node in self.nodes if node.name)
        raise KeyError(f"No node {key!r} in this graph. Named are: {named}.")

    def gradients(self, keep: Keep = "sum") -> tuple[Any, ...]:
        """Compute the inputs' gradients, right or with a well-known mistake in them.

        Parameters
        ----------
        keep
            What a node that feeds several others does with their contributions: "sum" adds them;
            "last" keeps the last to arrive (``=`` was written for ``+=``); "first" only the first.
        """
        by_id = self._run_back(keep, remember=False)
        return tuple(by_id[i] for i in self.inputs)

    def _run_back(self, keep: Keep, *, remember: bool) -> dict[int, Any]:
        gradients: dict[int, Any] = {}

        def arrive(id: int, part: Any) -> None:
            if id not in gradients or keep == "last":
                gradients[id] = part
            elif keep == "sum":
                gradients[id] = gradients[id] + part

        for id, g in zip(self.outputs, self.upstream, strict=True):
            arrive(id, g)
        for node in reversed(self.nodes):
            g = gradients.setdefault(node.id, np.zeros_like(node.value))
            for edge in self._incoming[node.id]:
                part = edge.pull(g)
                if remember:
                    edge.contribution = part
                arrive(edge.source, part)
        return gradients

    def text(self) -> str:
        """Write the graph as a table, one value per line."""
        return drawing.text(self)

    def svg(self) -> str:
        """Draw the graph as an accessible SVG image."""
        return drawing.svg(self)

    def to_dict(self) -> dict[str, Any]:
        """Convert to nested dicts and lists of numbers and strings, ready for JSON."""
        return drawing.to_dict(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        return bundle("image/svg+xml", self.svg().encode(), drawing.words(self))
