"""The graph stepper: values appear node by node, then gradients, each with its product."""

from __future__ import annotations

from typing import Any

import numpy as np
from traitlets import Bool, Dict, Int, Unicode, observe

from course.autodiff.errors import AutodiffError
from course.autodiff.graph import Graph

from .plan import broken, plan
from .subjects import CannotShowError, subject_of
from .widget import Widget, module

MOST_NODES = 500


class GraphStepper(Widget):
    """Step through a computation forwards and backwards.

    Parameters
    ----------
    shown : callable, Graph, or object with ``steps``
        A function in NumPy; what `course.autodiff.trace` returned; or a graph of gates as in
        assignment 03, whose own backward functions are then used.
    *primals
        The function's inputs, floating-point numbers or arrays.
    upstream : optional
        Gradient of the final quantity by the function's value; ones if not given.
    **named
        The inputs of a graph of gates.

    Attributes
    ----------
    plan : dict
        What there is to show, in the order of the steps: see `plan.plan`.
    broken : dict
        The backward passes with a bug in them: see `plan.broken`.
    step : int
        How many steps have been taken: first those of ``plan["forward"]``, then those of the
        backward pass.
    bug : str
        "" for the right backward pass, or a key of `passes.BUGS`.
    mystery : bool
        Whether the reader has to find out which bug it is.
    predict : bool
        Whether each gradient is asked for before it is shown.

    Examples
    --------
    >>> stepper = GraphStepper(lambda x, y, z: (x + y) * z, -2.0, 5.0, -4.0)
    >>> stepper.plan["backward"][-1]["says"]
    'Backward. y through +: upstream −4 × local 1 = −4.'
    """

    _esm = module("graph_stepper")

    plan = Dict().tag(sync=True)
    broken = Dict().tag(sync=True)
    step = Int(0).tag(sync=True)
    bug = Unicode("").tag(sync=True)
    mystery = Bool(False).tag(sync=True)
    predict = Bool(False).tag(sync=True)
    # Nobody needs its echo, which would delay the answer: TCP holds back one small message after
    # another.
    moved = Dict().tag(sync=True, echo_update=False)

    def __init__(self, shown: Any, *primals: Any, upstream: Any = None, **named: Any) -> None:
        super().__init__()
        self.graph: Graph | None = None
        try:
            self.subject = subject_of(shown, primals, named, upstream)
            self._show(list(self.subject.values))
        except CannotShowError as error:
            self.message = str(error)
        except AutodiffError as error:
            self.message = f"The engine cannot follow this function. {error}"

    @observe("moved")
    def _move(self, change: Any) -> None:
        """Answer the front end, which has moved inputs: show the graph at the new values."""
        values = list(self.subject.values)
        for i, value in change.new["values"]:
            values[i] = np.asarray(value, dtype=np.asarray(values[i]).dtype)[()]
        try:
            self._show(values, turn=change.new["turn"])
        except Exception as error:  # nobody would see the traceback of what a slider calls
            sentence = f"With these inputs it cannot be shown. {error}"
            self.plan = {**self.plan, "turn": change.new["turn"], "trouble": sentence}

    def _show(self, values: list[Any], turn: int = 0) -> None:
        with np.errstate(all="ignore"):  # NaN is reported below, by name
            graph = require_readable(self.subject.graph(values))
            self.plan = {**plan(graph, self.subject, values), "turn": turn, "trouble": ""}
            # Sent by itself and later: who moves an input waits for the plan.
            self.broken = broken(graph, self.plan["backward"])
        self.graph = graph

    def describe(self) -> str:
        """Write the graph as a table."""
        return self.graph.text() if self.graph is not None else self.message

    def picture(self) -> str:
        """Draw the graph with all its values and gradients."""
        return self.graph.svg() if self.graph is not None else ""


def require_readable(graph: Graph) -> Graph:
    """Return the graph, if a picture of it can be read.

    Raises
    ------
    CannotShowError
        It has no operation, too many values, or a value that is not a number.
    """
    if not isinstance(graph.nodes, list):
        raise CannotShowError("There is no engine here, so there is no graph to show.")
    if len(graph.nodes) > MOST_NODES:
        raise CannotShowError(
            f"This graph has {len(graph.nodes)} values; up to {MOST_NODES} can be shown. "
            "Show a part of the computation, or smaller loops in it."
        )
    if not graph.edges or not graph.outputs:
        raise CannotShowError(
            "Nothing is computed from the inputs here, so there is nothing to step through. "
            "Let the function return something made from its inputs, such as x * y."
        )
    for node in graph.nodes:
        if np.isnan(node.value).any():
            where = f"input {node.label}" if not node.parents else f"{node.label} ({node.op})"
            raise CannotShowError(
                f"The value of {where} is not a number (NaN), so no gradient means anything. "
                "Look at what goes into it: 0/0, ∞ − ∞, and log or sqrt of a negative number."
            )
    return graph
