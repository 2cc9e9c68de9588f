"""What a graph widget shows: a function, a recorded graph, or a student's own graph of gates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course.autodiff import trace
from course.autodiff.graph import Edge, Graph, Node
from course.autodiff.tree import flatten


class CannotShowError(Exception):
    """Something that no picture can be made of; the message says what, and what to do."""


class Function:
    """A function written in NumPy, at a point that can be moved.

    Parameters
    ----------
    f : callable
    primals : tuple
        Its arguments, as for `course.autodiff.trace`.
    upstream : optional
        Gradient of the final quantity by f's value.
    """

    movable = True

    def __init__(self, f: Callable[..., Any], primals: tuple[Any, ...], upstream: Any) -> None:
        self.f = f
        self.upstream = upstream
        self.values, self.rebuild = flatten(primals)

    def graph(self, values: list[Any]) -> Graph:
        """Trace the function at other values of its inputs."""
        return trace(self.f, *self.rebuild(iter(values)), upstream=self.upstream)

    def total(self, values: list[Any]) -> float:
        """Compute the final quantity, whose gradient is shown: Σ upstream × output."""
        ends, _ = flatten(self.f(*self.rebuild(iter(values))))
        seeds = [np.ones_like(end) for end in ends]
        if self.upstream is not None:
            seeds, _ = flatten(self.upstream)
        return float(sum(np.sum(s * end) for s, end in zip(seeds, ends, strict=True)))


class Recorded:
    """A graph that `trace` has made: it stays as it is."""

    movable = False

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.values = [graph[i].value for i in graph.inputs]

    def graph(self, values: list[Any]) -> Graph:
        """Return the graph; its function is not known any more."""
        return self._graph

    def total(self, values: list[Any]) -> float:
        """Compute nothing."""
        raise CannotShowError("Only the graph is known, not its function: pass the function.")


class Gates:
    """A student's graph, as in assignment 03.

    Parameters
    ----------
    steps : list of (output_name, (forward, backward), input_names)
        ``backward(*inputs, upstream)`` returns a tuple with one gradient for each input.
    inputs : dict
        Values by name.
    """

    movable = True

    def __init__(self, steps: Any, inputs: dict[str, Any]) -> None:
        self.steps = list(steps)
        self.names = list(inputs)
        self.values = [np.asarray(value, dtype=float)[()] for value in inputs.values()]

    def graph(self, values: list[Any]) -> Graph:
        """Run the gates forward; their backward functions become the rules of the graph."""
        nodes: list[Node] = []
        edges: list[Edge] = []
        ids: dict[str, int] = {}
        for name, value in zip(self.names, values, strict=True):
            ids[name] = len(nodes)
            nodes.append(Node(len(nodes), "input", name, "input", value))
        for output, (forward, backward), names in self.steps:
            missing = [name for name in names if name not in ids]
            if missing:
                raise CannotShowError(
                    f"Step {output!r} uses {missing[0]!r}, which is neither an input nor made by "
                    "a step before it. Give it as an input, or put its step first."
                )
            arguments = [nodes[ids[name]].value for name in names]
            made = getattr(forward, "__name__", "").replace("<lambda>", "") or "gate"
            value = _called(f"forward of step {output!r}", forward, *arguments)
            node = Node(len(nodes), made, output, made, value)
            node.parents = tuple(ids[name] for name in names)
            rules = [_rule(output, backward, arguments, i) for i in range(len(names))]
            one = np.ones_like(node.value)
            edges += [
                Edge(source, node.id, rule(one), rule)
                for source, rule in zip(node.parents, rules, strict=True)
            ]
            ids[output] = node.id
            nodes.append(node)
        if len(nodes) == len(values):
            raise CannotShowError("A graph without steps has nothing to show: give it some.")
        seed = np.ones_like(nodes[-1].value)
        return Graph(nodes, edges, list(range(len(values))), [len(nodes) - 1], [seed])

    def total(self, values: list[Any]) -> float:
        """Compute the sum of the last step's value."""
        known = dict(zip(self.names, values, strict=True))
        for output, (forward, _), names in self.steps:
            known[output] = forward(*(known[name] for name in names))
        return float(np.sum(known[self.steps[-1][0]]))


Subject = Function | Recorded | Gates


def _rule(output: str, backward: Any, arguments: list[Any], i: int) -> Callable[[Any], Any]:
    def rule(upstream: Any) -> Any:
        parts = _called(f"backward of step {output!r}", backward, *arguments, upstream)
        if not isinstance(parts, tuple | list) or len(parts) != len(arguments):
            raise CannotShowError(
                f"The backward function of step {output!r} returned {parts!r}. It must return a "
                f"tuple of {len(arguments)}, one gradient for each input, also if there is one."
            )
        return parts[i]

    return rule


def _called(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception as error:  # a student's gate may raise anything
        raise CannotShowError(
            f"The {what} raised {type(error).__name__}: {error} Make it work first."
        ) from error


def subject_of(
    shown: Any, primals: tuple[Any, ...], named: dict[str, Any], upstream: Any
) -> Subject:
    """Find out what was given.

    Raises
    ------
    CannotShowError
        It is none of the three, or its inputs are missing.
    """
    steps = getattr(shown, "steps", None)
    if isinstance(steps, list):
        if primals or not named:
            raise CannotShowError(
                "Give the inputs of a graph of gates by name, such as x=3.0, y=-4.0."
            )
        return Gates(steps, named)
    if isinstance(getattr(shown, "nodes", None), list):
        return Recorded(shown)
    if not callable(shown) or hasattr(shown, "nodes"):
        raise CannotShowError(
            f"{shown!r} is no graph. Give a function and its inputs, what trace(...) returned, "
            "or an object with a list of steps."
        )
    if not primals:
        raise CannotShowError("Give the function's inputs after it, such as f, 3.0, -4.0.")
    return Function(shown, primals, upstream)
